"""Both layers of photographs as files."""

from pathlib import Path

import numpy as np
import pytest

from mattekit.classical.foreground import estimate_layers
from mattekit.core.errors import BadData
from mattekit.core.types import Sample
from mattekit.imaging.files import read_image, write_alpha, write_image
from mattekit.preparation.manifest import read_manifest
from mattekit.preparation.photographs import write_layers
from mattekit.synthetic import scene


@pytest.fixture
def picture() -> Sample:
    return scene(5, (96, 112), kind="hair")


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
