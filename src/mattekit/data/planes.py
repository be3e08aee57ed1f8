"""Sources whose planes are files: photographs with mattes, composites on disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mattekit.core.types import Image, Sample, Size
from mattekit.data.compositing import Rule, behind, read_colours
from mattekit.data.folders import Folder, subfolder
from mattekit.data.matte_files import MatteFiles, check_size, require_unknown
from mattekit.data.source import WindowedSource
from mattekit.data.window import Window
from mattekit.imaging.files import open_picture
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import random_band


@dataclass(frozen=True)
class PlaneFiles:
    """The files of one picture; a plane without a file is unknown."""

    matte: MatteFiles
    """The picture, its alpha and its trimap."""
    foreground: Path | None = None
    background: Path | None = None
    background_rule: Rule | None = None
    """How a background of another size was placed when the picture was composed."""

    @property
    def name(self) -> str:
        """The stem of the picture."""
        return self.matte.colours.stem


def planes_in(
    root: Path,
    *,
    image: str,
    alpha: str,
    trimap: str | None = None,
    foreground: str | None = None,
    background: str | None = None,
) -> list[PlaneFiles]:
    """The pictures in a folder below `root`, with planes of the same stems in other folders."""
    images = Folder(subfolder(root, image)).pictures
    columns: list[Sequence[Path | None]] = [
        [None] * len(images) if folder is None else plane_folder(root, folder, images)
        for folder in (alpha, trimap, foreground, background)
    ]
    return [
        PlaneFiles(MatteFiles(picture, matte, labels), front, behind)
        for picture, matte, labels, front, behind in zip(images, *columns, strict=True)
    ]


def plane_folder(root: Path, folder: str, images: Sequence[Path]) -> list[Path]:
    """The files in a folder below `root` with the stems of the images, in that order."""
    for name in folder.split("/"):
        root = subfolder(root, name)
    return Folder(root).partners(images)


@dataclass(kw_only=True)
class PlaneSource(WindowedSource):
    """Samples as stored; a missing trimap is a random band around the alpha."""

    pictures: Sequence[PlaneFiles]
    band: tuple[int, int] = (0, 0)
    licence: str
    test_set: str | None = None
    foregrounds: Sequence[str] = ()
    """The foreground of each picture, where several share one; by default all differ."""

    def __post_init__(self) -> None:
        self.names = tuple(self.foregrounds or [picture.name for picture in self.pictures])

    def read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        """Only the window is converted to floats."""
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
