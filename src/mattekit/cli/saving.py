"""What is done to a cut-out and which parts of it are written, as every verb with cut-outs asks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from mattekit.batch.names import is_file
from mattekit.cli.options import to_size
from mattekit.cli.photos import WriteOptions
from mattekit.core.errors import BadArgument
from mattekit.cutouts.finishing import FinishingOptions
from mattekit.cutouts.save import (
    PARTS,
    Fit,
    SaveOptions,
    chosen_format,
    chosen_parts,
    read_backdrop,
)


@dataclass(frozen=True, kw_only=True)
class FinishOptions:
    """What is done to a finished cut-out."""

    crop: Annotated[bool, typer.Option("--crop", help="Cut to the subject.")] = False
    margin: Annotated[
        str, typer.Option(metavar="N|N%", help="Room around it, in pixels or of its longer side.")
    ] = "0"
    square: Annotated[bool, typer.Option("--square", help="Pad the shorter side.")] = False
    longest: Annotated[
        int | None,
        typer.Option("--longest", metavar="N", min=1, help="Longest side of the result."),
    ] = None
    canvas: Annotated[
        str | None,
        typer.Option(metavar="WxH", help="Size of the result, the subject as large as fits."),
    ] = None
    fill_holes: Annotated[
        bool, typer.Option("--fill-holes", help="Make small enclosed holes opaque.")
    ] = False
    drop_islands: Annotated[
        bool, typer.Option("--drop-islands", help="Keep the largest piece only.")
    ] = False
    grow: Annotated[
        float, typer.Option(metavar="N", min=0, help="Move the edge outwards by N pixels.")
    ] = 0.0
    shrink: Annotated[
        float, typer.Option(metavar="N", min=0, help="Move the edge inwards by N pixels.")
    ] = 0.0
    feather: Annotated[
        float, typer.Option(metavar="N", min=0, help="Soften the edge over N pixels.")
    ] = 0.0
    shadow: Annotated[
        Literal["none", "keep"], typer.Option(help="keep: the subject's shadow on the ground.")
    ] = "none"

    def chosen(self) -> FinishingOptions:
        """The same, as the library takes it."""
        if self.grow and self.shrink:
            raise BadArgument("--grow and --shrink both move the edge; give one")
        return FinishingOptions(
            crop=self.crop,
            margin=0 if self.margin == "0" else self.margin,
            square=self.square,
            size=self.longest,
            canvas=None if self.canvas is None else to_size(self.canvas),
            fill_holes=self.fill_holes,
            drop_islands=self.drop_islands,
            grow=self.grow - self.shrink,
            feather=self.feather,
            shadow=self.shadow,
        )


@dataclass(frozen=True, kw_only=True)
class SavedOptions:
    """Which parts of a cut-out are written, and on what."""

    save: Annotated[
        str | None,
        typer.Option(metavar="LIST", help=f"Any of {','.join(PARTS)}, with commas; default rgba."),
    ] = None
    background: Annotated[
        str | None,
        typer.Option(metavar="COLOUR|IMAGE", help="Also put the subject on this background."),
    ] = None
    fit: Annotated[Fit, typer.Option(help="How a background of another size is fitted.")] = "cover"

    def chosen(self, output: Path, write: WriteOptions) -> SaveOptions:
        """The same, as the library takes it; refused where the format cannot hold it."""
        format = chosen_format(output, write.format, is_file=is_file(output))
        options = SaveOptions(
            parts=chosen_parts(self.save, format, background=self.background is not None),
            format=format,
            bits=write.bits,
            straight=write.straight,
            keep_metadata=write.keep_metadata,
            backdrop=read_backdrop(self.background, self.fit) if self.background else None,
        )
        options.check()
        return options
