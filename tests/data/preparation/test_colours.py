"""Both layers of photographs as files."""

from pathlib import Path

import numpy as np
import pytest

from mattekit.classical.foreground import estimate_foreground, estimate_layers
from mattekit.core.errors import BadData
from mattekit.core.types import Image, Sample
from mattekit.data.preparation.colours import write_layers
from mattekit.data.preparation.manifest import read_manifest
from mattekit.imaging.compose import over
from mattekit.imaging.files import read_image, write_alpha, write_image
from mattekit.synthetic import scene

METHODS = ("multilevel", "closed-form", "levin")


@pytest.fixture
def picture() -> Sample:
    return scene(5, (96, 112), kind="hair")


def error(estimate: Image, true: Image, picture: Sample) -> float:
    weight = (picture.alpha * over(0, picture.alpha, 1))[..., None]
    return float((weight * np.abs(estimate - true)).sum() / weight.sum() / 3)


@pytest.mark.parametrize("method", METHODS)
def test_both_layers_come_nearer_to_the_truth_than_the_photo_is(
    picture: Sample, method: str
) -> None:
    foreground, background = estimate_layers(picture.image, picture.alpha, method=method)
    assert picture.foreground is not None
    assert picture.background is not None
    for estimate, true in ((foreground, picture.foreground), (background, picture.background)):
        assert error(estimate, true, picture) < 0.6 * error(picture.image, true, picture)


def test_the_foreground_is_that_of_estimate_foreground_and_sure_pixels_keep_the_photo(
    picture: Sample,
) -> None:
    foreground, background = estimate_layers(picture.image, picture.alpha)
    assert (foreground == estimate_foreground(picture.image, picture.alpha)).all()
    opaque, empty = picture.alpha == 1, picture.alpha == 0
    assert (foreground[opaque] == picture.image[opaque]).all()
    assert (background[empty] == picture.image[empty]).all()


def test_the_files_are_named_as_am2k_has_them_and_the_manifest_tells_the_method(
    picture: Sample, tmp_path: Path
) -> None:
    write_image(tmp_path / "original/m_1.png", picture.image)
    write_alpha(tmp_path / "mask/m_1.png", picture.alpha)
    write_layers(tmp_path / "original/m_1.png", tmp_path / "mask/m_1.png", tmp_path, method="levin")
    layers = estimate_layers(
        read_image(tmp_path / "original/m_1.png"), picture.alpha, method="levin"
    )
    for folder, layer in zip(("fg", "bg"), layers, strict=True):
        assert np.abs(read_image(tmp_path / folder / "m_1.png") - layer).mean() < 0.01
    (entry,) = read_manifest(tmp_path)
    assert (entry["fg"], entry["bg"], entry["method"]) == ("fg/m_1.png", "bg/m_1.png", "levin")


def test_an_empty_alpha_and_one_of_another_size_are_refused_with_their_names(
    picture: Sample, tmp_path: Path
) -> None:
    write_image(tmp_path / "a.png", picture.image)
    for alpha, sentence in (
        (np.zeros((96, 112), np.float32), r"alpha of .*b\.png is empty"),
        (np.ones((90, 112), np.float32), r"b\.png is 112x90"),
    ):
        write_alpha(tmp_path / "b.png", alpha)
        with pytest.raises(BadData, match=sentence):
            write_layers(tmp_path / "a.png", tmp_path / "b.png", tmp_path, method="none")
    assert not (tmp_path / "fg").exists()
