"""Pictures whose planes are files already: photographs with their mattes, composites on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mattekit.core.types import Image, Sample, Size
from mattekit.data.compositing import Rule, behind, read_colours
from mattekit.data.matte_files import MatteFiles, check_size, require_unknown
from mattekit.data.window import Window
from mattekit.imaging.files import open_picture
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import random_band


@dataclass(frozen=True)
class PlaneFiles:
    """The files of one picture; a plane without a file is not known."""

    name: str
    matte: MatteFiles
    """The picture, its alpha and its trimap."""
    foreground: Path | None = None
    background: Path | None = None
    background_rule: Rule | None = None
    """How a background of any size got behind the picture when that was composed."""


class PlaneSource:
    """Samples read as they are; a trimap that is not on disk is a band drawn around the alpha."""

    def __init__(
        self,
        *,
        pictures: Sequence[PlaneFiles],
        band: tuple[int, int],
        licence: str,
        test_set: str | None = None,
        foregrounds: Sequence[str] | None = None,
    ) -> None:
        """`foregrounds` names what several pictures may show alike; without it all differ."""
        self.names = tuple(foregrounds or [picture.name for picture in pictures])
        self.pictures = pictures
        self.band = band
        self.licence = licence
        self.test_set = test_set

    def __len__(self) -> int:
        return len(self.pictures)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        return self._read(index, rng, None)

    def part(self, index: int, rng: np.random.Generator, side: int) -> Sample:
        """Only a window around an unknown pixel becomes floats."""
        return self._read(index, rng, side)

    def _read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        files = self.pictures[index]
        matte = files.matte.open()
        window = matte.window(side, rng)
        alpha = matte.alpha(window)
        if matte.trimap is None:
            trimap = random_band(alpha, rng, minimum=self.band[0], maximum=self.band[1])
        else:
            trimap = window.of(matte.trimap)
        sample = Sample(
            image=matte.colours(window),
            alpha=alpha,
            trimap=trimap,
            foreground=_same_size(files.foreground, files, matte.size, window),
            background=_background(files, matte.size, window),
            name=files.name,
        )
        return require_unknown(sample)


def _same_size(path: Path | None, files: PlaneFiles, size: Size, window: Window) -> Image | None:
    if path is None:
        return None
    picture = open_picture(path)
    check_size(files.matte.colours, size, path, picture.colours)
    return picture.window(window.rows, window.columns)


def _background(files: PlaneFiles, size: Size, window: Window) -> Image | None:
    if files.background is None or files.background_rule is None:
        return _same_size(files.background, files, size, window)
    return to_float(window.of(behind(read_colours(files.background), size, files.background_rule)))
