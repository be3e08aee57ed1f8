"""Cut-outs handed over to other programs, read back by those programs' libraries."""

from pathlib import Path

import numpy as np
import OpenEXR as PyOpenEXR
import psd_tools
import pytest
import tifffile
from typer.testing import CliRunner, Result

from mattekit.cli.main import app
from mattekit.core.types import Sample
from mattekit.imaging.compose import to_linear
from mattekit.imaging.files import open_picture, read_alpha, read_image, write_image, write_trimap
from mattekit.synthetic.scene import scene

PHOTO = ("photo.png", "--trimap", "trimap.png", "--model", "closed-form")


@pytest.fixture(scope="module")
def sample() -> Sample:
    return scene(1, (64, 80))


@pytest.fixture
def desk(sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_image(tmp_path / "photo.png", sample.image, bits=16)
    write_trimap(tmp_path / "trimap.png", sample.trimap)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def cut(*words: str) -> Result:
    return CliRunner().invoke(app, ["cutout", *PHOTO, *words])


def shown(layer: psd_tools.api.layers.Layer) -> np.ndarray:
    """Colours, as 8 bits."""
    return np.round(255 * layer.numpy()[..., :3]).astype(int)


@pytest.mark.slow
def test_a_psd_holds_the_photo_hidden_and_the_subject_behind_its_mask(desk: Path) -> None:
    assert cut("-o", "cat.psd").exit_code == 0
    assert cut("--save", "alpha,foreground").exit_code == 0
    document = psd_tools.PSDImage.open(desk / "cat.psd")
    photo, subject = document
    assert (document.depth, document.size) == (8, (80, 64))
    assert [(layer.name, layer.visible) for layer in document] == [
        ("photo", False),
        ("subject", True),
    ]
    assert np.abs(shown(photo) - 255 * read_image(desk / "photo.png")).max() <= 0.51
    foreground = read_image(desk / "cutouts" / "photo-foreground.png")
    assert np.array_equal(shown(subject), np.round(255 * foreground))
    alpha = read_alpha(desk / "cutouts" / "photo-alpha.png")
    assert np.array_equal(np.asarray(subject.mask.topil()), np.round(255 * alpha))
    assert psd_tools.constants.Resource.ICC_PROFILE in document.image_resources


def test_at_16_bits_the_transparency_is_part_of_the_layer(desk: Path) -> None:
    assert cut("-o", "cat.psd", "--bits", "16").exit_code == 0
    assert cut("-o", "cat.png", "--bits", "16").exit_code == 0
    _, subject = psd_tools.PSDImage.open(desk / "cat.psd")
    expected = open_picture(desk / "cat.png").alpha
    assert np.array_equal(np.round(65535 * subject.numpy()[..., 3]), expected)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_tiff_holds_the_cut_out_first_and_then_the_photo(desk: Path, bits: int) -> None:
    result = cut("--save", "rgba,layers", "--format", "tiff", "--bits", str(bits))
    assert result.exit_code == 0
    with tifffile.TiffFile(desk / "cutouts" / "photo-layers.tif") as file:
        names = [page.tags["PageName"].value for page in file.pages]
        pages = [page.asarray() for page in file.pages]
    assert names == ["subject", "photo"]
    assert [page.shape for page in pages] == [(64, 80, 4), (64, 80, 3)]
    alone, first = (
        open_picture(desk / "cutouts" / name) for name in ("photo.tif", "photo-layers.tif")
    )
    assert np.array_equal(first.colours, alone.colours)
    assert np.array_equal(first.alpha, alone.alpha)
    assert first.bits == bits


def test_a_cropped_cut_out_leaves_the_photo_out(desk: Path) -> None:
    assert cut("-o", "cat.psd", "--square", "--longest", "32").exit_code == 0
    assert [layer.name for layer in psd_tools.PSDImage.open(desk / "cat.psd")] == ["subject"]


def test_a_psd_is_layers_alone(desk: Path) -> None:
    result = cut("-o", "cat.psd", "--save", "rgba,layers")
    assert result.exit_code == 2
    assert "a PSD holds layers and nothing else" in result.stderr
    assert not (desk / "cat.psd").exists()


def test_an_exr_has_the_channels_and_the_premultiplied_light_that_nuke_and_blender_expect(
    desk: Path,
) -> None:
    assert cut("-o", "cat.exr").exit_code == 0
    assert cut("--save", "foreground,alpha", "--bits", "16").exit_code == 0
    file = PyOpenEXR.File(str(desk / "cat.exr"), separate_channels=True)
    channels = {name: channel.pixels for name, channel in file.channels().items()}
    assert set(channels) == {"R", "G", "B", "A"}
    assert {pixels.dtype for pixels in channels.values()} == {np.dtype(np.float16)}
    assert "chromaticities" not in file.header()  # without them the primaries are Rec. 709
    colours = np.dstack([channels[name] for name in "RGB"]).astype(np.float32)
    alpha = channels["A"].astype(np.float32)[..., None]
    foreground = to_linear(read_image(desk / "cutouts" / "photo-foreground.png"))
    exact = read_alpha(desk / "cutouts" / "photo-alpha.png")[..., None]
    merged = colours + 0.18 * (1 - alpha)  # Nuke's Merge (over), Blender's Alpha Over
    assert np.abs(merged - (foreground * exact + 0.18 * (1 - exact))).max() < 2e-3
