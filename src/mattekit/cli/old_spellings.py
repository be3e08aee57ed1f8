"""Spellings of options that were renamed: accepted for one release, with a warning.

A rule is (verb, old option, new option). `*` stands for all verbs; without a new option the value
becomes an argument.
"""

from collections.abc import Iterator, Sequence

import typer

RULES = {
    ("*", "--output-folder"): "--output",
    ("*", "--output-file"): "--output",
    ("*", "--legacy-sizes"): "--legacy",
    ("train", "--out"): "--output",
    ("predict", "--trimaps"): "--trimap",
    ("predict", "--images"): "",
    ("evaluate", "--trimaps"): "--trimap",
    ("evaluate", "--csv"): "--output",
    ("evaluate", "--html"): "--output",
}
PARTS_OF_PREDICT = {
    "alpha", "foreground", "background", "glance", "focus", "error", "recomposition", "trimap",
    "rgba",
}  # fmt: skip


def renewed(verb: str, words: Sequence[str]) -> list[str]:
    """The words with old spellings replaced; each causes a warning on stderr.

    >>> renewed("cutout", ["cat.jpg", "--output-folder=out"])
    ['cat.jpg', '--output=out']
    """
    return list(_renewed(verb, list(words)))


def _renewed(verb: str, words: list[str]) -> Iterator[str]:
    while words:
        word = words.pop(0)
        if word == "--":
            yield from [word, *words]
            return
        option, equals, value = word.partition("=")
        following = value if equals else next(iter(words), "")
        new = _new_spelling(verb, option, following)
        if new is None:
            yield word
            continue
        what = f"now {new}" if new else "left out"
        typer.echo(
            f"mattekit: {option} is {what}; the old spelling ends with the next release", err=True
        )
        if equals:
            yield f"{new}={value}" if new else value
        elif new == "--json":
            yield new
            words.pop(0)
        elif new:
            yield new


def _new_spelling(verb: str, option: str, value: str) -> str | None:
    if (verb, option) == ("evaluate", "--json") and value and not value.startswith("--"):
        return "--json" if value == "-" else "--output"
    if (verb, option) == ("predict", "--output") and {*value.split(",")} <= PARTS_OF_PREDICT:
        return "--save"
    return RULES.get((verb, option), RULES.get(("*", option)))
