"""Shared by commands that read a picture with its alpha and write one picture."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from mattekit.batch.files import gather, pair
from mattekit.batch.names import Names, check_output
from mattekit.batch.runner import Item, Outcome
from mattekit.cli.options import BatchOptions
from mattekit.cli.report import run_batch


def run_pairs(
    pictures: Path,
    alpha: Path,
    output: Path,
    batch: BatchOptions,
    *,
    part: str,
    work: Callable[[Path, Path, Path], Outcome],
    inputs: tuple[Path, ...] = (),
) -> None:
    """Call `work` with each picture, its alpha and the file to write.

    Args:
        part: the name of the result, see `batch.names`.
        inputs: further files that every result depends on.
    """
    paths = gather([str(pictures)])
    check_output(output, several=len(paths) > 1)
    alphas = pair(paths, alpha)
    names = Names(output=output, suffixes={part: ".png"})
    items = [
        Item(
            path=path,
            work=partial(work, path, alphas[path], place),
            inputs=(alphas[path], *inputs),
            outputs=(place,),
        )
        for path in paths
        for place in names.of(path.stem).values()
    ]
    run_batch(items, batch)
