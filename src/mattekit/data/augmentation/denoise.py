"""Denoising of photographs, as the composition route RSSN needs it.

Sigma is a share of the range [0, 1], as in `noise`.
"""

from importlib import import_module
from typing import Any, Literal

import cv2
import numpy as np

from mattekit.core.errors import BadArgument
from mattekit.core.types import Image, Plane
from mattekit.imaging.picture import to_depth, to_float

Method = Literal["nlm", "bm3d"]

BM3D_LICENCE = (
    "the package bm3d is free for non-commercial use only (Tampere University); "
    "pictures made with it are derived under that licence"
)
"""Shown once when the method is used, and stored with the pictures."""

STRENGTH = 1.5  # of sigma: best in PSNR within 0.1 dB at 5, 10 and 20 grey steps of noise


def denoise(image: Image, *, method: Method = "nlm", sigma: float = 10 / 255) -> Image:
    """The image without normal noise of standard deviation sigma.

    `nlm` is non-local means (Buades et al. 2005); `bm3d` needs the package of that name.
    """
    if sigma <= 0:
        raise BadArgument(
            f"cannot remove noise of sigma {sigma}; expected a share such as 10 / 255"
        )
    return _bm3d(image, sigma) if method == "bm3d" else _non_local_means(image, sigma)


def require(method: Method) -> Any:
    """The package of a method that is not built in, or an error that says how to install it."""
    if method == "nlm":
        return None
    try:
        return import_module(method)
    except ImportError as error:
        raise BadArgument(
            "the method bm3d needs the package of that name (free for non-commercial use only); "
            "run: pip install bm3d, or use the method nlm"
        ) from error


def _non_local_means(image: Image, sigma: float) -> Image:
    """At 16 bits, to keep fine gradations."""
    strength = [STRENGTH * sigma * 65535] * image.shape[2]
    denoised: Plane = cv2.fastNlMeansDenoising(
        to_depth(image, 16),
        strength,
        templateWindowSize=7,
        searchWindowSize=21,
        normType=cv2.NORM_L1,
    )
    return to_float(denoised)


def _bm3d(image: Image, sigma: float) -> Image:
    bm3d = require("bm3d")
    return np.asarray(bm3d.bm3d_rgb(image, sigma), dtype=np.float32).clip(0, 1)
