"""`mattekit prepare unpack`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mattekit.cli.batch import Outcome, Reporting, run_batch
from mattekit.cli.options import Json, OutputFolder, Overwrite, Quiet, to_bytes
from mattekit.cli.progress import progress


def unpack(
    archives: Annotated[
        list[Path], typer.Argument(metavar="ARCHIVE...", help="zip, tar, tar.gz, tar.bz2, tar.xz.")
    ],
    output_folder: OutputFolder,
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
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Unpack archives that need not be trusted; run it again to go on where it stopped."""
    from mattekit.preparation.archives import unpack_archives

    def work(path: Path) -> Outcome:
        unpacked = unpack_archives(
            path,
            output_folder,
            max_files=max_files,
            max_bytes=max_size,
            overwrite=overwrite,
            progress=partial(progress, quiet=quiet or json, said="files unpacked"),
        )
        left_out = [repr(name) for name in unpacked.left_out]
        return Outcome(
            outputs=[output_folder],
            warnings=[
                f"{len(left_out)} links and the like were left out, first {name}"
                for name in left_out[:1]
            ],
            extra={"written": unpacked.written, "already there": unpacked.kept},
        )

    run_batch(archives, work, Reporting(json=json, quiet=quiet), bar=False)
