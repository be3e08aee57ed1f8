"""`mattekit prepare unpack`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mattekit.batch.runner import Item, Outcome
from mattekit.cli.options import BatchOptions, OutputFolder, ReportOptions, to_bytes
from mattekit.cli.progress import progress
from mattekit.cli.report import run_batch


def unpack(
    archives: Annotated[
        list[Path], typer.Argument(metavar="ARCHIVE...", help="zip, tar, tar.gz, tar.bz2, tar.xz.")
    ],
    output: OutputFolder,
    max_files: Annotated[
        int, typer.Option("--max-files", min=1, help="Refuse an archive of more files.")
    ] = 1_000_000,
    max_size: Annotated[
        int,
        typer.Option(
            "--max-size",
            metavar="500GB",
            parser=to_bytes,
            help="Refuse an archive that unpacks to more.",
        ),
    ] = 500 * 2**30,
    *,
    report: ReportOptions,
) -> None:
    """Unpack untrusted archives safely; run it again to resume."""
    from mattekit.preparation.archives import unpack_archives

    def work(path: Path) -> Outcome:
        unpacked = unpack_archives(
            path,
            output,
            max_files=max_files,
            max_bytes=max_size,
            overwrite=report.overwrite,
            progress=partial(progress, quiet=report.quiet or report.json, said="files unpacked"),
        )
        left_out = [repr(name) for name in unpacked.left_out]
        return Outcome(
            outputs=[output],
            warnings=[
                f"{len(left_out)} links and the like were left out, first {name}"
                for name in left_out[:1]
            ],
            extra={"written": unpacked.written, "already there": unpacked.kept},
        )

    items = [Item(path=path, work=partial(work, path)) for path in archives]
    run_batch(items, BatchOptions(json=report.json, quiet=report.quiet), own_terminal=True)
