"""A new background: a colour, or a picture fitted to the size of the photo."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mattekit.core.errors import BadArgument
from mattekit.core.storage import as_path
from mattekit.core.types import Image, Plane, Size
from mattekit.imaging.compose import named_colour
from mattekit.imaging.files import read_image
from mattekit.imaging.resize import contain, cover, stretch

Fit = Literal["cover", "contain", "stretch"]
HOW = {"cover": cover, "contain": contain, "stretch": stretch}


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """A colour, or a picture and how it is fitted."""

    name: str
    """The name in file names."""
    colours: Plane
    """3 values, or h w 3."""
    fit: Fit = "cover"
    files: tuple[Path, ...] = ()
    """The picture's file."""

    def at(self, size: Size) -> Plane:
        """The background for a photo of this size."""
        if self.colours.ndim == 1:
            return self.colours
        fitted: Image = HOW[self.fit](self.colours, size)
        return fitted


def read_backdrop(text: str, fit: Fit = "cover") -> Backdrop:
    """The background that a file or the name of a colour stands for."""
    path = as_path(text)
    if path.suffix or path.exists():
        return Backdrop(name=path.stem, colours=read_image(path), fit=fit, files=(path,))
    try:
        return Backdrop(name=text.strip("#"), colours=named_colour(text))
    except BadArgument as error:
        raise BadArgument(f"the background {error}; or name a picture file") from error
