"""A folder of cut-outs (pictures with an alpha channel) over a folder of backgrounds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.core.types import Image, Sample, Size
from mattekit.data.crop import random_pixel
from mattekit.imaging.compose import over
from mattekit.imaging.files import SUFFIXES, open_picture
from mattekit.imaging.picture import Picture
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import random_band


class RgbaFolderSource:
    """Every cut-out once an epoch, each time over a background drawn at random."""

    def __init__(
        self,
        foregrounds: list[Path],
        backgrounds: list[Path],
        *,
        band: tuple[int, int],
        licence: str,
    ) -> None:
        self.foregrounds = foregrounds
        self.backgrounds = backgrounds
        self.band = band
        self.licence = licence
        self.names = tuple(path.stem for path in foregrounds)

    def __len__(self) -> int:
        return len(self.foregrounds)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        cut_out = self._cut_out(index)
        return self._composed(cut_out, Window.whole(cut_out.size), index, rng)

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        """Only a window around a soft pixel becomes floats and is composed."""
        cut_out = self._cut_out(index)
        window = Window.whole(cut_out.size)
        if min(cut_out.size) > side and cut_out.alpha is not None:
            soft = (cut_out.alpha > 0) & (cut_out.alpha < np.iinfo(cut_out.alpha.dtype).max)
            window = Window.around(random_pixel(soft, rng), side, cut_out.size)
        return self._composed(cut_out, window, index, rng)

    def _cut_out(self, index: int) -> Picture:
        picture = open_picture(self.foregrounds[index])
        if picture.alpha is None:
            raise BadData(
                f"{self.foregrounds[index]} has no alpha channel; cut-outs with transparency are "
                "expected"
            )
        return picture

    def _composed(
        self, cut_out: Picture, window: "Window", index: int, rng: np.random.Generator
    ) -> Sample:
        alpha = cut_out.alpha_window(window.rows, window.columns)
        foreground = cut_out.window(window.rows, window.columns)
        behind = self.backgrounds[int(rng.integers(len(self.backgrounds)))]
        background = window.of_cover(open_picture(behind), cut_out.size)
        minimum, maximum = self.band
        return Sample(
            image=over(foreground, alpha[..., None], background),
            alpha=alpha,
            trimap=random_band(alpha, rng, minimum=minimum, maximum=maximum),
            foreground=foreground,
            background=background,
            name=f"{self.foregrounds[index].stem} over {behind.stem}",
        )


@dataclass(frozen=True)
class Window:
    """A rectangle of a picture."""

    rows: slice
    columns: slice

    @classmethod
    def whole(cls, size: Size) -> "Window":
        """All of a picture."""
        return cls(slice(0, size[0]), slice(0, size[1]))

    @classmethod
    def around(cls, pixel: tuple[int, int], side: int, size: Size) -> "Window":
        """The square nearest to the pixel that lies within the picture."""
        top, left = (
            min(max(place - side // 2, 0), length - side)
            for place, length in zip(pixel, size, strict=True)
        )
        return cls(slice(top, top + side), slice(left, left + side))

    def of_cover(self, picture: Picture, size: Size) -> Image:
        """The window's part of a picture that is scaled to cover the size, centred."""
        scale = max(size[0] / picture.size[0], size[1] / picture.size[1])
        spans = []
        for part, wanted, length in zip((self.rows, self.columns), size, picture.size, strict=True):
            margin = (length - wanted / scale) / 2
            first = int(margin + part.start / scale)
            last = min(max(round(margin + part.stop / scale), first + 1), length)
            spans.append(slice(min(first, last - 1), last))
        height, width = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start
        return resize(picture.window(*spans), (height, width))


@config
class RgbaFolderConfig:
    """Cut-outs with transparency, composited on the fly over backgrounds."""

    name: Literal["rgba_folder"] = "rgba_folder"
    foregrounds: str
    """Folder of pictures with an alpha channel, searched with its sub-folders."""
    backgrounds: str
    """Folder of pictures without a subject, searched with its sub-folders."""
    band: tuple[int, int] = (2, 30)
    """Least and largest width of the unknown band on either side of the edge, in pixels."""
    licence: str = "not stated"
    """Terms of the pictures, for the model card."""

    def __post_init__(self) -> None:
        if not 0 <= self.band[0] <= self.band[1]:
            raise ValueError("band must be two widths, the smaller one first")

    def open(self) -> RgbaFolderSource:
        return RgbaFolderSource(
            pictures_below(self.foregrounds),
            pictures_below(self.backgrounds),
            band=self.band,
            licence=self.licence,
        )


def pictures_below(folder: str) -> list[Path]:
    """All pictures in a folder and its sub-folders, by name; hidden ones are left out."""
    root = Path(folder)
    if not root.is_dir():
        raise BadData(f"there is no folder {folder}; give one with pictures")
    found = sorted(
        path
        for path in root.rglob("*")
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )
    if not found:
        raise BadData(f"the folder {folder} holds no pictures, nor do its sub-folders")
    return found
