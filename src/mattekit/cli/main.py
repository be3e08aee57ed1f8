"""The command `mattekit`: its verbs, version and failures.

A verb is a module of this package with a name `run`: one function with typed Typer parameters, or,
for a verb with subcommands (`models list`), a dict name -> function. A module is imported only
when its verb is called; its summary in `--help` is the first line of its file.
"""

import functools
import logging
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from mattekit.batch.failures import Failure
from mattekit.cli.failures import attempt, end, printable
from mattekit.cli.old_spellings import renewed
from mattekit.cli.plugins import OPTION, take_imports

VERBS = {
    "cutout": "mattekit.cli.cutout",
    "key": "mattekit.cli.key",
    "pair": "mattekit.cli.pair",
    "trimap": "mattekit.cli.trimap",
    "foreground": "mattekit.cli.foreground",
    "composite": "mattekit.cli.composite",
    "predict": "mattekit.cli.predict",
    "models": "mattekit.cli.models",
    "export": "mattekit.cli.export",
    "serve": "mattekit.cli.serve",
    "evaluate": "mattekit.cli.evaluate",
    "inspect": "mattekit.cli.inspect",
    "ledger": "mattekit.cli.ledger",
    "example": "mattekit.cli.example",
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
    """A group that imports a verb's module only when the verb is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(VERBS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        if cmd_name not in VERBS:
            return None
        module = attempt(lambda: import_module(VERBS[cmd_name]))
        if isinstance(module, Failure):
            end(module)
        return command_of(cmd_name, module.run)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            close = get_close_matches(args[0], VERBS)
            hint = f"did you mean {close[0]}?" if close else f"choose {', '.join(VERBS)}"
            ctx.fail(f"there is no command '{printable(args[0])}'; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        with formatter.section("Commands"):
            formatter.write_dl([(verb, summary(verb)) for verb in VERBS])

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if "--debug" in args:  # accepted anywhere on the line
            logging.getLogger("mattekit").addHandler(logging.StreamHandler())
            logging.getLogger("mattekit").setLevel(logging.DEBUG)
        words = attempt(lambda: take_imports([word for word in args if word != "--debug"]))
        if isinstance(words, Failure):
            end(words)
        rest: list[str] = super().parse_args(ctx, words)
        return rest


class Verb(TyperCommand):
    """A command that understands the old spellings of its options."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        rest: list[str] = super().parse_args(ctx, renewed(self.name or "", args))
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
        group.command(verb, cls=Verb)(guarded(run))
        return typer.main.get_command(group)
    group.callback(help=summary(verb))(lambda: None)
    for word, function in run.items():
        group.command(word, cls=Verb)(guarded(function))
    return typer.main.get_group(group)


def guarded(run: Callable[..., None]) -> Callable[..., None]:
    """The same function; a failure ends the program with its message and exit code."""
    from mattekit.cli.options import flattened

    run = flattened(run)

    @functools.wraps(run)
    def call(**options: Any) -> None:
        outcome = attempt(lambda: run(**options))
        if isinstance(outcome, Failure):
            end(outcome)

    return call


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
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
    debug: bool = typer.Option(False, "--debug", help="Print the traceback of a failure."),
    plugins: list[str] = typer.Option(
        [], OPTION, metavar="FILE.py", help="Plug-ins: a file or module with networks, losses, ..."
    ),
) -> None:
    """Options of `mattekit` itself; `Verbs.parse_args` handles the last two."""


def main() -> None:
    """Run the command line; never returns."""
    sys.exit(typer.main.get_command(app)(prog_name="mattekit"))
