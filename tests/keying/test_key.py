"""A subject before a screen."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from keying.stages import SKIN, YELLOW, disc, filmed, two_halves, uneven

from mattekit.core.errors import BadImage, NoSubject
from mattekit.imaging.arrays import as_picture
from mattekit.imaging.compose import over, to_linear
from mattekit.imaging.files import open_picture, write_image
from mattekit.inference.load import load
from mattekit.keying.key import key, key_picture
from mattekit.keying.screen import fitted_plate, screen_colour
from mattekit.synthetic.screens import screen_scene

SIZE = (180, 240)
GREEN = (0.15, 0.75, 0.25)
WOOD = (0.54, 0.29, 0.13)


@pytest.mark.parametrize("screen", [GREEN, (0.1, 0.3, 0.8), (0.8, 0.1, 0.6), (0.1, 0.7, 0.75)])
def test_alpha_and_colours_are_found_before_an_uneven_screen_of_any_colour(
    screen: tuple[float, float, float],
) -> None:
    alpha, own = disc(SIZE), two_halves(SIZE) * np.float32([0.9, 0.9, 1.0])
    cut = key(filmed(own, alpha, uneven(screen, SIZE)))
    assert np.abs(cut.alpha - alpha).mean() < 0.004
    seen = alpha > 0.5
    assert np.abs(cut.foreground - own)[seen].mean() < 0.03


def test_hair_is_keyed_closer_than_a_difference_of_colours_tells() -> None:
    picture = screen_scene(1001, (240, 320), kind="hair")
    found = np.abs(key(picture.image).alpha - picture.alpha).sum()
    light = to_linear(picture.image)
    strong = light[..., 2] - light[..., :2].max(axis=2)
    plain = np.abs((1 - strong / np.median(strong[:20])).clip(0, 1) - picture.alpha).sum()
    assert found < 0.4 * plain


def test_smoke_of_which_no_pixel_is_opaque_keeps_its_own_colour() -> None:
    picture = screen_scene(6_000_006, (135, 240), kind="smoke")
    cut = key(picture.image)
    assert picture.alpha.max() < 0.8
    assert np.abs(cut.alpha - picture.alpha).mean() < 0.02
    assert np.abs(cut.foreground - picture.foreground)[picture.alpha > 0.1].mean() < 0.05


def test_the_plate_follows_the_shadow_of_the_subject() -> None:
    shade = 0.2 * disc(SIZE, radius=0.28, soft=20)[..., None]
    behind = uneven(GREEN, SIZE) * (1 - shade)
    light = to_linear(filmed(two_halves(SIZE), disc(SIZE, radius=0.12), behind, noise=0.005))
    plate = fitted_plate(light, screen_colour(light))
    beside = (disc(SIZE, radius=0.22) == 1) & (disc(SIZE, radius=0.15) == 0)
    assert np.abs(plate - to_linear(behind))[beside].mean() < 0.01


def test_despill_takes_the_green_off_grey_and_leaves_skin_and_yellow() -> None:
    alpha, own = disc(SIZE, radius=0.4), two_halves(SIZE)
    own[SIZE[0] // 2 :] = np.float32([0.5, 0.53, 0.5])
    photo = filmed(own, alpha, uneven(GREEN, SIZE), noise=0)
    clean, kept = key(photo).foreground, key(photo, despill=0).foreground
    middle = SIZE[1] // 2
    left, right = np.s_[75:85, middle - 40 : middle - 20], np.s_[75:85, middle + 20 : middle + 40]
    below = np.s_[110:130, middle : middle + 9]
    assert np.abs(clean[left] - SKIN).max() < 0.01
    assert np.abs(clean[right] - YELLOW).max() < 0.01
    assert (clean[below][..., 1] - clean[below][..., 0]).max() < 0.01
    assert (kept[below][..., 1] - kept[below][..., 0]).min() > 0.02


def test_light_above_white_stays_in_linear_light(tmp_path: Path) -> None:
    alpha = disc(SIZE)
    light = over(np.float32([4.0, 2.0, 1.0]), alpha[..., None], to_linear(uneven(GREEN, SIZE)))
    write_image(tmp_path / "bright.exr", light, bits=32, linear=True)
    cut = key_picture(open_picture(tmp_path / "bright.exr"))
    cut.save(tmp_path / "cut.exr", bits=32)
    read = open_picture(tmp_path / "cut.exr")
    assert np.abs(read.linear[90, 120] - [4, 2, 1]).max() < 0.01
    assert np.abs(read.alpha - alpha).mean() < 0.01
    edge = (alpha > 0.3) & (alpha < 0.9)
    assert np.abs(read.linear[edge] - [4, 2, 1]).mean() < 0.5


def test_masks_say_what_colours_do_not() -> None:
    alpha, own = disc(SIZE), two_halves(SIZE)
    own[80:100, 110:130] = uneven(GREEN, SIZE)[80:100, 110:130]
    photo = filmed(own, alpha, uneven(GREEN, SIZE))
    holdout, garbage = np.zeros(SIZE, np.bool_), np.zeros(SIZE, np.bool_)
    holdout[78:102, 108:132], garbage[:, 160:] = True, True
    assert key(photo).alpha[85:95, 115:125].max() < 0.1
    cut = key(photo, holdout=holdout, garbage=garbage)
    assert cut.alpha[85:95, 115:125].min() == 1
    assert cut.alpha[:, 160:].max() == 0


def test_specks_go_unless_they_are_asked_for() -> None:
    photo = filmed(two_halves(SIZE), disc(SIZE), uneven(GREEN, SIZE), noise=0)
    cv2.circle(photo, (30, 30), 3, (0.9, 0.2, 0.2), cv2.FILLED)
    assert key(photo, despeckle=60).alpha[20:40, 20:40].max() == 0
    assert key(photo, despeckle=0).alpha[30, 30] > 0.9


def test_the_photo_keeps_its_own_samples_inside_the_subject() -> None:
    photo = filmed(two_halves(SIZE), disc(SIZE), uneven(GREEN, SIZE))
    deep = np.rint(photo * 65535).astype(np.uint16)
    cut = key(deep)
    assert cut.colours.dtype == np.uint16
    assert (cut.colours[90, 110:130] == deep[90, 110:130]).all()


@pytest.mark.parametrize(
    ("photo", "options", "error", "sentence"),
    [
        (np.full((*SIZE, 3), 0.5, np.float32), {}, BadImage, "no screen was found"),
        (uneven(WOOD, SIZE), {}, BadImage, "as warm as skin"),
        (uneven(GREEN, SIZE), {}, NoSubject, "nothing stands out from the screen"),
        (uneven(GREEN, SIZE), {"screen_colour": "grey"}, BadImage, "nearly grey"),
        (uneven(GREEN, SIZE), {"screen_colour": "blue"}, BadImage, "near blue"),
        (uneven(GREEN, SIZE), {"plate": np.ones((9, 9, 3), np.float32)}, BadImage, "is 9x9"),
    ],
)  # fmt: skip
def test_what_cannot_be_keyed_is_refused_in_a_sentence(
    photo: np.ndarray, options: dict, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        key(photo, **options)


def test_a_warm_screen_is_one_where_it_is_named() -> None:
    photo = filmed(np.full((*SIZE, 3), 0.1, np.float32), disc(SIZE), uneven(WOOD, SIZE))
    cut = key(photo, screen_colour="#8a4a20")
    np.testing.assert_allclose(cut.alpha, disc(SIZE), atol=0.2)


@pytest.mark.slow
def test_a_network_that_corrects_estimates_is_given_the_plate() -> None:
    picture = screen_scene(1001, (120, 160), kind="hair")
    network = load()
    cut = key_picture(as_picture(picture.image), network=network)
    assert cut.model == network.name
    alone = np.abs(network.matte(picture.image, cut.trimap).alpha - picture.alpha).sum()
    assert np.abs(cut.alpha - picture.alpha).sum() < alone


def test_a_subject_with_much_of_the_screen_s_hue_is_kept_with_a_remark() -> None:
    away = np.hypot(*(np.indices((120, 120)) - 60))[..., None]
    photo = np.where(away < 42, np.uint8([200, 60, 40]), np.uint8([40, 180, 60]))
    photo = np.where(away < 27, np.uint8([110, 130, 50]), photo)
    cut = key(photo)
    assert (cut.alpha[away[..., 0] < 38] == 1).all()
    assert any("% of the subject has something of the screen's colour" in w for w in cut.warnings)
