"""Segmenters of users: how a picture is shown to a network, and what its output means."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import subject.drawn_networks as drawn

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.core.prompt import Prompt
from mattekit.core.types import Plane
from mattekit.models.registry import InputConfig, OutputConfig
from mattekit.subject.finding import open_segmenter
from mattekit.subject.segmenters import PromptedPair, arrange

NOTHING = Prompt()


@pytest.fixture
def photo() -> Plane:
    """48x64, black, with a white square of 16 from row 16, column 32."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[16:32, 32:48] = 255
    return image


def described(path: Path, text: str) -> str:
    path.with_suffix(".yaml").write_text(text)
    return str(path)


@pytest.mark.parametrize("fit", ["squash", "letterbox", "corner", "longest", "multiple"])
def test_the_mask_lies_where_the_subject_is(tmp_path: Path, photo: Plane, fit: str) -> None:
    name = described(drawn.grey(tmp_path / "net.onnx"), f"size: [96, 128]\nfit: {fit}\n")
    mask = open_segmenter(name).segment(photo, NOTHING).mask
    assert mask.shape == (48, 64)
    assert ((mask > 0.5) == (photo[..., 0] > 127)).mean() > 0.98


def test_letterbox_pads_and_the_padding_is_cut_off(photo: Plane) -> None:
    values, placed = arrange(photo, InputConfig(size=(64, 64), fit="letterbox"))
    assert values.shape == (3, 64, 64)
    assert not values[:, :8].any()
    assert not values[:, 56:].any()
    assert (placed.top, placed.bottom, placed.left, placed.right) == (0.125, 0.875, 0, 1)


def test_multiple_scales_the_shorter_side_and_rounds_both() -> None:
    image = np.zeros((100, 230, 3), np.uint8)
    values, _ = arrange(image, InputConfig(size=(64, 64), fit="multiple", multiple=32))
    assert values.shape == (3, 64, 160)


def test_scale_comes_before_mean_and_std_and_bits_do_not_matter() -> None:
    how = InputConfig(size=(4, 4), mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))
    for white in (np.uint8(255), np.uint16(65535), np.float32(1)):
        values, _ = arrange(np.full((4, 4, 3), white), how)
        assert np.allclose(values[:, 0, 0], [1, 3, 0.5], atol=1e-6)


def test_a_network_of_rows_and_channels_last(tmp_path: Path, photo: Plane) -> None:
    path = drawn.grey_of_rows(tmp_path / "net.onnx")
    name = described(path, "size: [48, 64]\nlayout: hwc\n")
    mask = open_segmenter(name).segment(photo, NOTHING).mask
    assert (mask == photo[..., 0] / 255).all()


@pytest.mark.parametrize(
    ("network", "activation", "white"),
    [
        (drawn.grey, "none", 1.0),
        (drawn.grey, "sigmoid", 1 / (1 + np.exp(-1.0))),
        (drawn.two_classes, "softmax", 1 / (1 + np.exp(-1.0))),
    ],
)
def test_activations(
    tmp_path: Path,
    photo: Plane,
    network: Callable[[Path], Path],
    activation: str,
    white: float,
) -> None:
    name = described(network(tmp_path / "n.onnx"), f"size: [48, 64]\nactivation: {activation}\n")
    mask = open_segmenter(name).segment(photo, NOTHING).mask
    assert mask[20, 40] == pytest.approx(white, abs=1e-5)


def test_stretch_reaches_0_and_1_but_leaves_an_even_output(tmp_path: Path, photo: Plane) -> None:
    path = drawn.grey(tmp_path / "net.onnx")
    segmenter = open_segmenter(described(path, "size: [48, 64]\nstretch: true\n"))
    dim = segmenter.segment(photo // 4 + 20, NOTHING).mask
    assert (dim.min(), dim.max()) == (0, 1)
    assert np.ptp(segmenter.segment(np.full_like(photo, 90), NOTHING).mask) == 0


@pytest.mark.parametrize("which", ["nothing", "1"])
def test_the_output_is_chosen_by_name_or_number(tmp_path: Path, photo: Plane, which: str) -> None:
    path = drawn.grey(tmp_path / "net.onnx")
    name = described(path, f"size: [48, 64]\noutput: {which}\n")
    assert not open_segmenter(name).segment(photo, NOTHING).mask.any()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("output: alpha", "has no output 'alpha'; it has mask, nothing"),
        ("output: 7", "has 2 outputs; there is no number 7"),
        ("activation: softmax", "softmax needs one per class"),
    ],
)
def test_an_output_that_does_not_fit_is_said(
    tmp_path: Path, photo: Plane, line: str, sentence: str
) -> None:
    name = described(drawn.grey(tmp_path / "net.onnx"), f"size: [48, 64]\n{line}\n")
    with pytest.raises(BadWeights, match=sentence):
        open_segmenter(name).segment(photo, NOTHING)


