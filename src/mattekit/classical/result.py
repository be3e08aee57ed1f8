"""What every matting method answers."""

from dataclasses import dataclass, field

import numpy as np

from mattekit.core.types import Alpha, Trimap


@dataclass(frozen=True, kw_only=True)
class ClassicalResult:
    """An alpha, and what the user should know about how it came to be."""

    alpha: Alpha
    warnings: list[str] = field(default_factory=list)


def known_alpha(trimap: Trimap) -> Alpha:
    """Alpha 0 and 1 where the trimap knows, 0.5 elsewhere."""
    return np.multiply(trimap, 0.5, dtype=np.float32)
