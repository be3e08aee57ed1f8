"""The result of every matting method, classical or network."""

from dataclasses import dataclass, field

import numpy as np

from mattekit.core.types import UNKNOWN, Alpha, Plane, Trimap


@dataclass(frozen=True, kw_only=True)
class Matte:
    """An alpha with its expected error, foreground and warnings."""

    alpha: Alpha
    expected_error: Plane | None = None
    """|error| that the method expects of its alpha, h w; 0 where the trimap knows."""
    foreground: Plane | None = None
    """The subject's own colours, h w 3, where the method estimates them too."""
    warnings: list[str] = field(default_factory=list)

    @property
    def confidence(self) -> float | None:
        """1 less the mean expected error of the unknown pixels, where the method states one.

        >>> Matte(alpha=np.ones((1, 2), np.float32), expected_error=np.array([[0, 0.2]])).confidence
        0.8
        """
        return None if self.expected_error is None else confidence_of(self.expected_error)


def confidence_of(expected_error: Plane) -> float:
    """1 less the mean expected error of the pixels that have one; 1 where none has."""
    errors = expected_error[expected_error > 0]
    return 1.0 - float(errors.mean()) if errors.size else 1.0


def known_alpha(trimap: Trimap) -> Alpha:
    """Alpha 0 and 1 where the trimap is known, 0.5 elsewhere."""
    return np.where(trimap == UNKNOWN, np.float32(0.5), trimap > UNKNOWN).astype(np.float32)
