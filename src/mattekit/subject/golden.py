"""Goldens of public segmenters: what a network finds in a drawn picture.

A checksum shows that a file is the published one; its answer shows that it runs here as it should,
with the preprocessing on record.
"""

import numpy as np

from mattekit.core.prompt import Prompt
from mattekit.core.types import Image
from mattekit.imaging.resize import resize
from mattekit.models.registry import Golden, RegisteredModel
from mattekit.subject.finding import open_segmenter

SIDE = 512
FIELDS = 8
TOLERANCE = 8
"""In steps of 1/255, of the mean of a field; runtimes and processors differ by less than 1."""


def drawn_picture() -> Image:
    """A pawn, lit from the left, before a wall."""
    y, x = (np.indices((SIDE, SIDE)) + 0.5) / SIDE
    body = ((x - 0.5) / 0.2) ** 2 + ((y - 0.66) / 0.26) ** 2 < 1
    head = (x - 0.5) ** 2 + (y - 0.3) ** 2 < 0.14**2
    light = (1.2 - x)[..., None]
    pawn = light * np.array([0.9, 0.35, 0.1])
    wall = (0.55 + 0.35 * y)[..., None] * np.array([0.75, 0.85, 1.0])
    picture: Image = np.where((body | head)[..., None], pawn, wall).astype(np.float32)
    return picture


def answer(model: RegisteredModel) -> Golden:
    """The means of the model's mask over 8 by 8 fields of the drawn picture, 0 to 255."""
    segmenter = open_segmenter(model.id)
    nothing = "nothing" in segmenter.understands
    prompt = Prompt() if nothing else Prompt(on=((SIDE / 2, SIDE / 2),))
    mask = segmenter.segment(drawn_picture(), prompt).mask
    fields = np.rint(255 * resize(mask, (FIELDS, FIELDS))).astype(int)
    return tuple(tuple(row) for row in fields.tolist())


def difference(model: RegisteredModel) -> int | None:
    """The largest difference of the model's answer from its golden; None if it has none."""
    if model.golden is None:
        return None
    return int(np.abs(np.subtract(answer(model), model.golden)).max())
