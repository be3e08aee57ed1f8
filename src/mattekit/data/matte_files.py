"""Planes of a picture as files; only windows are converted to floats."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.errors import BadData
from mattekit.core.types import UNKNOWN, Alpha, Image, Mask, Plane, Sample, Size, Trimap
from mattekit.data.compositing import Rule, behind, read_colours
from mattekit.data.crop import unknown_pixels
from mattekit.data.folders import Folder, has_subfolder, subfolder
from mattekit.data.source import WindowedSource
from mattekit.data.window import Window, random_pixel
from mattekit.imaging.files import open_alpha, open_picture, open_trimap
from mattekit.imaging.picture import Picture, to_float
from mattekit.imaging.trimap import random_band


@dataclass(frozen=True)
class MatteFiles:
    """The files of a picture with an alpha; without `alpha` it is a channel of `colours`."""

    colours: Path
    alpha: Path | None = None
    trimap: Path | None = None
    foreground: Path | None = None
    background: Path | None = None
    background_rule: Rule | None = None
    """How a background of another size was placed when the picture was composed."""
    tolerance: float = 0.0
    """Alphas this close to 0 or 1 count as 0 or 1."""

    def open(self) -> "Matte":
        """Picture, alpha and trimap as stored; refused if they differ in size or alpha is empty."""
        picture = open_picture(self.colours)
        alpha = picture.alpha if self.alpha is None else open_alpha(self.alpha)
        place = self.alpha or self.colours
        if alpha is None:
            raise BadData(
                f"{self.colours} has no alpha channel; cut-outs with transparency are expected"
            )
        check_size(self.colours, picture.size, place, alpha)
        if not alpha.any():
            raise BadData(f"the alpha of {place} is empty: no pixel is foreground")
        trimap = None
        if self.trimap is not None:
            trimap, _ = open_trimap(self.trimap)
            check_size(self.colours, picture.size, self.trimap, trimap)
        return Matte(self, picture, alpha, trimap)


@dataclass(frozen=True)
class Matte:
    """The planes of `MatteFiles`, alpha in the depth of its file; windows of them as floats."""

    files: MatteFiles
    picture: Picture
    stored_alpha: Plane
    trimap: Trimap | None

    @property
    def size(self) -> Size:
        """Height and width."""
        return self.picture.size

    def colours(self, window: Window) -> Image:
        return self.picture.window(window.rows, window.columns)

    def alpha(self, window: Window) -> Alpha:
        alpha = to_float(window.of(self.stored_alpha)).clip(0, 1)
        if tolerance := self.files.tolerance:
            alpha[alpha <= tolerance] = 0
            alpha[alpha >= 1 - tolerance] = 1
        return alpha

    def foreground(self, window: Window) -> Image | None:
        return self._layer(self.files.foreground, window)

    def background(self, window: Window) -> Image | None:
        """The background, placed by the rule if there is one."""
        path, rule = self.files.background, self.files.background_rule
        if path is None or rule is None:
            return self._layer(path, window)
        return to_float(window.of(behind(read_colours(path), self.size, rule)))

    def _layer(self, path: Path | None, window: Window) -> Image | None:
        if path is None:
            return None
        picture = open_picture(path)
        check_size(self.files.colours, self.size, path, picture.colours)
        return picture.window(window.rows, window.columns)

    def unknown(self) -> Mask:
        """Where the trimap is unknown; without one, soft pixels or those at a hard edge."""
        if self.trimap is not None:
            return np.equal(self.trimap, UNKNOWN)
        return _edges(self.stored_alpha, self.files.tolerance)

    def window_of(self, size: Size, rng: np.random.Generator) -> Window:
        """A window of that size around a random unknown pixel."""
        return Window.around(random_pixel(self.unknown(), rng), size, self.size)


@dataclass(kw_only=True)
class MatteSource(WindowedSource):
    """Samples as stored; a missing trimap is a random band around the alpha."""

    pictures: Sequence[MatteFiles]
    band: tuple[int, int] = (0, 0)
    licence: str
    test_set: str | None = None
    foregrounds: Sequence[str] = ()
    """The foreground of each picture, where several share one; by default all differ."""

    def __post_init__(self) -> None:
        self.names = tuple(self.foregrounds or [files.colours.stem for files in self.pictures])

    def read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        matte = self.pictures[index].open()
        window = Window.square(side, matte.size, matte.unknown, rng)
        alpha = matte.alpha(window)
        if matte.trimap is None:
            trimap = random_band(alpha, rng, minimum=self.band[0], maximum=self.band[1])
        else:
            trimap = window.of(matte.trimap)
        sample = Sample(
            image=matte.colours(window),
            alpha=alpha,
            trimap=trimap,
            foreground=matte.foreground(window),
            background=matte.background(window),
            name=matte.files.colours.stem,
        )
        return require_unknown(sample)


def mattes_in(
    root: Path, *, optional: Sequence[str] = (), image: str, **planes: str
) -> list[MatteFiles]:
    """The pictures in a folder below `root`, with planes of the same stems in other folders.

    Args:
        optional: planes whose folder may be missing.
        planes: the folder of each plane.
    """
    images = Folder(subfolder(root, image)).pictures
    columns = {
        plane: partners_in(root, folder, images)
        for plane, folder in planes.items()
        if plane not in optional or has_subfolder(root, folder)
    }
    rows = zip(*columns.values(), strict=True)
    return [
        MatteFiles(colours, **dict(zip(columns, row, strict=True)))
        for colours, row in zip(images, rows, strict=True)
    ]


def partners_in(root: Path, folder: str, images: Sequence[Path]) -> list[Path]:
    """The files in a folder below `root` with the stems of the images, in that order."""
    for name in folder.split("/"):
        root = subfolder(root, name)
    return Folder(root).partners(images)


def require_unknown(sample: Sample) -> Sample:
    """Refuse a sample without unknown pixels."""
    if not unknown_pixels(sample).any():
        raise BadData(
            f"{sample.name} has no unknown pixel, so there is nothing to learn; leave it out, or "
            "give it a trimap with a grey band"
        )
    return sample


def check_size(picture: Path, size: Size, path: Path, plane: Plane) -> None:
    """Refuse a plane that has another size than its picture."""
    if plane.shape[:2] != size:
        raise BadData(
            f"{path} is {plane.shape[1]}x{plane.shape[0]} and {picture} is {size[1]}x{size[0]}; "
            "they belong together and must have the same size"
        )


def _edges(alpha: Plane, tolerance: float) -> Mask:
    """Soft pixels; for an alpha without any, the pixels at its edge."""
    opaque = 1.0 if alpha.dtype.kind == "f" else int(np.iinfo(alpha.dtype).max)
    known = type(opaque)(tolerance * opaque)
    soft: Mask = (alpha > known) & (alpha < opaque - known)
    if soft.any():
        return soft
    inside = (alpha > opaque / 2).astype(np.uint8)
    kernel = np.ones((3, 3), dtype=np.uint8)
    return cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, kernel) > 0
