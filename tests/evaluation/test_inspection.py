"""Faults put into a clean cut-out on purpose are found, and the clean one is left in peace."""

import numpy as np
import pytest

from mattekit.core.errors import BadImage
from mattekit.evaluation.inspection import SOLID, VISIBLE_HALO, Inspection, inspect_cutout
from mattekit.evaluation.pictures import inspection_picture
from mattekit.imaging.compose import over, premultiply
from mattekit.synthetic.scene import scene

SIZE = (160, 200)
SUBJECT = np.array([0.7, 0.35, 0.2], np.float32)


def soft_disc(width: float = 8) -> np.ndarray:
    y, x = np.indices(SIZE)
    return np.clip((60 - np.hypot(y - 80, x - 100)) / width + 0.5, 0, 1).astype(np.float32)


def textured(rng: np.random.Generator) -> np.ndarray:
    noise = rng.normal(0, 0.04, (*SIZE, 3)).astype(np.float32)
    return np.clip(SUBJECT + noise, 0, 1)


@pytest.fixture
def colours(rng: np.random.Generator) -> np.ndarray:
    return textured(rng)


def test_a_clean_cut_out_has_no_findings(colours: np.ndarray) -> None:
    inspection = inspect_cutout(colours, soft_disc())
    assert inspection.findings == ()
    assert inspection.halo is not None
    assert inspection.halo < 0.03
    assert inspection.scores["holes"] == inspection.scores["specks"] == 0


@pytest.mark.parametrize("background", [(0.1, 0.3, 0.9), (1.0, 1.0, 1.0), (0.05, 0.1, 0.0)])
def test_colours_of_the_photo_left_in_the_edge_are_a_halo_of_their_distance(
    colours: np.ndarray, background: tuple[float, float, float]
) -> None:
    alpha = soft_disc()
    behind = np.array(background, np.float32)
    photo = over(colours, alpha[..., None], behind)
    inspection = inspect_cutout(photo, alpha)
    distance = float(np.sqrt(np.square(behind - SUBJECT).mean()))
    assert inspection.halo == pytest.approx(distance, rel=0.1)
    assert "the edge holds the old background" in inspection.findings[0]
    assert inspection.halo_map[soft_disc() > 0.99].max() == 0
    assert "mattekit foreground replaces those of an old background" in inspection.findings[0]


def test_a_background_of_the_subjects_own_colour_leaves_no_halo(colours: np.ndarray) -> None:
    alpha = soft_disc()
    photo = over(colours, alpha[..., None], SUBJECT)
    assert inspect_cutout(photo, alpha).findings == ()


def test_premultiplied_colours_are_told_from_a_halo(colours: np.ndarray) -> None:
    alpha = soft_disc()
    inspection = inspect_cutout(premultiply(colours, alpha), alpha)
    assert inspection.premultiplied
    assert len(inspection.findings) == 1
    assert "multiplied by alpha" in inspection.findings[0]


def test_a_dark_subject_is_not_taken_for_premultiplied() -> None:
    dark = np.full((*SIZE, 3), 0.02, np.float32)
    assert not inspect_cutout(dark, soft_disc()).premultiplied


def test_small_holes_and_specks_are_counted_and_larger_openings_are_not(
    colours: np.ndarray,
) -> None:
    alpha = soft_disc()
    alpha[78:81, 98:101] = 0
    alpha[55:57, 85:87] = 0.3
    alpha[108:124, 90:115] = 0  # an opening, such as between arm and body
    alpha[8:10, 8:10] = 1
    inspection = inspect_cutout(colours, alpha)
    assert (inspection.holes, inspection.specks) == (2, 1)
    assert np.argwhere(inspection.speck_map).tolist() == [[8, 8], [8, 9], [9, 8], [9, 9]]
    assert inspection.hole_map.sum() == 9 + 4
    assert "2 small holes" in inspection.findings[0]
    assert "1 speck apart" in inspection.findings[1]


