"""Denoised pictures and both layers of photographs as files, and what is remembered of them."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mattekit.classical.foreground import estimate_layers
from mattekit.core.errors import BadData, BadOutput
from mattekit.core.types import Sample
from mattekit.data.augmentation.camera import add_noise, noise_field
from mattekit.imaging.files import read_image, write_alpha, write_image
from mattekit.preparation.manifest import MANIFEST, read_manifest
from mattekit.preparation.photographs import (
    Denoising,
    made_in_this_way,
    write_denoised,
    write_layers,
)
from mattekit.synthetic import scene


@pytest.fixture
def photo(tmp_path: Path, rng: np.random.Generator) -> Path:
    """A noisy grey picture."""
    clean = np.full((40, 48, 3), 0.5, np.float32)
    write_image(
        tmp_path / "in/photo.png", add_noise(clean, noise_field(clean.shape, 10 / 255, rng))
    )
    return tmp_path / "in/photo.png"


def test_the_noise_is_gone_and_the_photograph_is_as_it_was(photo: Path, tmp_path: Path) -> None:
    before = photo.read_bytes()
    write_denoised(photo, tmp_path / "out/photo.png", Denoising(), overwrite=False)
    assert read_image(tmp_path / "out/photo.png").std() < 0.3 * read_image(photo).std()
    assert photo.read_bytes() == before


def test_a_picture_counts_as_made_only_with_the_same_parameters_and_while_it_is_there(
    photo: Path, tmp_path: Path
) -> None:
    out, how = tmp_path / "out", Denoising(sigma=5)
    write_denoised(photo, out / "photo.png", how, overwrite=False)
    assert made_in_this_way(out, how) == {"photo.png"}
    for other in (
        Denoising(sigma=6),
        Denoising(sigma=5, bits=16),
        Denoising(method="bm3d", sigma=5),
    ):
        assert made_in_this_way(out, other) == set()
    (out / "photo.png").unlink()
    assert made_in_this_way(out, how) == set()


def test_the_last_entry_counts_when_a_picture_was_made_anew(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_denoised(photo, out / "photo.png", Denoising(sigma=5), overwrite=False)
    with pytest.raises(BadOutput, match="was not made by nlm with sigma 6; choose another folder"):
        write_denoised(photo, out / "photo.png", Denoising(sigma=6), overwrite=False)
    write_denoised(photo, out / "photo.png", Denoising(sigma=6), overwrite=True)
    assert made_in_this_way(out, Denoising(sigma=6)) == {"photo.png"}
    assert made_in_this_way(out, Denoising(sigma=5)) == set()


def test_bm3d_writes_its_licence_into_the_manifest_and_nlm_none(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = ModuleType("bm3d")
    stand_in.bm3d_rgb = lambda image, sigma: np.full(image.shape, sigma)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bm3d", stand_in)
    for name, how in (("a.png", Denoising()), ("b.png", Denoising(method="bm3d", sigma=51))):
        write_denoised(photo, tmp_path / "out" / name, how, overwrite=False)
    entries = {entry["file"]: entry for entry in read_manifest(tmp_path / "out")}
    assert "licence" not in entries["a.png"]
    assert "non-commercial" in entries["b.png"]["licence"]
    assert (entries["b.png"]["method"], entries["b.png"]["sigma"]) == ("bm3d", 51.0)
    np.testing.assert_allclose(read_image(tmp_path / "out/b.png"), 0.2, atol=0.002)


def test_a_manifest_that_a_crash_cut_short_keeps_its_whole_lines(
    photo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write_denoised(photo, out / "photo.png", Denoising(), overwrite=False)
    with (out / MANIFEST).open("a") as file:
        file.write('{"file": "half')
    assert made_in_this_way(out, Denoising()) == {"photo.png"}


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
