"""Draw where the shipped matting fails worst: python docs/failures_picture.py

Of the first scene of every kind (as in `gallery_page.py`), the three whose alpha is furthest from
the true one over the unknown pixels: picture, trimap, true alpha, alpha found, and the error that
was expected. Prints kind, error made and error expected.
"""

import cv2
import numpy as np
from gallery_page import GAP, HERE, beside, first_known

import mattekit
from mattekit.core.types import UNKNOWN, Image, Sample
from mattekit.imaging.picture import to_float
from mattekit.imaging.trimap import to_pixels
from mattekit.inference.load import load
from mattekit.synthetic.kinds import KINDS

WORST = 3


def row(sample: Sample) -> tuple[float, float, Image]:
    """Mean error made and expected over the unknown pixels, and the row of pictures."""
    assert sample.trimap is not None
    matte = load().matte(sample.image, sample.trimap)
    assert matte.expected_error is not None
    unknown = sample.trimap == UNKNOWN
    made = np.abs(matte.alpha - sample.alpha)[unknown].mean()
    planes = [to_float(to_pixels(sample.trimap)), sample.alpha, matte.alpha, matte.expected_error]
    pictures = beside([sample.image, *(cv2.merge([plane] * 3) for plane in planes)])
    return float(made), float(matte.expected_error[unknown].mean()), pictures


def main() -> None:
    rows = {kind: row(first_known(kind)) for kind in KINDS}
    worst = sorted(rows, key=lambda kind: -rows[kind][0])[:WORST]
    for kind in worst:
        print(f"{kind}: made {rows[kind][0]:.3f}, expected {rows[kind][1]:.3f}")
    width = rows[worst[0]][2].shape[1]
    gap = np.ones((GAP, width, 3), np.float32)
    parts = [part for kind in worst for part in (rows[kind][2], gap)][:-1]
    mattekit.write_image(HERE / "pictures" / "compact-failures.jpg", np.vstack(parts))


if __name__ == "__main__":
    main()
