"""Pictures of batches: what stands where."""

import numpy as np
import torch
from training.toys import discs

from mattekit.imaging.compose import checkerboard
from mattekit.training.panels import MARGIN, as_image, batch_panel, prediction_panel


def test_a_plane_of_one_channel_becomes_grey_and_stays_in_range() -> None:
    image = as_image(torch.tensor([[[-1.0, 0.5, 2.0]]]))
    assert image.tolist() == [[[0, 0, 0], [0.5, 0.5, 0.5], [1, 1, 1]]]


def test_photo_trimap_truth_prediction_and_subject_stand_side_by_side() -> None:
    batch = next(discs(batch=3))
    panel = prediction_panel(batch, batch.alpha * 0.5)
    side = 16 + MARGIN
    assert panel.shape == (3 * side, 5 * side, 3)
    cells = [panel[:16, number * side : number * side + 16] for number in range(5)]
    expected = (batch.image, batch.trimap, batch.alpha, batch.alpha * 0.5)
    for cell, plane in zip(cells, expected, strict=False):
        assert np.array_equal(cell, as_image(plane[0]))
    corner = checkerboard((16, 16))[0, 0]
    assert np.allclose(cells[4][0, 0], corner)  # nothing of the subject is seen there


def test_every_plane_of_the_first_batch_is_captioned() -> None:
    batch = next(discs(batch=2))
    panel = batch_panel(batch)
    assert panel.shape[1] % 5 == 0
    caption = panel[130:160, : panel.shape[1] // 5]
    assert caption.min() == 0
    assert caption.max() == 1
