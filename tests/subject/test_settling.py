"""Where the matting is unsure, the mask decides."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mattekit.core.matte import Matte
from mattekit.core.types import UNKNOWN, Plane, Trimap
from mattekit.cutouts.cutout import cut_picture
from mattekit.imaging.arrays import as_picture
from mattekit.inference.inputs import Share
from mattekit.subject.hints import Mask
from mattekit.subject.settling import expected_error, settled

SIZE = (100, 120)
MASK = np.zeros(SIZE, np.float32)
MASK[20:80, 30:90] = 1
UNKNOWN_ALL: Trimap = np.ones(SIZE, np.uint8)
INSIDE, OUTSIDE = (50, 60), (50, 10)


def haze(error: float) -> Matte:
    return Matte(
        alpha=np.full(SIZE, 0.5, np.float32), expected_error=np.full(SIZE, error, np.float32)
    )


def test_an_unsure_matte_is_drawn_to_the_mask_away_from_its_edge() -> None:
    alpha = settled(haze(0.4), MASK, UNKNOWN_ALL).alpha
    assert alpha[INSIDE] > 0.95
    assert alpha[OUTSIDE] < 0.05


def test_at_the_edge_of_the_mask_the_matte_decides() -> None:
    alpha = settled(haze(0.1), MASK, UNKNOWN_ALL).alpha
    assert alpha[50, 30] == pytest.approx(0.5, abs=0.05)


def test_a_sure_matte_stays() -> None:
    alpha = settled(haze(0.01), MASK, UNKNOWN_ALL).alpha
    np.testing.assert_allclose(alpha, 0.5, atol=0.01)


def test_what_the_trimap_knows_stays() -> None:
    known = np.where(MASK > 0.5, 2, 0).astype(np.uint8)
    assert (settled(haze(0.4), MASK, known).alpha == 0.5).all()


def test_a_matte_that_states_no_error_stays() -> None:
    matte = replace(haze(0.4), expected_error=None)
    assert settled(matte, MASK, UNKNOWN_ALL) is matte


def test_the_error_that_is_expected_falls_where_the_mask_decides() -> None:
    error = settled(haze(0.4), MASK, UNKNOWN_ALL).expected_error
    assert error is not None
    assert error[INSIDE] < 0.1
    assert error[50, 30] > 0.35


def test_a_mask_is_unsure_at_its_edge_and_where_it_is_soft() -> None:
    mask = MASK.copy()
    mask[45:56, 55:66] = 0.6
    error = expected_error(mask)
    assert error[50, 30] > 0.3
    assert error[INSIDE] > 0.3
    assert error[OUTSIDE] < 0.1


@dataclass
class Unsure:
    """A method that finds one half everywhere, and doubts it."""

    name: str = "unsure"
    strategy: None = None
    states_error: bool = True
    terms: None = None

    def matte(self, colours: Plane, trimap: Trimap, *, done: Share = None) -> Matte:
        return haze(0.5)


@pytest.mark.parametrize("band", [None, 12])
def test_a_soft_mask_decides_in_a_cut_out_unless_a_band_was_asked_for(band: float | None) -> None:
    photo = as_picture(np.full((*SIZE, 3), 128, np.uint8))
    mask = MASK.copy()
    mask[40:60, 45:75] = 0.75
    cut = cut_picture(photo, Mask(value=mask, band=band), Unsure(), clean=False)
    assert cut.trimap[INSIDE] == UNKNOWN
    assert (cut.alpha[INSIDE] > 0.8) == (band is None)
