"""The node, loaded and called as ComfyUI does: by its mappings, with tensors by name."""

import numpy as np
import pytest
import torch
from integrations.loading import load

from mattekit.core.errors import BadArgument
from mattekit.core.types import Sample
from mattekit.synthetic.scene import scene

KINDS = {"IMAGE": 4, "MASK": 3}
"""Kinds of ComfyUI that are tensors, and their dimensions: b h w 3, b h w."""


@pytest.fixture(scope="module")
def node() -> type:
    module = load("comfyui/__init__.py")
    (name,) = module.NODE_CLASS_MAPPINGS
    assert set(module.NODE_DISPLAY_NAME_MAPPINGS) == {name}
    return module.NODE_CLASS_MAPPINGS[name]


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return [scene(number, (64, 96), kind="hard") for number in (3, 4)]


def execute(node: type, **inputs: object) -> dict[str, object]:
    """The outputs by name; inputs and outputs are held against what the node declares."""
    declared = node.INPUT_TYPES()
    known = {**declared["required"], **declared["optional"]}
    assert set(declared["required"]) <= set(inputs) <= set(known)
    outputs = getattr(node(), node.FUNCTION)(**inputs)
    assert len(outputs) == len(node.RETURN_TYPES) == len(node.RETURN_NAMES)
    for kind, output in zip(node.RETURN_TYPES, outputs, strict=True):
        if kind in KINDS:
            assert output.dtype is torch.float32
            assert output.ndim == KINDS[kind]
            assert 0 <= output.min() <= output.max() <= 1
    return dict(zip(node.RETURN_NAMES, outputs, strict=True))


def stacked(planes: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(planes).astype(np.float32))


@pytest.mark.slow
def test_a_batch_with_trimaps_gives_colours_alpha_and_confidence(
    node: type, samples: list[Sample]
) -> None:
    found = execute(
        node,
        image=stacked([sample.image for sample in samples]),
        model="compact",
        trimap=stacked([sample.trimap / 2 for sample in samples]),
    )
    true = stacked([sample.alpha for sample in samples])
    assert (found["alpha"] - true).abs().mean() < 0.02
    assert found["foreground"].shape == (2, 64, 96, 3)
    assert 0 < found["confidence"] < 1
    unknown = stacked([sample.trimap == 1 for sample in samples]) > 0
    assert (found["confidence_map"][~unknown] == 1).all()
    assert found["confidence_map"][unknown].mean() < 1


def test_a_single_mask_of_two_dimensions_serves_a_picture_with_alpha(
    node: type, samples: list[Sample]
) -> None:
    sample = samples[0]
    opaque = np.dstack([sample.image, np.ones(sample.size, np.float32)])
    mask = torch.from_numpy((sample.alpha > 0.5).astype(np.float32))
    found = execute(node, image=stacked([opaque]), model="closed-form", mask=mask)
    assert (found["alpha"][0] - torch.from_numpy(sample.alpha)).abs().mean() < 0.05
    assert (found["confidence_map"] == 1).all()  # closed-form does not say how sure it is


def test_two_hints_are_refused_in_a_sentence(node: type, samples: list[Sample]) -> None:
    plane = torch.ones(1, 64, 96)
    with pytest.raises(BadArgument, match="trimap"):
        execute(node, image=stacked([samples[0].image]), model="compact", mask=plane, trimap=plane)
