"""Training scenes of `compact`: procedural subjects with camera effects and estimates.

Subjects are drawn at twice the size and reduced. Colours are procedural or taken from a folder of
photographs; a folder of sprites adds soft shapes such as smoke and light. A share of the scenes may
be pairs: one photograph over another, with an alpha that neither shows, to begin a course with.
Drawing a scene and solving its classical estimates takes about a second, so scenes are cached in a
folder, the bank.
Scenes are flipped, never rotated or recoloured: the frozen encoder of the network depends on
orientation and natural colours.
"""

import zlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import cv2
import numpy as np

from mattekit.classical.estimates import estimates
from mattekit.core.atomic import replacing
from mattekit.core.config import config
from mattekit.core.types import (
    BACKGROUND,
    FOREGROUND,
    UNKNOWN,
    Alpha,
    Image,
    Plane,
    Sample,
    Size,
    Trimap,
)
from mattekit.data.augmentation.camera import exposed, gaussian_blur, simulate_camera
from mattekit.data.augmentation.chance import Limited, Share, Within, happens
from mattekit.data.augmentation.geometry import mirrored
from mattekit.data.augmentation.trimaps import Style, drawn_trimap
from mattekit.data.folders import pictures_below
from mattekit.data.sources.synthetic import NOTHING_FOREIGN, PROCEDURAL
from mattekit.imaging.compose import over, over_linear, union
from mattekit.imaging.files import read_alpha, read_image
from mattekit.imaging.picture import to_depth, to_float
from mattekit.imaging.resize import resize
from mattekit.synthetic.backgrounds import background_picture
from mattekit.synthetic.colours import foreground_colours
from mattekit.synthetic.fields import field, log_uniform
from mattekit.synthetic.kinds import KINDS, random_kind, subject_of_kind
from mattekit.synthetic.subject import Subject

PLANES = ("image", "alpha", "foreground", "background", "prior")
STYLES: dict[Style, float] = {"tight": 0.3, "drawn": 0.4, "loose": 0.3}
"""Share of the trimaps of each style."""
SPRITES = 0.05
"""Share of subjects made of sprites, if there are any."""
PAIR = "pair"
TRIALS = 20


@config
class CompactScenesConfig(Limited):
    """Scenes for `compact`: procedural subjects with camera effects and classical estimates."""

    name: Literal["compact_scenes"] = "compact_scenes"
    count: Annotated[int, Within(1)] = 4000
    """Scenes in an epoch."""
    size: Annotated[int, Within(64)] = 352
    """Height and width of a scene in pixels."""
    seed: Annotated[int, Within(0)] = 0
    """Different seeds give different scenes; train and validate on different seeds."""
    photos: str | None = None
    """Folder of photographs as a source of colours; by default all colours are procedural."""
    bank: str | None = None
    """Cache folder for scenes (about 3 MB each); by default they are drawn every time."""
    sprites: str | None = None
    """Folder of soft shapes (alphas, or pictures with alpha) that some subjects are made of."""
    pairs: Share = 0.0
    """Share of scenes that are a photograph over another one, with a random alpha."""

    def __post_init__(self) -> None:
        Limited.__post_init__(self)
        if self.pairs and not self.photos:
            raise ValueError("pairs are made of photographs; name their folder with photos")

    def open(self) -> "CompactScenes":
        return CompactScenes(self)