def test_an_output_of_no_numbers_is_refused(tmp_path: Path, photo: Plane) -> None:
    name = described(drawn.grey(tmp_path / "net.onnx"), "size: [48, 64]\nscale: .nan\n")
    with pytest.raises(BadWeights, match="values that are not numbers"):
        open_segmenter(name).segment(photo, NOTHING)


def test_with_a_box_the_network_sees_its_surroundings_and_the_rest_is_background(
    tmp_path: Path, photo: Plane
) -> None:
    photo[:, :8] = 255  # another bright thing
    name = described(drawn.grey(tmp_path / "net.onnx"), "size: [32, 32]\n")
    mask = open_segmenter(name).segment(photo, Prompt(box=(28, 12, 24, 24))).mask
    assert mask[24, 40] == 1
    assert not mask[:, :28].any()


def test_a_box_outside_of_the_photo_is_refused(tmp_path: Path, photo: Plane) -> None:
    name = described(drawn.grey(tmp_path / "net.onnx"), "size: [32, 32]\n")
    with pytest.raises(BadArgument, match="lies outside of the photo of 64x48"):
        open_segmenter(name).segment(photo, Prompt(box=(80, 0, 5, 5)))


def open_pair(folder: Path, fit: str = "longest") -> PromptedPair:
    how = InputConfig(size=(drawn.SIDE, drawn.SIDE), fit=fit, layout="hwc", scale=1.0)
    return PromptedPair("pair", drawn.pair(folder), how, OutputConfig(activation="sigmoid"), None)


@pytest.mark.parametrize("fit", ["longest", "squash"])
def test_a_point_reaches_the_decoder_in_its_own_frame(tmp_path: Path, fit: str) -> None:
    square = np.zeros((128, 128, 3), np.uint8)
    mask = open_pair(tmp_path, fit).segment(square, Prompt(on=((96.0, 32.0),))).mask
    rows, columns = np.nonzero(mask > 0.5)
    assert (rows.mean(), columns.mean()) == pytest.approx((32, 96), abs=1.5)
    assert mask.shape == (128, 128)
    assert len(rows) == pytest.approx(np.pi * 24**2, rel=0.06)  # the best of three, not the first


def test_a_box_reaches_the_decoder_as_two_corners(tmp_path: Path) -> None:
    square = np.zeros((128, 128, 3), np.uint8)
    mask = open_pair(tmp_path).segment(square, Prompt(box=(32, 48, 64, 24))).mask > 0.5
    rows, columns = np.nonzero(mask)
    assert (rows.min(), columns.min()) == pytest.approx((48, 32), abs=3)
    assert (rows.max(), columns.max()) == pytest.approx((71, 95), abs=3)


def test_a_pair_asks_for_a_point(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="give --point X,Y or --box"):
        open_pair(tmp_path).segment(np.zeros((8, 8, 3), np.uint8), NOTHING)


def test_names_that_cannot_be_opened_say_what_to_do(tmp_path: Path) -> None:
    for name, sentence in {
        "u2netp": "not installed; run: mattekit models get u2netp",
        "vitmatte-s": "use it as --model",
        "no-such": "no model 'no-such' is registered; there are u2netp",
        str(tmp_path / "gone.onnx"): "there is no file",
    }.items():
        with pytest.raises(BadArgument, match=sentence):
            open_segmenter(name)
    (tmp_path / "bad.onnx").write_bytes(b"no network")
    with pytest.raises(BadWeights, match="cannot be run as an ONNX network"):
        open_segmenter(described(tmp_path / "bad.onnx", "size: [8, 8]"))


def test_commercial_only_refuses_what_does_not_plainly_allow_it(tmp_path: Path) -> None:
    path = drawn.grey(tmp_path / "net.onnx")
    with pytest.raises(BadArgument, match="refused by --commercial-only: nobody states its terms"):
        open_segmenter(described(path, "size: [8, 8]"), commercial_only=True)
    open_segmenter(
        described(
            path,
            "size: [8, 8]\n"
            "licence: {code: MIT, weights: MIT, data: my own pictures, commercial: yes}\n",
        ),
        commercial_only=True,
    )
    with pytest.raises(BadArgument, match="bria-rmbg is refused"):
        open_segmenter("bria-rmbg", commercial_only=True)
