"""Composites against the published rules written down once more, a pixel at a time."""

import math
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
from imaging.icc import PROPHOTO, gamma_curve, matrix_profile

from mattekit.core.errors import BadImage
from mattekit.core.types import Plane
from mattekit.data.compositing import (
    RULES,
    behind,
    composite,
    read_colours,
    read_matte,
)
from mattekit.imaging.files import open_picture
from mattekit.imaging.picture import to_depth
from mattekit.synthetic import background_picture, scene

SIZES = {"smaller": (37, 30), "narrow": (90, 31), "larger": (120, 150), "same": (61, 47)}


def adobe(foreground: Plane, alpha: Plane, background: Plane) -> Plane:
    """Pillow's bicubic to ceil(x r), the top left corner, Python's own floats, int()."""
    height, width = alpha.shape
    picture = PIL.Image.fromarray(background)
    ratio = max(width / picture.width, height / picture.height)
    if ratio > 1:
        size = math.ceil(picture.width * ratio), math.ceil(picture.height * ratio)
        picture = picture.resize(size, PIL.Image.Resampling.BICUBIC)
    picture = picture.crop((0, 0, width, height))
    pixels = picture.load()
    for y in range(height):
        for x in range(width):
            a = int(alpha[y, x]) / 255
            front = [int(value) for value in foreground[y, x]]
            pixels[x, y] = tuple(
                int(f * a + b * (1 - a)) for f, b in zip(front, pixels[x, y], strict=True)
            )
    return np.asarray(picture)


def dim_2019(foreground: Plane, alpha: Plane, background: Plane) -> Plane:
    """OpenCV's bilinear to int(x r + 1), the top left corner, double floats, rounded."""
    height, width = alpha.shape
    ratio = max(height / background.shape[0], width / background.shape[1])
    if ratio > 1:
        size = int(background.shape[1] * ratio + 1), int(background.shape[0] * ratio + 1)
        background = cv2.resize(background, size, interpolation=cv2.INTER_LINEAR)
    background = background[:height, :width].astype(np.float64)
    a = np.repeat(alpha[:, :, None], 3, axis=2) / 255.0
    return np.rint(foreground * a + background * (1 - a)).astype(np.uint8)


def alphagan_2020(foreground: Plane, alpha: Plane, background: Plane) -> Plane:
    """OpenCV's bicubic to ceil(x r), the top left corner, single floats, truncated."""
    height, width = alpha.shape
    ratio = max(height / background.shape[0], width / background.shape[1])
    if ratio > 1:
        size = math.ceil(background.shape[1] * ratio), math.ceil(background.shape[0] * ratio)
        background = cv2.resize(background, size, interpolation=cv2.INTER_CUBIC)
    background = background[:height, :width].astype(np.float32)
    a = np.repeat(alpha[:, :, None], 3, axis=2).astype(np.float32) / np.float32(255)
    mixed = a * foreground.astype(np.float32) + (np.float32(1) - a) * background
    return mixed.astype(np.uint8)


REFERENCES = {"adobe": adobe, "dim-2019": dim_2019, "alphagan-2020": alphagan_2020}


def planes(size: tuple[int, int], seed: int) -> tuple[Plane, Plane, Plane]:
    """A foreground and its alpha of 61x47, with all values of alpha, and a background."""
    picture = scene(seed, (61, 47), kind="hair")
    alpha = to_depth(picture.alpha, 8).copy()
    alpha.ravel()[:256] = np.arange(256)
    background = background_picture(np.random.default_rng(seed), size)
    return to_depth(picture.foreground, 8), alpha, to_depth(background, 8)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("preset", REFERENCES)
def test_every_preset_is_its_reference_byte_for_byte(preset: str, size: tuple[int, int]) -> None:
    for seed in range(3):
        given = planes(size, seed)
        assert (composite(*given, RULES[preset]) == REFERENCES[preset](*given)).all()


def test_equal_colours_are_kept_or_lost_as_the_published_floats_have_it() -> None:
    grey = np.full((16, 16, 3), 100, np.uint8)
    alpha = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for preset, reference in REFERENCES.items():
        ours = composite(grey, alpha, grey, RULES[preset])
        assert (ours == reference(grey, alpha, grey)).all()
        assert ((ours == 100).all()) == (preset == "dim-2019")


def test_the_presets_differ_from_each_other_where_a_background_is_enlarged() -> None:
    given = planes(SIZES["smaller"], 0)
    made = [composite(*given, rule) for rule in RULES.values()]
    assert all((made[i] != made[j]).any() for i, j in ((0, 1), (0, 2), (1, 2)))


def test_a_larger_background_gives_its_top_left_corner_untouched() -> None:
    background = planes((120, 150), 1)[2]
    for rule in RULES.values():
        assert (behind(background, (61, 47), rule) == background[:61, :47]).all()


def test_the_inputs_stay_as_they_are() -> None:
    given = planes((61, 47), 2)
    copies = [plane.copy() for plane in given]
    composite(*given, RULES["adobe"])
    assert all((plane == copy).all() for plane, copy in zip(given, copies, strict=True))


def test_the_colours_of_a_file_are_those_that_programs_without_colour_management_see(
    tmp_path: Path,
) -> None:
    colours = planes((61, 47), 3)[2]
    profile = matrix_profile(PROPHOTO, gamma_curve(1.8))
    PIL.Image.fromarray(colours).save(tmp_path / "a.png", icc_profile=profile)
    assert (read_colours(tmp_path / "a.png") == colours).all()
    assert (open_picture(tmp_path / "a.png").colours != colours).any()


def test_an_alpha_of_another_size_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    PIL.Image.new("L", (47, 61)).save(tmp_path / "alpha.png")
    with pytest.raises(BadImage, match="is empty: no pixel is foreground"):
        read_matte(tmp_path / "alpha.png", (61, 47))
    with pytest.raises(BadImage, match="is 47x61 and its foreground 61x47"):
        read_matte(tmp_path / "alpha.png", (47, 61))


def test_every_value_of_an_8_bit_alpha_is_read_as_it_is(tmp_path: Path) -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    PIL.Image.fromarray(values).save(tmp_path / "alpha.png")
    assert (read_matte(tmp_path / "alpha.png", (16, 16)) == values).all()
