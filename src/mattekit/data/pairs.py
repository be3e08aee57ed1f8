"""Foregrounds over backgrounds, composited on the fly: shared by such data sets.

A source lists its foregrounds, its backgrounds and their pairs; the rest is here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.errors import BadArgument
from mattekit.core.types import Alpha, Image, Sample
from mattekit.data.augmentation.chance import Limited, Share, Tolerance, Within
from mattekit.data.folders import distinct_names
from mattekit.data.matte_files import Matte, MatteFiles, require_unknown
from mattekit.data.source import WindowedSource
from mattekit.data.window import BackgroundPlacement, Placement, Window
from mattekit.imaging.compose import over, union, unpremultiply
from mattekit.imaging.files import open_picture
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import random_band

LEAST_BACKGROUND = 100
"""Background pixels that must remain when a second foreground is added."""
VISIBLE = 0.01
"""Alpha above which the joint colour of two foregrounds is computed from the picture."""


@config
class CompositionConfig(Limited):
    """How foregrounds and backgrounds become pictures."""

    placement: Placement = "cover"
    """cover: scaled to just cover the foreground, centred; random, corner, centre: a random part,
    the top left or the middle, never shrunk; stretch: scaled to the size of the foreground."""
    background_side: Annotated[tuple[int, int] | None, Within(1)] = None
    """Range of lengths to which the longer side of a background is scaled before a random crop."""
    two_foregrounds: Share = 0.0
    """Probability of a second foreground on top of the first."""
    band: Annotated[tuple[int, int], Within(0)] = (2, 30)
    """Least and largest width of the unknown band on either side of the edge, in pixels."""

    tolerance: Tolerance = 0.0
    """Alphas this close to 0 or 1 become 0 or 1, against the noise of alphas stored as JPEG."""


Pairing = Literal["drawn", "listed"]
"""drawn: a random background each time; listed: the next of the list, the same in every epoch."""


@dataclass(frozen=True)
class Pair:
    """Indices of a foreground and a background; None draws a background each time."""

    foreground: int
    background: int | None = None


def make_pairs(foregrounds: int, backgrounds: int, each: int, pairing: Pairing) -> list[Pair]:
    """The pairs of an epoch with `each` backgrounds per foreground, ordered by foreground.

    >>> pairs = make_pairs(2, 3, 2, "listed")
    >>> [(pair.foreground, pair.background) for pair in pairs]
    [(0, 0), (0, 1), (1, 2), (1, 0)]
    """
    if each < 1:
        raise BadArgument(f"backgrounds_per_foreground is {each}; at least 1 is expected")
    numbers = range(foregrounds * each)
    if pairing == "drawn":
        return [Pair(number // each) for number in numbers]
    return [Pair(number // each, number % backgrounds) for number in numbers]


@dataclass(kw_only=True)
class PairSource(WindowedSource):
    """Composites of pairs; the numbers of the samples are those of the pairs."""

    foregrounds: Sequence[MatteFiles]
    backgrounds: Sequence[Path]
    pairs: Sequence[Pair]
    composition: CompositionConfig
    licence: str
    test_set: str | None = None
    denoised: float = 0.0
    """Probability that denoised files replace those of a picture, all at once."""
    denoised_files: Mapping[Path, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = distinct_names([files.colours for files in self.foregrounds])
        self.names = tuple(names[pair.foreground] for pair in self.pairs)

    def read(self, index: int, rng: np.random.Generator, side: int | None) -> Sample:
        pair = self.pairs[index]
        instead = self.denoised_files if rng.random() < self.denoised else {}
        matte = self._open(pair.foreground, instead)
        window = Window.square(side, matte.size, matte.unknown, rng)
        number = pair.background
        if number is None:
            number = int(rng.integers(len(self.backgrounds)))
        path = self.backgrounds[number]
        background = self._background(instead.get(path, path), matte, window, rng)
        layers = self._layers(matte, window, background, rng)
        if matte.trimap is None or layers.two:
            minimum, maximum = self.composition.band
            trimap = random_band(layers.alpha, rng, minimum=minimum, maximum=maximum)
        else:
            trimap = window.of(matte.trimap)
        sample = Sample(
            image=layers.image,
            alpha=layers.alpha,
            trimap=trimap,
            foreground=layers.foreground,
            background=background,
            name=f"{self.names[index]} over {path.stem}",
        )
        return require_unknown(sample)

    def _open(self, number: int, instead: Mapping[Path, Path]) -> Matte:
        files = self.foregrounds[number]
        colours = instead.get(files.colours, files.colours)
        return replace(files, colours=colours, tolerance=self.composition.tolerance).open()

    def _background(
        self, path: Path, matte: Matte, window: Window, rng: np.random.Generator
    ) -> Image:
        how = self.composition
        is_scaled = how.placement in ("cover", "stretch")  # a JPEG may be decoded smaller
        picture = open_picture(path, at_least=matte.size if is_scaled else None)
        placement = BackgroundPlacement.compute(
            how.placement, picture.size, matte.size, rng, side=how.background_side
        )
        return placement.part(picture, window)

    def _layers(
        self, matte: Matte, window: Window, background: Image, rng: np.random.Generator
    ) -> "Layers":
        """The foreground, sometimes with another one on top if enough background remains."""
        one = Layers.of(matte.colours(window), matte.alpha(window), background)
        if rng.random() >= self.composition.two_foregrounds:
            return one
        other = self._open(int(rng.integers(len(self.foregrounds))), {})
        colours, alpha = _in_size_of(other, window, rng)
        both = one.with_on_top(colours, alpha, background)
        free = int(np.count_nonzero(both.alpha < VISIBLE))
        return both if free >= LEAST_BACKGROUND else one


@dataclass(frozen=True)
class Layers:
    """One or two foregrounds over a background, as one foreground with one alpha."""

    image: Image
    alpha: Alpha
    foreground: Image
    two: bool = False

    @classmethod
    def of(cls, foreground: Image, alpha: Alpha, background: Image) -> "Layers":
        """A single foreground."""
        return cls(over(foreground, alpha[..., None], background), alpha, foreground)

    def with_on_top(self, foreground: Image, alpha: Alpha, background: Image) -> "Layers":
        """With another foreground on top: a = a1 + a2 - a1 a2, and F from I = aF + (1-a)B.

        Where alpha is close to 0, F is the upper colour over the lower one.
        """
        upper = alpha[..., None]
        image = over(foreground, upper, self.image)
        both = union(self.alpha, alpha)
        visible = image - over(np.float32(0), both[..., None], background)
        common = unpremultiply(visible, both).clip(0, 1)
        seen = both[..., None] >= VISIBLE
        colours = np.where(seen, common, over(foreground, upper, self.foreground))
        return Layers(image, both, colours, two=True)


def _in_size_of(matte: Matte, window: Window, rng: np.random.Generator) -> tuple[Image, Alpha]:
    """A part of a second foreground if it is large enough, else all of it scaled to cover."""
    size = window.size
    if matte.size[0] >= size[0] and matte.size[1] >= size[1]:
        part = matte.window_of(size, rng)
        return matte.colours(part), matte.alpha(part)
    placement = BackgroundPlacement.compute("cover", matte.size, size, rng)
    rows, columns = placement.spans(Window.whole(size), matte.size)
    part = Window(rows, columns)
    return resize(matte.colours(part), size), resize(matte.alpha(part), size)
