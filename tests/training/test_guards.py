"""Guards: what stops a run, before it or within it, and what is said then."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn
from training.toys import Discs, discs

from mattekit.core.errors import BadData, BadRecipe, MattekitError
from mattekit.core.types import Sample
from mattekit.training.guards import NotFinite, check_samples, watched


@pytest.fixture
def samples(rng: np.random.Generator) -> list[Sample]:
    return [Discs().sample(index, rng) for index in range(3)]


def test_a_number_that_broke_leaves_the_names_of_the_pictures(tmp_path: Path) -> None:
    batch = next(discs())
    with (
        pytest.raises(MattekitError, match=r"step 7: .*nan.*bad_batch\.json.*optimiser\.lr"),
        watched(batch, 7, tmp_path),
    ):
        raise NotFinite("the loss alpha_l1 became nan", {"alpha_l1": float("nan"), "total": 1.0})
    kept = json.loads((tmp_path / "bad_batch.json").read_text())
    assert kept["names"] == list(batch.names)
    assert kept["step"] == 7
    assert kept["losses"]["total"] == 1.0


def test_a_norm_that_sees_one_value_is_refused_with_the_keys_to_change(tmp_path: Path) -> None:
    single = next(discs(batch=1))
    refused = pytest.raises(BadRecipe, match=r"^batch: .* 1 pictures of 16x16; raise batch")
    with refused, watched(single, 1, tmp_path):
        nn.BatchNorm2d(3)(single.image.mean((2, 3), keepdim=True))
    with pytest.raises(ValueError, match="something else"), watched(single, 1, tmp_path):
        raise ValueError("something else")


def test_good_samples_pass(samples: list[Sample]) -> None:
    check_samples(samples, allow_masks=False)


def test_masks_are_refused_unless_allowed(samples: list[Sample]) -> None:
    masks = [replace(s, alpha=(s.alpha > 0.5).astype(np.float32)) for s in samples]
    with pytest.raises(BadData, match=r"first 3 samples.*\[0\.0, 1\.0\].*data\.allow_masks=true"):
        check_samples(masks, allow_masks=False)
    check_samples(masks, allow_masks=True)


def test_one_soft_alpha_among_masks_is_enough(samples: list[Sample]) -> None:
    masks = [replace(s, alpha=(s.alpha > 0.5).astype(np.float32)) for s in samples[1:]]
    check_samples([samples[0], *masks], allow_masks=False)


@pytest.mark.parametrize("plane", ["image", "alpha", "foreground", "background"])
def test_planes_out_of_range_are_refused_by_name(samples: list[Sample], plane: str) -> None:
    wrong = replace(samples[1], **{plane: getattr(samples[1], plane) * 255})
    with pytest.raises(BadData, match=rf"the {plane} of disc-1 has values from .* expected 0 to 1"):
        check_samples([samples[0], wrong], allow_masks=False)


def test_a_plane_with_nan_is_refused(samples: list[Sample]) -> None:
    image = samples[0].image.copy()
    image[3, 3] = np.nan
    with pytest.raises(BadData, match="the image of disc-0"):
        check_samples([replace(samples[0], image=image)], allow_masks=False)


def test_trimaps_without_unknown_pixels_are_refused(samples: list[Sample]) -> None:
    known = [replace(s, trimap=np.zeros(s.size, dtype=np.uint8)) for s in samples]
    with pytest.raises(BadData, match="no trimap of the first 3 samples has an unknown pixel"):
        check_samples(known, allow_masks=False)
