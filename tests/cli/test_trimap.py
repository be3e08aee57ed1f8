"""`mattekit trimap`."""

from pathlib import Path

import numpy as np
import pytest
from cli.conftest import Command

from mattekit.core.types import BACKGROUND, UNKNOWN
from mattekit.imaging.files import read_alpha, read_trimap
from mattekit.imaging.trimap import make_trimap


def made(files: Path) -> np.ndarray:
    return read_trimap(files / "out" / "alpha.png")


def test_inner_and_outer_width_are_those_asked_for(mattekit: Command, files: Path) -> None:
    result = mattekit(
        "trimap", files / "alpha.png", "-o", files / "out", "--inner", 2, "--outer", 5
    )
    assert result.exit_code == 0, result.stderr
    assert (made(files) == make_trimap(read_alpha(files / "alpha.png"), 2, 5)).all()


@pytest.mark.parametrize("way", [["--random", 1, 6], ["--style", "legacy"]])
def test_a_drawn_width_depends_on_the_seed_alone(
    mattekit: Command, files: Path, way: list[object]
) -> None:
    found = []
    for seed in (1, 1, 2, 3, 4):
        line = ("trimap", files / "alpha.png", "-o", files / "out", "--overwrite", "--seed", seed)
        assert mattekit(*line, *way).exit_code == 0
        found.append(made(files))
    assert (found[0] == found[1]).all()
    assert any((found[0] != other).any() for other in found[2:])
    for trimap in found:
        alpha = read_alpha(files / "alpha.png")
        assert (trimap[(alpha > 0) & (alpha < 1)] == UNKNOWN).all()
        assert (trimap == BACKGROUND).any()


def test_a_mask_serves_as_well(mattekit: Command, files: Path) -> None:
    assert mattekit("trimap", files / "mask.png", "-o", files / "out").exit_code == 0
    assert read_trimap(files / "out" / "mask.png")[20, 28] != BACKGROUND


def test_a_negative_width_and_a_mixture_of_styles_are_refused(
    mattekit: Command, files: Path
) -> None:
    base = ("trimap", files / "alpha.png", "-o", files / "out")
    assert "give 0 or more" in mattekit(*base, "--inner", -1).stderr
    assert mattekit(*base, "--style", "legacy", "--random", 1, 2).exit_code == 2


def test_a_photo_in_colour_is_no_matte(mattekit: Command, files: Path) -> None:
    result = mattekit("trimap", files / "photo.png", "-o", files / "out")
    assert result.exit_code == 1
    assert "in colour" in result.stderr