def test_a_mask_has_hard_edges_and_a_matte_has_not(colours: np.ndarray) -> None:
    mask = (soft_disc() > 0.5).astype(np.float32)
    inspection = inspect_cutout(colours, mask)
    assert inspection.hard_edges == 1
    assert inspection.hard_map.any()
    assert "hard as in a mask" in inspection.findings[-1]
    assert inspect_cutout(colours, soft_disc(width=1.5)).hard_edges < 0.5


def test_an_inside_that_is_not_solid_is_said(colours: np.ndarray) -> None:
    alpha = soft_disc()
    alpha[70:90, 90:110] = 0.7
    inspection = inspect_cutout(colours, alpha)
    assert inspection.see_through > 0.01
    assert any("inside is not solid" in finding for finding in inspection.findings)


@pytest.mark.parametrize("opacity", [0.7, 0.3])
def test_without_a_solid_part_the_halo_is_not_judged(colours: np.ndarray, opacity: float) -> None:
    inspection = inspect_cutout(colours, soft_disc() * np.float32(opacity))
    assert inspection.halo is None
    assert inspection.hard_edges == 0


@pytest.mark.slow
def test_on_scenes_clean_colours_pass_and_those_of_the_photo_do_not() -> None:
    judged = clean = dirty = multiplied = 0
    for seed in range(30):
        picture = scene(seed, 300)
        assert picture.foreground is not None
        if picture.alpha.min() > SOLID:
            continue
        if inspect_cutout(picture.foreground, picture.alpha).halo is None:
            continue
        judged += 1
        planes = picture.foreground, picture.image, premultiply(picture.foreground, picture.alpha)
        found = [inspect_cutout(colours, picture.alpha) for colours in planes]
        clean += found[0].halo > VISIBLE_HALO or found[0].premultiplied
        dirty += found[1].halo > VISIBLE_HALO
        multiplied += found[2].premultiplied
    assert judged > 15
    assert clean <= 0.25 * judged  # defocused subjects whose own colours change towards the edge
    assert dirty >= 0.8 * judged
    assert multiplied >= 0.8 * judged


@pytest.mark.parametrize(("value", "said"), [(0.0, "is empty"), (1.0, "nothing is cut out")])
def test_empty_and_opaque_cut_outs_are_refused(
    colours: np.ndarray, value: float, said: str
) -> None:
    with pytest.raises(BadImage, match=said):
        inspect_cutout(colours, np.full(SIZE, value, np.float32))


def test_the_picture_shows_both_grounds_and_marks_in_their_colours(colours: np.ndarray) -> None:
    alpha = soft_disc()
    alpha[78:81, 98:101] = 0
    inspection: Inspection = inspect_cutout(colours, alpha)
    picture = inspection_picture(colours, alpha, inspection)
    height, width = SIZE
    assert picture.shape[1] == 3 * width
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[0, width].tolist() == [1, 1, 1]
    assert picture[79, 2 * width + 99].tolist() == pytest.approx([1.0, 0.2, 0.3])
    assert picture[height:].max() > 0.5  # the names below


def test_large_holes_and_loose_pieces_are_counted() -> None:
    rows, columns = np.indices((200, 300))
    alpha = (np.hypot(rows - 100, columns - 120) < 80).astype(np.float32)
    alpha[80:110, 100:140] = 0  # a spoon
    alpha[20:40, 240:270] = 1
    alpha[150:180, 250:280] = 1
    colours = np.full((200, 300, 3), 0.5, np.float32)
    found = inspect_cutout(colours, alpha)
    assert (found.large_holes, found.loose_pieces) == (1, 2)
    assert any("1 large hole inside" in text for text in found.findings)
    assert any("2 loose pieces" in text for text in found.findings)
    alpha[80:110, 100:140] = 1
    alpha[:, 220:] = 0
    whole = inspect_cutout(colours, alpha)
    assert (whole.large_holes, whole.loose_pieces) == (0, 0)
