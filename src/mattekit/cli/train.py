"""Train a network as a recipe says; stop it at any moment and resume it later."""

import logging
import shlex
import signal
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mattekit.cli.failures import STOPPED
from mattekit.cli.options import Device, Quiet

if TYPE_CHECKING:
    from mattekit.training.method import StepResult

PLAIN_LINES = 50
"""Lines of progress that a run prints where there is no terminal."""

RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="Name of a bundled recipe, or a YAML file.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE...", help="Values to change, such as optimiser.lr=1e-4."),
]


def run(
    recipe: RecipeName,
    overrides: Overrides = None,
    smoke: Annotated[
        bool,
        typer.Option("--smoke", help="Try the recipe out: synthetic pictures, a dozen steps, CPU."),
    ] = False,
    resume: Annotated[
        str,
        typer.Option(
            metavar="auto|none|DIR|FILE.pth",
            help="Resume a run or a checkpoint, or a published run of AlphaGAN of 2026.",
        ),
    ] = "auto",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="The run's folder; runs/RECIPE by default."
        ),
    ] = None,
    device: Device = "auto",
    devices: Annotated[int, typer.Option(help="Processes on this machine, one per GPU.")] = 1,
    nodes: Annotated[int, typer.Option(help="Machines.")] = 1,
    precision: Annotated[
        str | None, typer.Option(metavar="32|bf16|fp16", help="Same as precision=...")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Train a network as a recipe says; stop it at any moment and resume it later.

    The same command resumes a stopped or killed run.
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
    with Progress(batch=wanted.batch, quiet=quiet) as progress:
        result = train(
            wanted,
            folder,
            title=title,
            command=shlex.join(["mattekit", *sys.argv[1:]]),
            hardware=Hardware(device=device, devices=devices, nodes=nodes),
            listener=progress,
        )
    end_processes()
    if not result.is_main_process:
        return
    reached = f"step {result.step} of {result.steps}"
    if progress.first_total is None:
        progress.on_message(f"{reached} was reached already, in {result.folder}")
    else:
        change = f"loss {progress.first_total:.5g} -> {progress.last_total:.5g}"
        progress.on_message(f"{reached}, {change}, in {result.folder}")
    if result.signal is not None:
        progress.on_message("stopped and saved; the same command resumes it")
        raise typer.Exit(STOPPED if result.signal == signal.SIGINT else 128 + result.signal)


class Progress:
    """A bar with rates and time left on a terminal, plain lines elsewhere."""

    def __init__(self, *, batch: int, quiet: bool) -> None:
        self.batch = batch
        self.quiet = quiet
        self.bar: Any = None
        self.task: Any = None
        self.first_total: float | None = None
        self.last: StepResult | None = None
        self.seconds = 0.0
        self.steps = 0

    @property
    def last_total(self) -> float:
        """The loss of the last step."""
        return 0.0 if self.last is None else self.last.numbers()["losses"]["total"]

    def __enter__(self) -> "Progress":
        if sys.stderr.isatty() and not self.quiet:
            self.bar = _bar()
            self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def on_step(self, step: int, steps: int, result: "StepResult") -> None:
        """Count a step; its loss is read only when it is shown."""
        self.steps += 1
        self.seconds += result.seconds
        self.last = result
        if self.first_total is None:
            self.first_total = result.numbers()["losses"]["total"]
        if self.bar is not None and self.task is None:
            self.task = self.bar.add_task("", total=steps, completed=step - 1)
        shown = step == steps or step % max(steps // PLAIN_LINES, 1) == 0
        if self.bar is not None and not shown:
            self.bar.update(self.task, completed=step)
        if not shown:
            return
        rate = self.batch * self.steps / self.seconds
        text = f"loss {self.last_total:.5g}  {rate:.1f} pictures/s"
        if self.bar is not None:
            self.bar.update(self.task, completed=step, description=text)
        else:
            left = (steps - step) * self.seconds / self.steps
            self.on_message(f"step {step}/{steps}  {text}  {_clock(left)} left")

    def on_message(self, text: str) -> None:
        """Print a line."""
        if self.quiet:
            return
        if self.bar is not None:
            self.bar.console.print(text, highlight=False)
        else:
            typer.echo(text, err=True)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    times = (TimeElapsedColumn(), TimeRemainingColumn())
    return Bar(*columns, *times, console=Console(stderr=True))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
