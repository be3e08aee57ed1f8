"""Guards: what stops a run, before it or within it, and what is said then."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from training.toys import Discs, discs

from mattekit.core.errors import BadData, BadRecipe, MattekitError
from mattekit.core.types import Sample
from mattekit.training.guards import (
    ExplosionWatch,
    check_finite,
    check_samples,
    explain_errors,
)
from mattekit.training.method import StepResult


@pytest.fixture
def samples(rng: np.random.Generator) -> list[Sample]:
    return [Discs().sample(index, rng) for index in range(3)]


def result(total: float, norm: float, **how: Any) -> StepResult:
    losses = {"alpha_l1": torch.tensor(total), "total": torch.tensor(total)}
    norms = {"network": torch.tensor(norm)}
    return StepResult(losses=losses, rates={}, gradient_norms=norms, batch=next(discs()), **how)


def test_a_number_that_broke_leaves_the_names_of_the_pictures(tmp_path: Path) -> None:
    with pytest.raises(MattekitError, match=r"step 7: .*nan.*bad_batch\.json.*optimiser\.lr"):
        check_finite(result(np.nan, 1.0), 7, tmp_path)
    kept = json.loads((tmp_path / "bad_batch.json").read_text())
    assert (kept["names"], kept["step"]) == (list(next(discs()).names), 7)
    assert np.isnan(kept["losses"]["alpha_l1"])


def test_an_infinite_gradient_stops_the_run_unless_fp16_leaves_it_out(tmp_path: Path) -> None:
    with pytest.raises(MattekitError, match="norm of the gradient of the network became inf"):
        check_finite(result(1.0, np.inf), 7, tmp_path)
    check_finite(result(1.0, np.inf, may_overflow=True), 7, tmp_path)


def remarks(totals: list[float], norms: list[float]) -> list[str]:
    watch = ExplosionWatch()
    pairs = zip(totals, norms, strict=True)
    return [text for pair in pairs for text in watch.remarks(result(*pair).numbers())]


def test_a_loss_that_stays_above_its_start_is_remarked_on_once() -> None:
    found = remarks([0.39, 0.5, 0.87, 0.8, 0.7, 0.62, 0.62], [1.0] * 7)
    assert ["began at 0.39 and stays above" in text for text in found] == [True]
    assert remarks([0.39, 0.5, 0.87, 0.3, 0.7, 0.62, 0.2], [1.0] * 7) == []


def test_a_gradient_far_beyond_the_usual_is_remarked_on() -> None:
    found = remarks([1.0] * 8, [1, 2, 1, 2, 1, 500, 900, 1])
    assert ["gradient is 500, usually 1" in text for text in found] == [True]


def test_a_norm_that_sees_one_value_is_refused_with_the_keys_to_change() -> None:
    single = next(discs(batch=1))
    refused = pytest.raises(BadRecipe, match=r"^batch: .* 1 pictures of 16x16; raise batch")
    with refused, explain_errors(single, 1):
        nn.BatchNorm2d(3)(single.image.mean((2, 3), keepdim=True))
    with pytest.raises(ValueError, match="something else"), explain_errors(single, 1):
        raise ValueError("something else")


def test_good_samples_pass(samples: list[Sample]) -> None:
    assert check_samples(samples, crop=min(samples[0].size), allow_masks=False) == []


def test_masks_are_refused_unless_allowed(samples: list[Sample]) -> None:
    masks = [replace(s, alpha=(s.alpha > 0.5).astype(np.float32)) for s in samples]
    with pytest.raises(BadData, match=r"first 3 samples.*\[0\.0, 1\.0\].*data\.allow_masks=true"):
        check_samples(masks, crop=8, allow_masks=False)
    check_samples(masks, crop=8, allow_masks=True)


def test_one_soft_alpha_among_masks_is_enough(samples: list[Sample]) -> None:
    masks = [replace(s, alpha=(s.alpha > 0.5).astype(np.float32)) for s in samples[1:]]
    check_samples([samples[0], *masks], crop=8, allow_masks=False)


@pytest.mark.parametrize("plane", ["image", "alpha", "foreground", "background"])
def test_planes_out_of_range_are_refused_by_name(samples: list[Sample], plane: str) -> None:
    wrong = replace(samples[1], **{plane: getattr(samples[1], plane) * 255})
    with pytest.raises(BadData, match=rf"the {plane} of disc-1 has values from .* expected 0 to 1"):
        check_samples([samples[0], wrong], crop=8, allow_masks=False)


def test_a_plane_with_nan_is_refused(samples: list[Sample]) -> None:
    image = samples[0].image.copy()
    image[3, 3] = np.nan
    with pytest.raises(BadData, match="the image of disc-0"):
        check_samples([replace(samples[0], image=image)], crop=8, allow_masks=False)


def test_trimaps_without_unknown_pixels_are_refused(samples: list[Sample]) -> None:
    known = [replace(s, trimap=np.zeros(s.size, dtype=np.uint8)) for s in samples]
    with pytest.raises(BadData, match="no trimap of the first 3 samples has an unknown pixel"):
        check_samples(known, crop=8, allow_masks=False)
