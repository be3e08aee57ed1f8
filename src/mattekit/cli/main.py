"""The command `mattekit`: its verbs, its version, and what a failure looks like.

A verb is a module of this room with a name `run`: one function with typed Typer parameters, or, for
a verb with words of its own (`models list`), a dict word -> function. A module is imported only
when its verb is called; its summary in `--help` is the first line of its file.
"""

import functools
import logging
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from mattekit.cli.failures import Failure, attempt

VERBS = {
    "cutout": "mattekit.cli.cutout",
    "trimap": "mattekit.cli.trimap",
    "foreground": "mattekit.cli.foreground",
    "composite": "mattekit.cli.composite",
    "predict": "mattekit.cli.predict",
    "models": "mattekit.cli.models",
    "export": "mattekit.cli.export",
    "serve": "mattekit.cli.serve",
    "evaluate": "mattekit.cli.evaluate",
    "inspect": "mattekit.cli.inspect",
    "prepare": "mattekit.cli.prepare",
    "synth": "mattekit.cli.synth",
    "train": "mattekit.cli.train",
    "recipe": "mattekit.cli.recipe",
    "plot": "mattekit.cli.plot",
    "doctor": "mattekit.cli.doctor",
}
"""Verb -> its module, in the order of `--help`."""

Run = Callable[..., None] | dict[str, Callable[..., None]]


class Verbs(TyperGroup):
    """A group that imports a verb's module when the verb is called, and not before."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(VERBS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        if cmd_name not in VERBS:
            return None
        module = attempt(lambda: import_module(VERBS[cmd_name]))
        if isinstance(module, Failure):
            end(module)
        return command_of(cmd_name, module.run)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        with formatter.section("Commands"):
            formatter.write_dl([(verb, summary(verb)) for verb in VERBS])

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if "--debug" in args:  # understood anywhere on the line
            logging.getLogger("mattekit").addHandler(logging.StreamHandler())
            logging.getLogger("mattekit").setLevel(logging.DEBUG)
        rest: list[str] = super().parse_args(ctx, [word for word in args if word != "--debug"])
        return rest


def summary(verb: str) -> str:
    """The first line of the verb's file, read without importing it."""
    path = Path(__file__).parent / f"{VERBS[verb].rpartition('.')[2]}.py"
    with path.open() as lines:
        return lines.readline().strip().strip('"').rstrip(".")


def command_of(verb: str, run: Run) -> Any:
    """The command of a function, or the group of a dict of functions."""
    group = typer.Typer(add_completion=False, rich_markup_mode=None)
    if not isinstance(run, dict):
        group.command(verb)(guarded(run))
        return typer.main.get_command(group)
    group.callback(help=summary(verb))(lambda: None)
    for word, function in run.items():
        group.command(word)(guarded(function))
    return typer.main.get_group(group)


def guarded(run: Callable[..., None]) -> Callable[..., None]:
    """The same function; a failure ends the program with its sentence and exit code."""

    @functools.wraps(run)
    def call(*args: Any, **options: Any) -> None:
        outcome = attempt(lambda: run(*args, **options))
        if isinstance(outcome, Failure):
            end(outcome)

    return call


def end(failure: Failure) -> NoReturn:
    """Say the sentence on stderr and leave with the failure's exit code."""
    typer.echo(f"mattekit: {failure.sentence}", err=True)
    raise typer.Exit(failure.exit_code)


app = typer.Typer(
    cls=Verbs,
    help="Image matting: clean cut-outs in one command, and the published systems to compare.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mattekit {version('mattekit')}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and leave."
    ),
    debug: bool = typer.Option(False, "--debug", help="Print the traceback of a failure."),
) -> None:
    """Options of `mattekit` itself; `--debug` is taken out in `Verbs.parse_args`."""


def main() -> None:
    """Run the command line; never returns."""
    sys.exit(typer.main.get_command(app)(prog_name="mattekit"))
