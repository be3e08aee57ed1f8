"""Clean colours as numbers: how wrong the subject's colours are, and how much of it shows.

An alpha can be perfect and the cut-out still have a fringe of the old background. Both numbers need
the true foreground colours, which synthetic scenes and composed data sets have.
"""

import numpy as np

from mattekit.core.errors import BadImage
from mattekit.core.types import Alpha, Image, size_text
from mattekit.imaging.compose import over

PLAIN_BACKGROUNDS = {"black": (0.0, 0.0, 0.0), "white": (1.0, 1.0, 1.0), "magenta": (1.0, 0.0, 1.0)}


def colour_error(predicted_foreground: Image, true_foreground: Image, true_alpha: Alpha) -> float:
    """Mean |F - F_true| over channels and pixels, weighted by a (1 - a) of the true alpha.

    The weight is highest where both layers show; 0 where the matte has no soft pixel.

    >>> import numpy as np
    >>> white, black = np.ones((2, 2, 3), np.float32), np.zeros((2, 2, 3), np.float32)
    >>> colour_error(white, black, np.full((2, 2), 0.5, np.float32))
    1.0
    """
    _check_sizes(predicted_foreground, true_foreground, true_alpha)
    weight = (true_alpha - np.square(true_alpha)).astype(np.float64)
    distance = np.abs(predicted_foreground - true_foreground).mean(axis=2)
    total = float(weight.sum())
    return float((weight * distance).sum()) / total if total else 0.0


def halo_score(
    predicted_foreground: Image,
    predicted_alpha: Alpha,
    true_foreground: Image,
    true_alpha: Alpha,
    background: Image,
) -> float:
    """Sum of |C - C_true| over pixels, mean over channels, in thousands: a SAD of composites.

    Both cut-outs are put on the same background; what is left is what a viewer sees of the errors
    of alpha and colours together.
    """
    _check_sizes(predicted_foreground, true_foreground, true_alpha)
    predicted = over(predicted_foreground, predicted_alpha[..., None], background)
    difference = predicted - over(true_foreground, true_alpha[..., None], background)
    return float(np.abs(difference).sum(dtype=np.float64)) / 3000


def halo_scores(
    predicted_foreground: Image,
    predicted_alpha: Alpha,
    true_foreground: Image,
    true_alpha: Alpha,
    true_background: Image | None = None,
) -> dict[str, float]:
    """The halo score on black, white and magenta, and on the true background where it is known."""
    backgrounds = {
        name: np.broadcast_to(np.array(colour, dtype=np.float32), true_foreground.shape)
        for name, colour in PLAIN_BACKGROUNDS.items()
    }
    if true_background is not None:
        backgrounds["true background"] = true_background
    cut_outs = predicted_foreground, predicted_alpha, true_foreground, true_alpha
    return {f"halo on {name}": halo_score(*cut_outs, b) for name, b in backgrounds.items()}


def _check_sizes(predicted_foreground: Image, true_foreground: Image, true_alpha: Alpha) -> None:
    sizes = {plane.shape[:2] for plane in (predicted_foreground, true_foreground, true_alpha)}
    if len(sizes) > 1:
        found = ", ".join(map(size_text, sorted(sizes)))
        raise BadImage(f"foreground colours and alpha have different sizes ({found} pixels)")
