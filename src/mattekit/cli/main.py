"""The command `mattekit`: its verbs, version and failures.

A verb is a function with typed Typer parameters, or, for a verb with words of its own
(`models list`), a dict word -> function. Its module is imported only when the verb is called.
"""

import functools
import io
import logging
import shlex
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from mattekit.cli.arguments import IMPORT, renewed, without_imports
from mattekit.cli.output import printable, result_of

VERBS = {
    "cutout": ("cutout.run", "Cut the subject out of photos"),
    "key": ("key.run", "Cut the subject out before a screen or a known background"),
    "pair": ("pair.run", "Take the exact alpha from two pictures of one subject"),
    "trimap": ("pictures.trimap", "Make trimaps from alphas or masks"),
    "foreground": ("pictures.foreground", "Estimate the subject's own colours for any alpha"),
    "composite": ("pictures.composite", "Put a foreground on a background"),
    "predict": ("predict.run", "Predict alphas for many photos with any network"),
    "models": ("models.run", "List, get, import, check, remove and share models"),
    "export": ("models.export", "Export a network to ONNX and compare it with PyTorch"),
    "serve": ("serve.run", "Serve cut-outs over HTTP, with a page to paint on"),
    "evaluate": ("evaluate.run", "Measure predicted alphas against true ones"),
    "inspect": ("pictures.inspect", "Look for faults in any cut-out: halo, holes, hard edges"),
    "ledger": ("ledger.run", "Count, join and filter the ledgers of large batches"),
    "example": ("samples.example", "Write a photo with every kind of hint, to try things on"),
    "prepare": ("prepare.run", "Make data sets ready for training, and check them"),
    "synth": ("samples.synth", "Draw pictures with exact alphas and colours"),
    "train": ("train.run", "Train a network by a recipe; a stopped run is resumed"),
    "recipe": ("train.recipe", "List recipes, or show one with every value filled in"),
    "plot": ("train.plot", "Draw the curves of training runs"),
    "doctor": ("doctor.run", "Show versions, devices and what is missing; test itself"),
}
"""Verb -> its function in this package, and its line in `--help`; in the order of `--help`."""

Run = Callable[..., None] | dict[str, Callable[..., None]]


class Verbs(TyperGroup):
    """A group that imports a verb's module only when the verb is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(VERBS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        if cmd_name not in VERBS:
            return None
        place, summary = VERBS[cmd_name]
        module, name = place.split(".")
        found = result_of(lambda: import_module(f"mattekit.cli.{module}"))
        return command_of(cmd_name, getattr(found, name), summary)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            close = get_close_matches(args[0], VERBS)
            hint = f"did you mean {close[0]}?" if close else f"choose {', '.join(VERBS)}"
            if Path(args[0]).exists():
                hint = f"did you mean: mattekit cutout {printable(shlex.quote(args[0]))}"
            ctx.fail(f"there is no command '{printable(args[0])}'; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        with formatter.section("Commands"):
            formatter.write_dl([(verb, summary) for verb, (_, summary) in VERBS.items()])

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if "--debug" in args:  # accepted anywhere on the line
            logging.getLogger("mattekit").addHandler(logging.StreamHandler())
            logging.getLogger("mattekit").setLevel(logging.DEBUG)
        words = result_of(lambda: without_imports([word for word in args if word != "--debug"]))
        rest: list[str] = super().parse_args(ctx, words)
        return rest


class Verb(TyperCommand):
    """A command that understands old spellings, and lists its options under headings."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        rest: list[str] = super().parse_args(ctx, list(renewed(self.name or "", args)))
        return rest

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            usual = "Arguments" if isinstance(parameter, TyperArgument) else "Options"
            heading = getattr(parameter, "rich_help_panel", None) or usual
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections.setdefault(heading, []).append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)


def command_of(verb: str, run: Run, summary: str) -> Any:
    """The command of a function, or the group of a dict of functions."""
    group = typer.Typer(add_completion=False, rich_markup_mode=None)
    if not isinstance(run, dict):
        group.command(verb, cls=Verb)(guarded(run))
        return typer.main.get_command(group)
    group.callback(help=f"{summary}.")(lambda: None)
    for word, function in run.items():
        group.command(word, cls=Verb)(guarded(function))
    return typer.main.get_group(group)


def guarded(run: Callable[..., None]) -> Callable[..., None]:
    """The same function; a failure ends the program with its message and exit code."""
    from mattekit.cli.options import flattened

    run = flattened(run)

    @functools.wraps(run)
    def call(**options: Any) -> None:
        result_of(lambda: run(**options))

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
        [], IMPORT, metavar="FILE.py|MODULE", help="Plug-ins with networks, losses, sources, steps."
    ),
) -> None:
    """Options of `mattekit` itself; `Verbs.parse_args` handles the last two."""


def main() -> None:
    """Run the command line; never returns."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a code page may lack letters of a file's name
            stream.reconfigure(errors="backslashreplace")
    sys.exit(typer.main.get_command(app)(prog_name="mattekit"))
