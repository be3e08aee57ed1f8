"""Draw the curves of one or several training runs."""

from pathlib import Path
from typing import Annotated

import typer


def run(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of runs, such as runs/tiny.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="curves.png or curves.html.")
    ] = Path("curves.png"),
    window: Annotated[
        int, typer.Option(min=1, help="Lines of the log that a smoothed point is the mean of.")
    ] = 20,
) -> None:
    """Draw the curves of one or several training runs over each other."""
    from mattekit.training.plot import draw

    draw(runs, output, window=window)
    typer.echo(str(output))
