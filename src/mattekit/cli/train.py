"""`train` runs a recipe, `recipe` lists and shows recipes, `plot` draws the curves of runs."""

import logging
import shlex
import signal
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from mattekit.cli.options import Device, OutputFile, Overrides, Precision, Quiet, RecipeName
from mattekit.cli.output import STOPPED
from mattekit.cli.progress import terminal_bar


def run(
    recipe: RecipeName,
    overrides: Overrides = None,
    smoke: Annotated[
        bool, Option(help="Try the recipe out: synthetic pictures, a dozen steps, CPU.")
    ] = False,
    resume: Annotated[
        str,
        Option(
            metavar="auto|none|DIR|FILE.pth",
            help="Resume a run or a checkpoint, or a published run of AlphaGAN of 2026.",
        ),
    ] = "auto",
    output: Annotated[
        Path | None,
        Option("-o", "--output", metavar="DIR", help="The run's folder; default: runs/RECIPE."),
    ] = None,
    device: Device = "auto",
    devices: Annotated[
        int, Option(metavar="N", help="Processes on this machine, one per GPU.")
    ] = 1,
    nodes: Annotated[int, Option(metavar="N", help="Machines.")] = 1,
    precision: Precision = None,
    quiet: Quiet = False,
) -> None:
    """Train a network as a recipe says.

    Stop it at any moment, with Ctrl-C say: the same command resumes a stopped or killed run.
    """
    from mattekit.recipes.processes import Hardware, end_processes
    from mattekit.recipes.recipe import find, load_recipe
    from mattekit.recipes.run_folder import resolve_run_folder
    from mattekit.recipes.train import train

    for name in ("lightning.fabric", "lightning_fabric"):  # they log their options
        logging.getLogger(name).setLevel(logging.WARNING)
    path = find(recipe)
    words = [*(overrides or []), *([] if precision is None else [f"precision={precision}"])]
    wanted = load_recipe(path, words, keep_unset=smoke)
    title = f"{path.stem}-smoke" if smoke else path.stem
    if smoke:
        wanted, device = wanted.smoked(), "cpu"
        output = output or Path(tempfile.mkdtemp(prefix="mattekit-smoke-"))
    folder = resolve_run_folder(wanted, out=output, resume=resume, title=title)
    with terminal_bar(quiet=quiet, stays=True) as bar:
        steps = Steps(batch=wanted.batch, quiet=quiet, bar=bar)
        result = train(
            wanted,
            folder,
            title=title,
            command=shlex.join(["mattekit", *sys.argv[1:]]),
            hardware=Hardware(device=device, devices=devices, nodes=nodes),
            listener=steps,
        )
    end_processes()
    if not result.is_main_process:
        return
    reached = f"step {result.step} of {result.steps}"
    if steps.losses:
        change = f"loss {steps.losses[0]:.5g} -> {steps.losses[-1]:.5g}"
        steps.on_message(f"{reached}, {change}, in {result.folder}")
    else:
        steps.on_message(f"{reached} was reached already, in {result.folder}")
    if result.signal is not None:
        steps.on_message("stopped and saved; the same command resumes it")
        raise typer.Exit(STOPPED if result.signal == signal.SIGINT else 128 + result.signal)


class Steps:
    """Shows the steps of a run: in a bar on a terminal, in plain lines elsewhere."""

    def __init__(self, *, batch: int, quiet: bool, bar: Any) -> None:
        self.batch = batch
        self.quiet = quiet
        self.bar = bar
        self.task: Any = None
        self.losses: list[float] = []
        """Those that were read."""
        self.seconds = 0.0
        self.steps = 0

    def on_step(self, step: int, steps: int, seconds: float, loss: float | None) -> None:
        """Count a step, and show its loss where it is read."""
        self.steps += 1
        self.seconds += seconds
        if self.bar is not None and self.task is None:
            self.task = self.bar.add_task("", total=steps, completed=step - 1)
        if loss is None:
            if self.bar is not None:
                self.bar.update(self.task, completed=step)
            return
        self.losses.append(loss)
        rate = self.batch * self.steps / self.seconds
        text = f"loss {loss:.5g}  {rate:.1f} pictures/s"
        if self.bar is not None:
            self.bar.update(self.task, completed=step, description=text)
        else:
            left = timedelta(seconds=round((steps - step) * self.seconds / self.steps))
            self.on_message(f"step {step}/{steps}  {text}  {left} left")

    def on_message(self, text: str) -> None:
        if self.quiet:
            return
        if self.bar is not None:
            self.bar.console.print(text, highlight=False)
        else:
            typer.echo(text, err=True)


def list_recipes() -> None:
    """The recipes that come with mattekit."""
    from mattekit.recipes.recipe import describe, find, names

    width = max(len(name) for name in names())
    for name in names():
        typer.echo(f"{name:<{width}}  {describe(find(name))}")


def show_recipe(recipe: RecipeName, overrides: Overrides = None) -> None:
    """One recipe as YAML, checked, with every default filled in."""
    from mattekit.recipes.recipe import describe_length, dump_recipe, find, load_recipe, presets

    path = find(recipe)
    wanted = load_recipe(path, overrides or [], keep_unset=True)
    typer.echo(dump_recipe(wanted), nl=False)
    further = [f"preset={name} sets other values" for name in presets(path)]
    for line in [describe_length(wanted), *wanted.check(), *further]:
        typer.echo(f"# {line}")


recipe = {"list": list_recipes, "show": show_recipe}


def plot(
    runs: Annotated[
        list[Path], Argument(metavar="RUN", help="Folders of runs, such as runs/tiny.")
    ],
    output: OutputFile = Path("curves.png"),
    window: Annotated[
        int,
        Option(metavar="N", min=1, help="Lines of the log that a smoothed point is the mean of."),
    ] = 20,
) -> None:
    """Draw the curves of one or several training runs over each other, as .png or .html."""
    from mattekit.training.plot import draw

    draw(runs, output, window=window)
    typer.echo(str(output))