class CompactScenes:
    """Scenes by number; a number and seed always give the same scene."""

    def __init__(self, config: CompactScenesConfig) -> None:
        self.size, self.seed, self.pairs = config.size, config.seed, config.pairs
        self.photos = pictures_below(config.photos) if config.photos else []
        self.sprites = pictures_below(config.sprites) if config.sprites else []
        self.bank = Path(config.bank) if config.bank else None
        self.names = tuple(f"compact-scene-{self.seed}-{index}" for index in range(config.count))
        names = ",".join(path.name for path in (*self.photos, *self.sprites))
        self.origin = f"{zlib.crc32(names.encode()):08x}-{config.pairs:g}"
        self.licence = NOTHING_FOREIGN
        if others := len(self.photos) + len(self.sprites):
            self.licence = f"{PROCEDURAL}, with parts of {others} third-party pictures"

    def __len__(self) -> int:
        return len(self.names)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        scene = self.scene(index)
        return scene if happens(0.5, rng) else scene.warp(mirrored)

    def scene(self, index: int) -> Sample:
        """The scene of that number, from the bank if there is one."""
        if self.bank is None:
            return self.drawn(index)
        path = self.bank / f"{self.seed}-{index:06d}-{self.size}-{self.origin}.npz"
        if path.is_file():
            return _stored(path, self.names[index])
        sample = self.drawn(index)
        self.bank.mkdir(parents=True, exist_ok=True)
        with replacing(path) as aside, aside.open("wb") as file:
            planes: dict[str, Any] = {name: to_depth(getattr(sample, name), 8) for name in PLANES}
            planes["trimap"] = sample.trimap
            np.savez(file, **planes)
        return sample

    def drawn(self, index: int) -> Sample:
        """The scene of that number, newly drawn."""
        rng = np.random.default_rng((self.seed, index))
        subject, alpha, trimap = self._matte(rng)
        if subject.material == PAIR:
            foreground, background = (self._photograph(rng, subject.alpha.shape) for _ in "fb")
        else:
            foreground, background = self._colours(rng, subject)
        mix = over_linear if rng.random() < 0.35 else over
        image = mix(foreground, subject.alpha[..., None], background)
        foreground, background, image = (
            resize(plane, alpha.shape) for plane in (foreground, background, image)
        )
        image = simulate_camera(image, rng)
        return Sample(
            image=image,
            alpha=alpha,
            trimap=trimap,
            foreground=foreground,
            background=background,
            prior=estimates(image, trimap),
            name=self.names[index],
        )

    def _matte(self, rng: np.random.Generator) -> tuple[Subject, Alpha, Trimap]:
        """A subject at twice the size, its alpha, and a trimap with unknown pixels."""
        for _ in range(TRIALS):
            subject = self._subject(rng, (2 * self.size, 2 * self.size))
            subject = replace(subject, alpha=_defocused(subject.alpha, rng))
            alpha = resize(subject.alpha, (self.size, self.size))
            style = list(STYLES)[int(rng.choice(len(STYLES), p=list(STYLES.values())))]
            trimap = drawn_trimap(alpha, rng, style)
            unknown, foreground, background = (
                float((trimap == label).mean()) for label in (UNKNOWN, FOREGROUND, BACKGROUND)
            )
            if 0.03 < unknown < 0.8 and foreground > 0.002 and background > 0.003:
                break
        return subject, alpha, trimap

    def _subject(self, rng: np.random.Generator, size: Size) -> Subject:
        if self.pairs and rng.random() < self.pairs:
            return Subject(alpha=_unrelated(rng, size), material=PAIR)
        if not self.sprites or rng.random() > SPRITES:
            return subject_of_kind(random_kind(rng), rng, size)
        alpha = np.zeros(size, np.float32)
        for _ in range(rng.integers(1, 5)):
            sprite = read_alpha(self.sprites[int(rng.integers(len(self.sprites)))])
            strength = np.float32(rng.uniform(0.7, 1))
            alpha = union(alpha, _strewn(sprite, rng, size) * strength)
        if rng.random() < 0.6:  # a solid object that it is part of
            body = KINDS["hard"].draw(rng, size).alpha
            alpha = np.maximum(alpha, gaussian_blur(body, rng.uniform(0.5, 4)))
        material = str(rng.choice(["smoke", "flame", "object", "cloth"]))
        return Subject(alpha=alpha, material=material)

    def _colours(self, rng: np.random.Generator, subject: Subject) -> tuple[Image, Image]:
        """Colours of subject and background, sometimes very similar."""
        size = subject.alpha.shape
        if self.photos and rng.random() < 0.75:
            background = self._photograph(rng, size)
        else:
            background = background_picture(rng, size)
        if rng.random() < 0.45:
            background = gaussian_blur(background, log_uniform(rng, 0.7, 24))
        if self.photos and rng.random() < 0.5:
            foreground = self._photograph(rng, size)
        else:
            foreground = foreground_colours(rng, subject)
        chance = rng.random()
        if chance < 0.15:
            row, column = rng.integers(size[0]), rng.integers(size[1])
            away = background[row, column] - foreground.mean(axis=(0, 1))
            foreground = foreground + away * rng.uniform(0.5, 1)
        elif chance < 0.27:  # hair in front of hair, leaves in front of leaves
            where = resize((rng.random((4, 4)) > 0.45).astype(np.float32), size)[..., None]
            other = foreground[:, ::-1] if rng.random() < 0.5 else foreground[::-1]
            blurred = gaussian_blur(other, rng.uniform(0.5, 6)) * rng.uniform(0.7, 1.3)
            background = over(blurred, where, background)
        front, behind = (plane.clip(0, 1).astype(np.float32) for plane in (foreground, background))
        return front, behind

    def _photograph(self, rng: np.random.Generator, size: Size) -> Image:
        """A random square of a photograph, often recoloured."""
        photo = read_image(self.photos[int(rng.integers(len(self.photos)))])
        height, width = photo.shape[:2]
        side = max(int(min(height, width) * rng.uniform(0.25, 1)), min(64, height, width))
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        image = resize(photo[top : top + side, left : left + side], size)
        if rng.random() < 0.5:
            gain, gamma = np.exp(rng.normal(0, 0.25)), np.exp(rng.normal(0, 0.3))
            image = exposed(image, gain=float(gain), gamma=float(gamma))
        return image


