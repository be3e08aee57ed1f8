"""Alphas predicted for an evaluation: what a model makes of photos, in a folder."""

from collections.abc import Mapping
from pathlib import Path

from mattekit.core.errors import BadArgument
from mattekit.evaluation.evaluate import Progress, no_progress
from mattekit.imaging.files import MAX_PIXELS, open_picture, open_trimap, write_alpha
from mattekit.inference.matting import build_matting

BITS = 16
"""Depth of what is measured: rounding to 8 bits would change the numbers."""


def predict_alphas(
    model: str,
    photos: Mapping[Path, Path],
    folder: Path,
    *,
    device: str = "auto",
    max_pixels: int = MAX_PIXELS,
    progress: Progress = no_progress,
) -> None:
    """Write the alpha that a model finds for each photo and its trimap, under the photo's name."""
    names = [photo.stem for photo in photos]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadArgument(f"two photos are called {twice[0]}; results are paired by that name")
    method = build_matting(model, device=device)
    with progress(len(photos)) as advance:
        for photo, trimap in photos.items():
            picture = open_picture(photo, max_pixels=max_pixels)
            labels, _ = open_trimap(trimap, max_pixels=max_pixels)
            matte = method.matte(picture.colours, labels)
            write_alpha(folder / f"{photo.stem}.png", matte.alpha, bits=BITS)
            advance()
