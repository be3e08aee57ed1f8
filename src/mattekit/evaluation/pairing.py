"""Pairing of files by stem, by a pattern, or by Composition-1k's rule.

No file is opened here. Files without a partner are reported, the rest is paired.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mattekit.core.errors import BadArgument, BadData

Role = Literal[
    "predicted", "true", "trimap", "photo", "colours", "foreground", "background", "error"
]
Rule = Literal["stem", "composition1k"]

PER_FOREGROUND: tuple[Role, ...] = ("true", "foreground")
"""Roles with one file for all composites of a foreground in Composition-1k."""
WANTED: tuple[Role, ...] = ("predicted", "true", "trimap")
"""Roles whose files, if given at all, every measured picture needs."""


PARTS = ("alpha", "error", "foreground", "trimap", "preview", "layers")
"""What `cutout` and `predict` write as NAME-PART."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem of a picture that affects the numbers."""

    name: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class PictureFiles:
    """The files of one picture."""

    name: str
    predicted: Path
    true: Path
    trimap: Path | None = None
    photo: Path | None = None
    colours: Path | None = None
    """The predicted colours of the subject, where they are not in the prediction itself."""
    foreground: Path | None = None
    """The true colours of the subject."""
    background: Path | None = None
    """The true background."""
    error: Path | None = None
    """The error that the model expected of its prediction, pixel by pixel."""


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """Pictures to measure, and problems of pairing."""

    pictures: tuple[PictureFiles, ...]
    problems: tuple[Problem, ...]


def pair_files(
    files: Mapping[Role, Sequence[Path]],
    *,
    patterns: Mapping[Role, str] | None = None,
    rule: Rule = "stem",
) -> Pairing:
    """Pair the files of each picture.

    Args:
        files: the files of each role; a role that is left out was not given. Of the parts of a
            result, such as `cat-alpha`, `cat-error` and `cat-trimap`, the alpha is measured.
        patterns: `*` stands for the name of the picture: `*-alpha` reads `cat-alpha.png` as `cat`
            and leaves out files that do not fit.
        rule: with `composition1k` the truth of `cat_7` is `cat`, its trimap is `cat_7`.

    >>> files = {"predicted": [Path("p/cat_7.png")], "true": [Path("t/cat.png")]}
    >>> [picture.true.name for picture in pair_files(files, rule="composition1k").pictures]
    ['cat.png']
    """
    problems: list[Problem] = []
    named = {
        role: _by_name(role, paths, (patterns or {}).get(role, "*"), problems)
        for role, paths in files.items()
    }
    named["predicted"] = _without_parts(named["predicted"], named["true"], rule)
    pictures, names = [], _names(named, rule)
    for name in names:
        found = {role: named[role].get(_key(name, role, rule)) for role in named}
        missing = [role for role, path in found.items() if path is None]
        wanted = [role for role in missing if role in WANTED]
        problems += [Problem(name=name, sentence=f"no {_noun(role)}") for role in wanted or missing]
        if not wanted:
            pictures.append(PictureFiles(name=name, **found))  # type: ignore[arg-type]
    used = {_key(name, "true", rule) for name in names}
    problems += [
        Problem(name=name, sentence="a truth without a prediction")
        for name in named["true"]
        if name not in used
    ]
    if not pictures:
        raise BadData(_nothing_paired(named, rule))
    return Pairing(pictures=tuple(pictures), problems=tuple(problems))


def _by_name(
    role: Role, paths: Sequence[Path], pattern: str, problems: list[Problem]
) -> dict[str, Path]:
    """Name of the picture -> file; of two files with one name neither is taken."""
    if pattern.count("*") != 1:
        raise BadArgument(f"the pattern '{pattern}' needs exactly one *, like '*-alpha'")
    named: dict[str, list[Path]] = {}
    for path in paths:
        if name := name_in(pattern, path):
            named.setdefault(name, []).append(path)
    if not named:
        raise BadData(f"none of the {len(paths)} {_noun(role)} files has a name like '{pattern}'")
    for name, several in named.items():
        if len(several) > 1:
            both = " and ".join(path.name for path in several)
            problems.append(Problem(name=name, sentence=f"two {_noun(role)} files: {both}"))
    return {name: several[0] for name, several in named.items() if len(several) == 1}


def _without_parts(
    predicted: Mapping[str, Path], true: Mapping[str, Path], rule: Rule
) -> dict[str, Path]:
    """Predictions by the names of their truths: `cat-alpha` is `cat`, other parts are left out."""
    results = dict(predicted)
    for name, path in predicted.items():
        whole, _, part = name.rpartition("-")
        if part in PARTS and name not in true and _key(whole, "true", rule) in true:
            del results[name]
            if part == "alpha":
                results.setdefault(whole, path)
    return results


def name_in(pattern: str, path: Path) -> str | None:
    """What the * of a pattern stands for in a file's name, without its suffix."""
    prefix, _, suffix = map(re.escape, pattern.partition("*"))
    match = re.fullmatch(f"{prefix}(.+){suffix}", path.stem, re.DOTALL)
    return match[1] if match else None


def _names(named: Mapping[Role, Mapping[str, Path]], rule: Rule) -> list[str]:
    """The names of all pictures that should be measured."""
    roles = [role for role in WANTED if rule == "stem" or role not in PER_FOREGROUND]
    return sorted({name for role in roles for name in named.get(role, {})})


def _key(name: str, role: Role, rule: Rule) -> str:
    if rule == "composition1k" and role in PER_FOREGROUND:
        foreground, _, number = name.rpartition("_")
        return foreground if number.isdigit() else name
    return name


def _nothing_paired(named: Mapping[Role, Mapping[str, Path]], rule: Rule) -> str:
    examples = ", ".join(
        f"{_noun(role)} '{next(iter(names), '')}'" for role, names in named.items()
    )
    truths = named["true"]
    if rule == "stem" and any(
        _key(n, "true", "composition1k") in truths for n in named["predicted"]
    ):
        advice = "these look like composites of Composition-1k, so add --pairs composition1k"
    else:
        advice = "give a pattern such as --names 'predicted=*-alpha'"
    return f"no prediction could be paired by name (first names: {examples}); {advice}"


def _noun(role: Role) -> str:
    return {"predicted": "prediction", "true": "truth", "error": "expected error"}.get(role, role)
