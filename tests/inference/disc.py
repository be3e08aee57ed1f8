"""A soft disc on a textured ground: a small problem with every label, at any size."""

import numpy as np

from mattekit.core.types import Sample, Size
from mattekit.imaging.compose import over
from mattekit.imaging.trimap import make_trimap


def soft_disc(size: Size, seed: int = 0) -> Sample:
    """A reddish disc of a third of the picture's shorter side over a bluish ground."""
    rng = np.random.default_rng(seed)
    rows, columns = np.ogrid[: size[0], : size[1]]
    away = np.hypot(rows - size[0] / 2, columns - size[1] / 2)
    alpha = (0.5 + (min(size) / 3 - away) / 5).clip(0, 1).astype(np.float32)
    foreground = np.float32([0.7, 0.3, 0.2]) + rng.normal(0, 0.03, (*size, 3)).astype(np.float32)
    background = np.float32([0.2, 0.3, 0.6]) + rng.normal(0, 0.03, (*size, 3)).astype(np.float32)
    image = over(foreground, alpha[..., None], background).clip(0, 1).astype(np.float32)
    return Sample(image=image, alpha=alpha, trimap=make_trimap(alpha, 2, 3))