def _unrelated(rng: np.random.Generator, size: Size) -> Alpha:
    """Blots or polygons, hard or soft, that follow no photograph."""
    blots = field(rng, size, coarse=rng.uniform(0.1, 0.5), gain=rng.uniform(0.4, 1))
    softness = log_uniform(rng, 0.02, 1.2)
    alpha: Alpha = (0.5 + (blots - rng.normal(0, 0.6)) / softness).clip(0, 1).astype(np.float32)
    if rng.random() < 0.65:
        return alpha
    shapes = np.zeros(size, np.uint8)
    for _ in range(rng.integers(1, 6)):
        corners = (rng.uniform(0.05, 0.95, (rng.integers(3, 9), 2)) * size[::-1]).astype(np.int32)
        if rng.random() < 0.5:
            cv2.fillPoly(shapes, [corners], 255, cv2.LINE_AA)
        else:
            width = int(rng.integers(2, max(3, size[0] // 18)))
            cv2.polylines(shapes, [corners], False, 255, width, cv2.LINE_AA)
    drawn = to_float(shapes)
    return np.minimum(drawn, alpha) if rng.random() < 0.4 else drawn


def _strewn(sprite: Alpha, rng: np.random.Generator, size: Size) -> Alpha:
    """A sprite at a random size, angle, place and density."""
    height, width = sprite.shape
    larger = size[0] / height * log_uniform(rng, 0.4, 1.6)
    place = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(0, 360), larger)
    place[:, 2] += np.array(size[::-1]) * rng.uniform(0.25, 0.75, 2) - (width / 2, height / 2)
    placed: Plane = cv2.warpAffine(sprite, place, size[::-1]).clip(0, 1)
    return placed ** np.float32(np.exp(rng.normal(0, 0.4)))


def _defocused(alpha: Alpha, rng: np.random.Generator) -> Alpha:
    """Mostly sharp, sometimes out of focus as a whole or on one side."""
    chance = rng.random()
    if chance < 0.5:
        return gaussian_blur(alpha, rng.uniform(0.4, 1.6))
    if chance < 0.7:
        return gaussian_blur(alpha, log_uniform(rng, 1.2, 8))
    if chance < 0.8:
        far = cv2.resize(rng.random((3, 3), dtype=np.float32), alpha.shape[::-1])
        return over(gaussian_blur(alpha, rng.uniform(3, 14)), far, alpha)
    return alpha


def _stored(path: Path, name: str) -> Sample:
    with np.load(path) as planes:
        floats: dict[str, Any] = {plane: to_float(planes[plane]) for plane in PLANES}
        return Sample(trimap=planes["trimap"], name=name, **floats)
