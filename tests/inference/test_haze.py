"""Where the network is sure, nothing faint is left of the background."""

import numpy as np
import pytest
from inference.disc import soft_disc

from mattekit.core.types import UNKNOWN
from mattekit.imaging.trimap import make_trimap
from mattekit.inference import predictor
from mattekit.inference.matting import build_matting
from mattekit.inference.predictor import HAZE, SURE, without_haze


def test_a_sure_alpha_close_to_an_end_becomes_it_and_a_doubted_one_stays():
    alpha = np.linspace(0, 1, 201, dtype=np.float32)
    sure, doubted = (without_haze(alpha, np.full(201, e, np.float32)) for e in (SURE, 2 * SURE))
    assert not sure[alpha < HAZE].any()
    assert (sure[alpha > 1 - HAZE] == 1).all()
    assert (np.diff(sure) >= 0).all()
    np.testing.assert_allclose(sure, 1 - sure[::-1], atol=1e-6)  # both ends alike
    np.testing.assert_array_equal(doubted, alpha)


@pytest.mark.slow
def test_around_a_disc_most_of_what_is_empty_is_quite_empty(monkeypatch):
    picture = soft_disc((128, 128))
    trimap = make_trimap(picture.alpha, 12, 12)
    empty = (trimap == UNKNOWN) & ((picture.alpha == 0) | (picture.alpha == 1))
    found = []
    for haze in (HAZE, 0.0):
        monkeypatch.setattr(predictor, "HAZE", haze)
        alpha = build_matting().matte(picture.image, trimap).alpha
        found.append(np.isin(alpha, (0, 1))[empty].mean())
    assert found[0] > 0.8
    assert found[0] > 1.2 * found[1]
