"""Clean colours."""

import numpy as np
import pytest

from mattekit.classical import foreground as module
from mattekit.classical.foreground import estimate_foreground, estimate_layers
from mattekit.core.errors import BadArgument, BadImage
from mattekit.core.types import Image, Sample
from mattekit.imaging.picture import to_depth

METHODS = ("multilevel", "closed-form", "levin")


def error(estimate: Image, strands: Sample) -> float:
    """Mean |F - F_true|, weighted by how much of both layers a pixel shows."""
    weight = (strands.alpha * (1 - strands.alpha))[..., None]
    difference = np.abs(estimate - strands.foreground)
    return float((weight * difference).sum() / weight.sum() / 3)


@pytest.mark.parametrize("method", METHODS)
def test_colours_come_at_least_four_times_nearer_than_the_photo_itself(
    strands: Sample, method: str
) -> None:
    ours = estimate_foreground(strands.image, strands.alpha, method=method)
    assert error(ours, strands) < 0.25 * error(strands.image, strands)


@pytest.mark.slow
def test_multilevel_is_no_worse_than_that_of_pymatting(strands: Sample) -> None:
    from pymatting import estimate_foreground_ml

    theirs = estimate_foreground_ml(
        strands.image, strands.alpha, n_big_iterations=10, gradient_weight=0.1
    )
    ours = estimate_foreground(strands.image, strands.alpha)
    assert error(ours, strands) < 1.02 * error(theirs, strands)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 3)])
def test_tiny_pictures_have_colours_too(size: tuple[int, int], method: str) -> None:
    image, alpha = np.full((*size, 3), 0.5, np.float32), np.full(size, 0.5, np.float32)
    ours = estimate_foreground(image, alpha, method=method)
    assert np.isfinite(ours).all()
    assert ours.shape == image.shape


@pytest.mark.parametrize("method", [*METHODS, "none"])
def test_opaque_pixels_keep_the_colours_of_the_photo(strands: Sample, method: str) -> None:
    ours = estimate_foreground(strands.image, strands.alpha, method=method)
    opaque = strands.alpha == 1
    assert (ours[opaque] == strands.image[opaque]).all()


def test_far_from_the_subject_the_photo_stands_and_near_it_does_not() -> None:
    alpha = np.zeros((64, 64), np.float32)
    alpha[20:40, 20:40], alpha[20:40, 40] = 1, 0.5
    image = np.where(alpha[..., None] > 0, np.float32(0.9), np.float32(0.1))
    image = np.repeat(image, 3, axis=2).astype(np.float32)
    image[20:40, 40] = 0.5
    ours = estimate_foreground(image, alpha)
    assert (ours[:, 60:] == image[:, 60:]).all()
    assert np.abs(ours[30, 40:44] - 0.9).max() < 0.1


@pytest.mark.parametrize("method", METHODS)
def test_both_layers_come_nearer_to_the_truth_and_sure_pixels_keep_the_photo(
    strands: Sample, method: str
) -> None:
    foreground, background = estimate_layers(strands.image, strands.alpha, method=method)
    assert (foreground == estimate_foreground(strands.image, strands.alpha, method=method)).all()
    weight = (strands.alpha * (1 - strands.alpha))[..., None]
    photo, ours = (
        (weight * np.abs(plane - strands.background)).sum() for plane in (strands.image, background)
    )
    assert ours < 0.5 * photo
    empty = strands.alpha == 0
    assert (background[empty] == strands.image[empty]).all()


def test_windows_leave_no_seam(strands: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = estimate_foreground(strands.image, strands.alpha)
    monkeypatch.setattr(module, "WINDOW", 48)
    monkeypatch.setattr(module, "MARGIN", 24)
    windowed = estimate_foreground(strands.image, strands.alpha)
    weight = strands.alpha[..., None]
    assert (np.abs(windowed - whole) * weight).mean() < 0.01


@pytest.mark.parametrize("bits", [8, 16])
def test_colours_come_in_the_depth_of_the_photo(strands: Sample, bits: int) -> None:
    ours = estimate_foreground(to_depth(strands.image, bits), strands.alpha)
    floats = estimate_foreground(strands.image, strands.alpha)
    assert ours.dtype == f"uint{bits}"
    assert np.abs(ours / (2**bits - 1) - floats).mean() < 0.01


def test_an_unknown_method_is_refused_with_the_list(strands: Sample) -> None:
    with pytest.raises(BadArgument, match="multilevel, closed-form, levin, none"):
        estimate_foreground(strands.image, strands.alpha, method="magic")


def test_sizes_that_differ_are_refused(strands: Sample) -> None:
    with pytest.raises(BadImage, match="112x96 and the alpha 112x95"):
        estimate_foreground(strands.image, strands.alpha[:-1])
