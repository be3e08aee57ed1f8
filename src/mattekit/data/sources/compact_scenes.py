"""The pictures that `compact` learns from: procedural subjects, simulate_camera, with estimates.

Subjects are drawn at twice the size and reduced. Colours are procedural or cut out of photographs,
where a folder of them is given. Drawing and solving the classical estimates takes about half a
second a scene, so scenes are kept in a folder, the bank, and each is shown turned, mirrored and
with exchanged colour channels.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from mattekit.classical.estimates import estimates
from mattekit.core.atomic import replacing
from mattekit.core.config import config
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Alpha, Image, Plane, Sample, Trimap
from mattekit.data.augmentation.camera import exposed, simulate_camera
from mattekit.data.augmentation.noise import gaussian_blur
from mattekit.data.augmentation.trimaps import drawn_trimap
from mattekit.data.folders import pictures_below
from mattekit.imaging.compose import over, over_linear
from mattekit.imaging.files import read_image
from mattekit.imaging.picture import to_depth, to_float
from mattekit.imaging.resize import resize
from mattekit.synthetic.backgrounds import background_picture
from mattekit.synthetic.colours import foreground_colours
from mattekit.synthetic.kinds import random_kind, subject_of_kind
from mattekit.synthetic.subject import Subject

PLANES = ("image", "alpha", "foreground", "background", "prior")
COLOURS_OF_PRIOR = ((2, 5), (5, 8))  # channels of `classical.estimates` that are colours
TRIALS = 20


class CompactScenes:
    """Scenes by number; the scene of a number and seed is always the same."""

    def __init__(
        self, *, count: int, size: int, seed: int, photos: list[Path], bank: Path | None
    ) -> None:
        self.size = size
        self.seed = seed
        self.photos = photos
        self.bank = bank
        self.names = tuple(f"compact-scene-{seed}-{index}" for index in range(count))
        self.licence = (
            f"procedural pictures made by mattekit, with colours out of {len(photos)} photographs"
            if photos
            else "procedural pictures made by mattekit; no third-party material"
        )

    def __len__(self) -> int:
        return len(self.names)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        return turned(self.scene(index), rng)

    def scene(self, index: int) -> Sample:
        """The scene of that number, from the bank where there is one."""
        if self.bank is None:
            return self.drawn(index)
        path = self.bank / f"{self.seed}-{index:06d}-{self.size}.npz"
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
        """The scene of that number, drawn anew."""
        rng = np.random.default_rng((self.seed, index))
        subject, alpha, trimap = self._matte(rng)
        size = subject.alpha.shape[0], subject.alpha.shape[1]
        background = self._background(rng, size)
        foreground = self._foreground(rng, subject, background)
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
        """A subject at twice the size, its alpha, and a trimap that leaves something to learn."""
        for _ in range(TRIALS):
            subject = subject_of_kind(random_kind(rng), rng, (2 * self.size, 2 * self.size))
            subject = replace(subject, alpha=_defocused(subject.alpha, rng))
            alpha = resize(subject.alpha, (self.size, self.size))
            trimap = drawn_trimap(alpha, rng)
            shares = [
                float((trimap == label).mean()) for label in (UNKNOWN, FOREGROUND, BACKGROUND)
            ]
            if 0.06 < shares[0] < 0.75 and shares[1] > 0.002 and shares[2] > 0.003:
                break
        return subject, alpha, trimap

    def _background(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        """A photograph or a procedural picture, mostly out of focus."""
        if not self.photos or rng.random() < 0.25:
            return background_picture(rng, size)
        image = self._photograph(rng, size)
        if rng.random() < 0.6:
            image = gaussian_blur(image, np.exp(rng.uniform(np.log(0.7), np.log(24))))
        return image

    def _foreground(self, rng: np.random.Generator, subject: Subject, background: Image) -> Image:
        """The subject's own colours or a photograph's, at times near those behind it."""
        size = background.shape[0], background.shape[1]
        if self.photos and rng.random() < 0.35:
            image = self._photograph(rng, size)
        else:
            image = foreground_colours(rng, subject)
        if rng.random() < 0.15:
            row, column = rng.integers(size[0]), rng.integers(size[1])
            image = image + (background[row, column] - image.mean(axis=(0, 1))) * rng.uniform(
                0.5, 1
            )
        return image.clip(0, 1).astype(np.float32)

    def _photograph(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        """A random square of a photograph, often with other colours."""
        photo = read_image(self.photos[int(rng.integers(len(self.photos)))])
        height, width = photo.shape[:2]
        side = max(int(min(height, width) * rng.uniform(0.12, 1)), min(64, height, width))
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        image = resize(photo[top : top + side, left : left + side], size)
        if rng.random() < 0.6:
            gain, gamma = np.exp(rng.normal(0, 0.25)), np.exp(rng.normal(0, 0.3))
            image = exposed(image, gain=float(gain), gamma=float(gamma))
        return image


def turned(sample: Sample, rng: np.random.Generator) -> Sample:
    """One of eight positions and six orders of the colour channels."""
    quarters, mirrored = int(rng.integers(4)), rng.random() < 0.5

    def how(plane: Plane, _: object) -> Plane:
        plane = np.rot90(plane, quarters)
        return np.ascontiguousarray(plane[:, ::-1] if mirrored else plane)

    order = rng.permutation(3)
    turned = sample.warp(how)
    colours = {
        name: getattr(turned, name)[..., order] for name in ("image", "foreground", "background")
    }
    assert turned.prior is not None
    prior = turned.prior.copy()
    for first, last in COLOURS_OF_PRIOR:
        prior[..., first:last] = prior[..., first:last][..., order]
    return replace(turned, **colours, prior=prior)


def _defocused(alpha: Alpha, rng: np.random.Generator) -> Alpha:
    """Mostly sharp, at times out of focus as a whole or on one side."""
    chance = rng.random()
    if chance < 0.5:
        return gaussian_blur(alpha, rng.uniform(0.4, 1.6))
    if chance < 0.7:
        return gaussian_blur(alpha, np.exp(rng.uniform(np.log(1.2), np.log(8))))
    if chance < 0.8:
        far = cv2.resize(rng.random((3, 3), dtype=np.float32), alpha.shape[::-1])
        return over(gaussian_blur(alpha, rng.uniform(3, 14)), far, alpha)
    return alpha


def _stored(path: Path, name: str) -> Sample:
    with np.load(path) as planes:
        floats: dict[str, Any] = {plane: to_float(planes[plane]) for plane in PLANES}
        return Sample(trimap=planes["trimap"], name=name, **floats)


@config
class CompactScenesConfig:
    """Scenes for `compact`: procedural subjects as a camera sees them, with classical estimates."""

    name: Literal["compact_scenes"] = "compact_scenes"
    count: int = 4000
    """Scenes in an epoch."""
    size: int = 352
    """Height and width of a scene in pixels."""
    seed: int = 0
    """Scenes of two seeds share nothing, so train and validate on different ones."""
    photos: str | None = None
    """Folder of photographs to take colours from; without it every colour is procedural."""
    bank: str | None = None
    """Folder to keep drawn scenes in (about 2.6 MB each); without it they are drawn anew."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.size < 64 or self.seed < 0:
            raise ValueError("count must be at least 1, size at least 64 and seed at least 0")

    def open(self) -> CompactScenes:
        return CompactScenes(
            count=self.count,
            size=self.size,
            seed=self.seed,
            photos=pictures_below(self.photos) if self.photos else [],
            bank=Path(self.bank) if self.bank else None,
        )
