"""Verbs and options are a contract: they change only together with `options.txt`.

python tests/house/test_help.py    writes the list anew
"""

from pathlib import Path

import typer

from mattekit.cli.main import VERBS, app

RECORDED = Path(__file__).with_name("options.txt")


def options() -> str:
    """One line a verb, or a verb and its word: the options it knows."""
    group = typer.main.get_command(app)
    lines = []
    for verb in VERBS:
        command = group.get_command(None, verb)
        words = getattr(command, "commands", {"": command})
        lines += [" ".join([verb, word, *known(words[word])]).replace("  ", " ") for word in words]
    return "".join(f"{line}\n" for line in lines)


def known(command: object) -> list[str]:
    names = [name for parameter in command.params for name in parameter.opts]
    return sorted(name for name in names if name.startswith("-"))


def test_verbs_and_options_are_those_recorded() -> None:
    assert options() == RECORDED.read_text(), "if that is meant, run this file and look at the diff"


if __name__ == "__main__":
    RECORDED.write_text(options())
