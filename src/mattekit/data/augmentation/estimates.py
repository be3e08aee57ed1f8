"""The classical estimates that the shipped network takes as inputs, computed as in prediction."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from mattekit.classical.estimates import Estimates, estimates, estimates_over
from mattekit.core.atomic import make_folder, replacing
from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.core.matte import known_alpha
from mattekit.core.types import BACKGROUND, FOREGROUND, Image, Sample, Trimap


@config
class EstimatesConfig:
    """Compute the classical estimates of a sample that does not have them yet.

    They depend on photo and trimap, so this is the last step that uses either.
    """

    name: Literal["estimates"] = "estimates"
    cache: str | None = None
    """Cache folder for estimates (28 bytes per pixel), by the content of photo and trimap; only for
    samples that are repeated unchanged."""
    plate: bool = False
    """The background of a sample is known where the network is used, as before a screen: it stands
    in the planes of the background, and the alphas are unmixed with it."""

    def __post_init__(self) -> None:
        if self.plate and self.cache is not None:
            raise ValueError("estimates with a plate are not cached; leave cache out")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if sample.prior is not None:
            return sample
        if sample.trimap is None:
            raise BadData(
                f"estimates need a trimap, which {sample.name} lacks; draw one before this step"
            )
        background = sample.background if self.plate else None
        if self.plate and background is None:
            raise BadData(f"{sample.name} has no background; estimates with plate: true need one")
        if self.cache is None:
            return replace(sample, prior=_solved(sample.image, sample.trimap, background))
        return replace(sample, prior=_cached(Path(self.cache), sample.image, sample.trimap))


def _solved(image: Image, trimap: Trimap, background: Image | None = None) -> Estimates:
    """Estimates; neutral ones if a crop shows no subject or no background."""
    if (trimap == FOREGROUND).any() and (trimap == BACKGROUND).any():
        if background is not None:
            return estimates_over(image, trimap, background)
        return estimates(image, trimap)
    alpha = known_alpha(trimap)
    no, far = np.zeros_like(alpha), np.ones_like(alpha)
    planes = [alpha, alpha, image, image, alpha, no, alpha, no, far, far]  # as in CHANNELS
    return np.dstack(planes).astype(np.float32)


def _cached(folder: Path, image: Image, trimap: Trimap) -> Estimates:
    """The estimates of this content from the cache; rounded in the same way when computed."""
    content = hashlib.blake2b(image.tobytes() + trimap.tobytes(), digest_size=16)
    path = folder / f"{content.hexdigest()}-{trimap.shape[0]}.npy"
    if path.is_file():
        return np.load(path).astype(np.float32)
    rounded = _solved(image, trimap).astype(np.float16)
    with replacing(make_folder(folder) / path.name) as aside, aside.open("wb") as stream:
        np.save(stream, rounded)
    return rounded.astype(np.float32)
