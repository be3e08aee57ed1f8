"""`mattekit foreground`."""

from pathlib import Path

import numpy as np
import pytest
from cli.conftest import Command

from mattekit.imaging.files import read_alpha, read_image


@pytest.mark.parametrize("method", ["multilevel", "closed-form", "levin"])
def test_the_colours_at_the_edge_are_those_of_the_subject(
    mattekit: Command, files: Path, method: str
) -> None:
    result = mattekit(
        "foreground", files / "photo.png", files / "alpha.png", "-o", files / "clean.png",
        "--method", method,
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    alpha = read_alpha(files / "alpha.png")
    soft = (alpha > 0.2) & (alpha < 0.9)
    assert np.abs(read_image(files / "clean.png")[soft] - [0.9, 0.5, 0.1]).mean() < 0.05


def test_method_none_gives_the_photo(mattekit: Command, files: Path) -> None:
    mattekit(
        "foreground", files / "photo.png", files / "alpha.png", "-o", files / "out" / "same.tif",
        "--method", "none",
    )  # fmt: skip
    assert (read_image(files / "out" / "same.tif") == read_image(files / "photo.png")).all()


def test_folders_go_with_folders(mattekit: Command, files: Path) -> None:
    for folder, source in (("photos", "photo.png"), ("alphas", "alpha.png")):
        (files / folder).mkdir()
        for name in ("one", "two"):
            (files / folder / f"{name}.png").write_bytes((files / source).read_bytes())
    result = mattekit(
        "foreground", files / "photos", files / "alphas", "-o", files / "out", "--rgba"
    )
    assert result.exit_code == 0, result.stderr
    assert read_alpha(files / "out" / "two.png").min() == 0


def test_sizes_that_differ_are_refused(mattekit: Command, files: Path) -> None:
    result = mattekit("foreground", files / "photo.png", files / "hills.png", "-o", files / "x.png")
    assert result.exit_code == 1
    assert "56x40 and the alpha 80x30" in result.stderr
    assert not (files / "x.png").exists()
