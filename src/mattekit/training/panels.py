"""Pictures of batches: rows of planes side by side, with their value ranges when asked for."""

from collections.abc import Sequence

import cv2
import numpy as np
from torch import Tensor

from mattekit.core.tensors import Batch
from mattekit.core.types import Image, Plane
from mattekit.imaging.compose import checkerboard, over

ROWS = 4
"""The most samples that are shown of a batch."""
MARGIN = 4
CAPTION = 34
LEGIBLE = 120
BACKDROP = 1.0


def prediction_panel(batch: Batch, predicted: Tensor) -> Image:
    """Photo, trimap, truth, prediction and the predicted subject on a checkerboard, row by row."""
    pictures = []
    for index in range(min(ROWS, len(batch.image))):
        photo = as_image(batch.image[index])
        alpha = as_image(predicted[index])
        colours = photo if batch.foreground is None else as_image(batch.foreground[index])
        subject = over(colours, alpha, checkerboard(photo.shape[:2]))
        known = [as_image(batch.trimap[index]), as_image(batch.alpha[index])]
        pictures.append(_beside([photo, *known, alpha, subject]))
    return np.concatenate(pictures)


def batch_panel(batch: Batch) -> Image:
    """Every plane of the first samples with its name and range of values underneath."""
    planes = ("image", "alpha", "trimap", "foreground", "background", "prior")
    present = {name: getattr(batch, name) for name in planes if getattr(batch, name) is not None}
    return np.concatenate(
        [
            _beside([_captioned(name, plane[index]) for name, plane in present.items()])
            for index in range(min(ROWS, len(batch.image)))
        ]
    )


def as_image(plane: Tensor) -> Image:
    """A plane c h w as h w 3 in [0, 1]; of estimates with many channels the first."""
    shown = plane if len(plane) == 3 else plane[:1]
    values = shown.detach().float().cpu().clamp(0, 1).numpy().transpose(1, 2, 0)
    return np.ascontiguousarray(np.broadcast_to(values, (*values.shape[:2], 3)))


def _captioned(name: str, plane: Tensor) -> Image:
    """The plane, enlarged until the text below it fits."""
    image = as_image(plane)
    times = -(-LEGIBLE // image.shape[1])
    image = image.repeat(times, axis=0).repeat(times, axis=1)
    strip: Plane = np.full((CAPTION, image.shape[1], 3), 255, dtype=np.uint8)
    low, high = float(plane.min()), float(plane.max())
    for line, text in enumerate((name, f"{low:.3f} .. {high:.3f}")):
        place = (2, 13 + 15 * line)
        cv2.putText(strip, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    return np.concatenate([image, strip.astype(np.float32) / 255])


def _beside(images: Sequence[Image]) -> Image:
    gap = np.full((images[0].shape[0], MARGIN, 3), BACKDROP, dtype=np.float32)
    row = np.concatenate([part for image in images for part in (image, gap)], axis=1)
    return np.concatenate([row, np.full((MARGIN, row.shape[1], 3), BACKDROP, dtype=np.float32)])
