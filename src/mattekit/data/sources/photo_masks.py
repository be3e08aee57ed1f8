"""Photographs and masks of their subjects, to train the network that finds subjects.

Every sample is a square: photo and mask are stretched, as in prediction. Some samples
show a subject, or one that was cut out before, over another photograph, and some a photograph
without a subject.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Image, Sample
from mattekit.data.augmentation.chance import Limited, Share, Within, happens
from mattekit.data.folders import pictures_below
from mattekit.data.lists import read_names
from mattekit.imaging.compose import over
from mattekit.imaging.files import open_picture, read_alpha
from mattekit.imaging.resize import resize

SAME_SHAPE = 0.02
"""Relative difference allowed between the aspect ratios of a photo and its mask."""
LARGER = 1.6
"""Greatest enlargement of a subject that is composited over another photograph."""
SECOND_SUBJECT = 0.04
"""Share of the picture above which another subject makes a prompt necessary."""
STRETCHED = 0.4
"""Greatest logarithm by which a cut-out is made wider or narrower."""
TRIES = 8

Part = tuple[Image, Alpha]
"""Colours and mask, of one size."""


@config
class PhotoMasksConfig(Limited):
    """Photographs with masks of the same stems, and listed photographs without a subject."""

    name: Literal["photo_masks"] = "photo_masks"
    photos: tuple[str, ...]
    """Folders of photographs, searched with their sub-folders."""
    masks: tuple[str, ...]
    """Folders of masks, searched likewise; a mask without a photograph is an error."""
    without: tuple[str, ...] = ()
    """Lists of photographs without a subject: one stem per line, comments after a tab."""
    cutouts: tuple[str, ...] = ()
    """Folders of pictures with transparency: subjects that are only shown over photographs."""
    size: Annotated[int, Within(16)] = 384
    """Height and width to which photographs are resized."""
    part: Annotated[tuple[float, float], Within(0.05, 1)] = (0.5, 1.0)
    """Least and largest share of each side that is shown."""
    composited: Share = 0.32
    """Share of the samples that show a subject over another photograph."""
    of_cutouts: Share = 0.6
    """Share of those whose subject is one of `cutouts`, where there are any."""
    without_subject: Share = 0.13
    """Share of the samples that show a photograph without a subject, where some are listed."""
    licence: str = "not stated"
    """Terms of the photographs, for the model card."""

    def __post_init__(self) -> None:
        Limited.__post_init__(self)
        if self.composited + self.without_subject > 1:
            raise ValueError("composited and without_subject must not add up to more than 1")

    def open(self) -> "PhotoMasksSource":
        photos = _by_stem(self.photos)
        masks = _by_stem(self.masks)
        entries = [name for place in self.without for name in read_names(Path(place))]
        empty = [entry.split("\t")[0].strip() for entry in entries if entry[0] != "#"]
        for stem, needs in [(stem, "mask") for stem in masks] + [(e, "entry") for e in empty]:
            if stem not in photos:
                raise BadData(
                    f"there is no photograph for the {needs} {stem} in {', '.join(self.photos)}; "
                    "add its folder to data.train.photos, or remove it"
                )
        return PhotoMasksSource(
            config=self,
            subjects=[(photos[stem], masks[stem]) for stem in masks],
            empty=[photos[stem] for stem in empty],
            cutouts=[path for folder in self.cutouts for path in pictures_below(folder)],
        )


@dataclass(kw_only=True)
class PhotoMasksSource:
    """A sample for every mask, varied at random each time."""

    config: PhotoMasksConfig
    subjects: Sequence[tuple[Path, Path]]
    empty: Sequence[Path]
    cutouts: Sequence[Path] = ()

    def __post_init__(self) -> None:
        self.names = tuple(photo.stem for photo, _ in self.subjects)
        self.licence = self.config.licence
        self.size = (self.config.size, self.config.size)

    def __len__(self) -> int:
        return len(self.subjects)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """The subject of that number or, at random, a photograph without one."""
        how, chance = self.config, rng.random()
        name, ambiguous = self.names[index], False
        if self.empty and chance < how.without_subject:
            photo = self.empty[int(rng.integers(len(self.empty)))]
            part, name, keep = self._opened(photo), photo.stem, 0.0
        else:
            composited = chance < how.without_subject + how.composited
            if composited and self.cutouts and happens(how.of_cutouts, rng):
                path = self.cutouts[int(rng.integers(len(self.cutouts)))]
                part, name = self._cut_out(path, rng), path.stem
            else:
                part = self._opened(*self.subjects[index])
            if composited:
                part, ambiguous = self._over_another(part, rng)
                keep = 0.85
            else:
                keep = 0.75 if happens(0.7, rng) else 0.4
        image, alpha = (
            resize(plane, self.size) for plane in random_part(part, how.part, rng, keep)
        )
        trimap = np.select([alpha == 0, alpha == 1], [BACKGROUND, FOREGROUND], UNKNOWN)
        return Sample(
            image=image,
            alpha=alpha,
            trimap=trimap.astype(np.uint8),
            ambiguous=ambiguous,
            name=name,
        )

    def _opened(self, photo: Path, mask: Path | None = None) -> Part:
        picture = open_picture(photo, at_least=self.size)
        colours = resize(picture.image(), self.size)
        if mask is None:
            return colours, np.zeros(self.size, np.float32)
        alpha = read_alpha(mask)
        shapes = [height / width for height, width in (picture.size, alpha.shape)]
        if abs(shapes[0] / shapes[1] - 1) > SAME_SHAPE:
            raise BadData(
                f"{mask} has another aspect ratio than {photo}; it must cover the whole photograph"
            )
        if not alpha.any():
            raise BadData(f"{mask} is empty; list photographs without a subject in `without`")
        return colours, resize(alpha, self.size)

    def _cut_out(self, path: Path, rng: np.random.Generator) -> Part:
        """A picture with transparency, narrowed or widened as a photo is by being stretched."""
        picture = open_picture(path)
        if picture.alpha is None:
            raise BadData(f"{path} has no transparency; `cutouts` are subjects cut out before")
        height, width = picture.size
        wide = width * np.exp(rng.uniform(-STRETCHED, STRETCHED))
        # a little smaller than the square: what reaches its lower edge stands there (`placed`)
        factor = 0.9 * self.config.size / max(height, wide)
        size = (max(1, round(height * factor)), max(1, round(wide * factor)))
        image, alpha = np.zeros((*self.size, 3), np.float32), np.zeros(self.size, np.float32)
        image[: size[0], : size[1]] = resize(picture.image(), size)
        alpha[: size[0], : size[1]] = resize(picture.alpha_window(), size)
        return image, alpha

    def _over_another(self, part: Part, rng: np.random.Generator) -> tuple[Part, bool]:
        """The subject over another photograph, and whether that has a subject too."""
        photos: Sequence[tuple[Path, ...]] = [*self.subjects]
        if self.empty and happens(0.5, rng):
            photos = [(photo,) for photo in self.empty]
        behind = self._opened(*photos[int(rng.integers(len(photos)))])
        behind = random_part(behind, self.config.part, rng, keep=0)
        background, other = (resize(plane, self.size) for plane in behind)
        if happens(0.6, rng):
            background = cv2.GaussianBlur(background, (0, 0), np.exp(rng.uniform(0, 2.3)))
        front, alpha = placed(part, rng)
        also = float(((other > 0.5) & (alpha < 0.5)).mean())
        image = over(front, alpha[..., None], background).astype(np.float32)
        return (image, alpha), also > SECOND_SUBJECT


def random_part(
    part: Part, shares: tuple[float, float], rng: np.random.Generator, keep: float
) -> Part:
    """A random rectangle with at least the share `keep` of the subject, else everything."""
    image, alpha = part
    for _ in range(TRIES):
        lengths = [max(1, round(side * rng.uniform(*shares))) for side in alpha.shape]
        starts = [
            int(rng.integers(side - length + 1))
            for side, length in zip(alpha.shape, lengths, strict=True)
        ]
        window = tuple(slice(s, s + length) for s, length in zip(starts, lengths, strict=True))
        if alpha[window].sum() >= keep * alpha.sum():
            return image[window], alpha[window]
    return part


def placed(part: Part, rng: np.random.Generator) -> Part:
    """The subject at another size and place; one at the lower edge stays there."""
    image, alpha = part
    height, width = alpha.shape
    x, y, wide, tall = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    if not wide:
        return part
    box = (slice(y, y + tall), slice(x, x + wide))
    factor = min(min(height / tall, width / wide) * rng.uniform(0.4, 1.0), LARGER)
    size = (max(8, round(tall * factor)), max(8, round(wide * factor)))
    stands = y + tall >= height - height // 40
    top = height - size[0] if stands else int(rng.integers(height - size[0] + 1))
    left = int(rng.integers(width - size[1] + 1))
    there = (slice(top, top + size[0]), slice(left, left + size[1]))
    front, mask = np.zeros_like(image), np.zeros_like(alpha)
    front[there] = resize(image[box], size)
    thinner = cv2.erode(resize(alpha[box], size), np.ones((2, 2)))
    mask[there] = cv2.GaussianBlur(thinner, (0, 0), 0.8)
    return front, mask


def _by_stem(folders: Sequence[str]) -> dict[str, Path]:
    """The pictures below some folders by stem, which must be unique."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in pictures_below(folder):
            if found.setdefault(path.stem, path) != path:
                raise BadData(f"{found[path.stem]} and {path} share a stem; rename one of them")
    return found
