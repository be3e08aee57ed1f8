"""Picture and trimap made smaller, and the alpha enlarged again."""

import numpy as np

from mattekit.classical import reduced
from mattekit.classical.reduced import enlarge, lines_of, shrink_trimap
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN


def test_the_line_through_a_window_gives_alpha_back() -> None:
    rng = np.random.default_rng(2)
    image = rng.random((12, 12, 3), dtype=np.float32)
    alpha = (image @ np.float32([0.2, 0.5, 0.1]) + np.float32(0.1)).astype(np.float32)
    lines = lines_of(image, alpha)
    assert np.abs((lines[..., :3] * image).sum(-1) + lines[..., 3] - alpha).max() < 2e-3


def test_detail_that_the_small_picture_lost_comes_back_from_the_colours() -> None:
    alpha = np.zeros((32, 32), np.float32)
    alpha[:, 9:11] = 1  # half of a small pixel
    image = np.repeat(alpha[..., None], 3, axis=2)
    small, small_image = (plane.reshape(8, 4, 8, 4, -1).mean((1, 3)) for plane in (alpha, image))
    small = small[..., 0].astype(np.float32)
    unknown = np.full(alpha.shape, UNKNOWN, np.uint8)
    found = enlarge(small, small_image.astype(np.float32), image, unknown)
    assert np.abs(found - alpha).max() < 0.05


def test_only_unknown_pixels_are_enlarged_and_strips_do_not_change_them(
    monkeypatch,
) -> None:
    rng = np.random.default_rng(4)
    image, small = (rng.random((*size, 3), dtype=np.float32) for size in ((40, 20), (10, 5)))
    alpha = rng.random((10, 5), dtype=np.float32)
    everywhere = enlarge(alpha, small, image, np.full((40, 20), UNKNOWN, np.uint8))
    monkeypatch.setattr(reduced, "STRIP_PIXELS", 20 * 8)
    trimap = np.full((40, 20), BACKGROUND, np.uint8)
    trimap[20], trimap[21:] = UNKNOWN, FOREGROUND
    parts = enlarge(alpha, small, image, trimap)
    assert (parts[:20] == 0).all()
    assert (parts[21:] == 1).all()
    assert np.abs(parts[20] - everywhere[20]).max() < 1e-5


def test_a_small_pixel_is_known_as_soon_as_one_of_its_pixels_is() -> None:
    trimap = np.full((4, 8), UNKNOWN, np.uint8)
    trimap[0, 0], trimap[3, 7] = FOREGROUND, BACKGROUND
    assert shrink_trimap(trimap, (1, 2)).tolist() == [[FOREGROUND, BACKGROUND]]
    assert shrink_trimap(np.full((4, 4), UNKNOWN, np.uint8), (1, 1)).tolist() == [[UNKNOWN]]
