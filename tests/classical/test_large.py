"""A photograph of 24 megapixels in bounded memory."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from measured import peak_of_command

from mattekit.core.types import Size
from mattekit.imaging.files import open_picture, read_alpha

SIZE = (4000, 6000)
LIMIT = 4 * 2**30


def draw(folder: Path, size: Size, share: float) -> None:
    """A photo with camera noise, and a trimap with a ring of this share unknown."""
    height, width = size
    rng = np.random.default_rng(0)
    centre, radius = (width // 2, height // 2), height // 3
    band = int(share * height * width / (2 * np.pi * radius))
    trimap = np.zeros(size, np.uint8)
    cv2.circle(trimap, centre, radius, 255, -1)
    cv2.circle(trimap, centre, radius, 128, band)
    inside = cv2.circle(np.zeros(size, np.uint8), centre, radius, 255, -1)
    alpha = cv2.blur(inside, (band, band)).astype(np.float32) / 255
    photo = np.empty((*size, 3), np.uint8)
    for channel, (low, high) in enumerate(((30, 200), (60, 190), (90, 120))):
        mixed = low + (high - low) * alpha + rng.normal(0, 4, size).astype(np.float32)
        photo[..., channel] = mixed.clip(0, 255)
    cv2.imwrite(str(folder / "photo.jpg"), photo)
    cv2.imwrite(str(folder / "trimap.png"), trimap)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["closed-form", "compact"])
def test_a_photo_of_24_megapixels_with_a_3_percent_band_stays_under_4_gb(
    tmp_path: Path, model: str
) -> None:
    draw(tmp_path, SIZE, 0.03)
    line = ["cutout", "photo.jpg", "--trimap", "trimap.png", "-o", "out", "--model", model]
    peak = peak_of_command(*line, folder=tmp_path)
    assert peak < LIMIT, f"{peak / 2**30:.1f} GB"
    assert open_picture(tmp_path / "out" / "photo.png").size == SIZE
    across = read_alpha(tmp_path / "out" / "photo.png")[2000, 600:3000]
    assert across[0] == 0
    assert across[-1] == 1
    assert np.mean(np.abs(np.diff(cv2.blur(across[None], (31, 1))[0])) > 0.1) < 0.01
