"""`mattekit composite`."""

from pathlib import Path

import numpy as np
import pytest
from cli.conftest import SIZE, Command

from mattekit.imaging.compose import over_linear
from mattekit.imaging.files import read_image, write_alpha, write_image


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    write_image(tmp_path / "white.png", np.ones((*SIZE, 3), np.float32))
    write_alpha(tmp_path / "half.png", np.full(SIZE, 0.5, np.float32), bits=16)
    write_image(tmp_path / "grey.png", np.full((20, 28, 3), 0.2, np.float32))
    return tmp_path


def test_half_of_white_on_black_is_grey(mattekit: Command, layers: Path) -> None:
    line = ("composite", layers / "white.png", layers / "half.png", "black")
    result = mattekit(*line, "-o", layers / "out.png")
    assert result.exit_code == 0, result.stderr
    assert read_image(layers / "out.png") == pytest.approx(0.5, abs=1 / 255)


def test_linear_light_gives_the_brighter_mixture(mattekit: Command, layers: Path) -> None:
    line = ("composite", layers / "white.png", layers / "half.png", "black", "--linear")
    mattekit(*line, "-o", layers / "out.png", "--bits", "16")
    ones = np.ones(3, np.float32)
    expected = over_linear(ones, np.full(3, 0.5, np.float32), 0 * ones)
    assert read_image(layers / "out.png")[0, 0].tolist() == pytest.approx(
        expected.tolist(), abs=1e-4
    )


def test_a_background_picture_is_fitted_to_the_size(mattekit: Command, layers: Path) -> None:
    line = ("composite", layers / "white.png", layers / "half.png", layers / "grey.png")
    mattekit(*line, "-o", layers / "out.png")
    assert read_image(layers / "out.png") == pytest.approx(0.6, abs=1 / 255)
    assert read_image(layers / "out.png").shape == (*SIZE, 3)


def test_sizes_that_differ_are_refused_and_nothing_is_written(
    mattekit: Command, layers: Path
) -> None:
    line = ("composite", layers / "grey.png", layers / "half.png", "black")
    result = mattekit(*line, "-o", layers / "out.png")
    assert result.exit_code == 1
    assert "28x20 and the alpha 56x40" in result.stderr
    assert not (layers / "out.png").exists()


def test_an_output_that_exists_is_kept(mattekit: Command, layers: Path) -> None:
    (layers / "out.png").write_text("mine")
    line = ("composite", layers / "white.png", layers / "half.png", "black")
    assert mattekit(*line, "-o", layers / "out.png").exit_code == 1
    assert (layers / "out.png").read_text() == "mine"
    assert mattekit(*line, "-o", layers / "white.png", "--overwrite").exit_code == 2
