"""What every loss promises: each member of the union, each of its options."""

from dataclasses import fields, replace
from typing import Any, get_args

import pytest
import torch
from contracts.variants import label, variants
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mattekit.core.tensors import CLASSES, Batch, Prediction, region_weight
from mattekit.losses import LossConfig
from mattekit.losses.gfm import focus_target, glance_target
from mattekit.losses.region import RegionWeights
from mattekit.recipes.reading import read

MEMBERS = get_args(LossConfig)
LOSSES = [loss for member in MEMBERS for loss in variants(member)]
LOSSES += [
    replace(loss, region=RegionWeights(unknown=4, background=2))
    for member in MEMBERS
    for loss in [member()]
    if "region" in member.__annotations__ and "RegionWeights" in str(member.__annotations__)
]
EVERY_LOSS = pytest.mark.parametrize("loss", LOSSES, ids=label)
SIDE = 32

NOT_ZERO_AT_THE_TRUTH = {"expected_error", "mask_cross_entropy"}
TEACHES_ONLY_LOG_ERROR = {"expected_error"}
EPSILON = 2e-5  # floors of 1e-6 a pixel, divided by a count that may be smaller than the picture


def batch(count: int = 2, *, unknown: bool = True, dtype: torch.dtype = torch.float64) -> Batch:
    """A ramp of alpha with noise, exact in the known thirds at both sides."""
    generator = torch.Generator().manual_seed(3)

    def noise(channels: int) -> Tensor:
        shape = (count, channels, SIDE, SIDE)
        return torch.rand(shape, generator=generator, dtype=torch.float64).to(dtype)

    column = torch.arange(SIDE).expand(count, 1, SIDE, SIDE)
    trimap = torch.where(column < 10, 0.0, torch.where(column < 22, 0.5, 1.0)).to(dtype)
    if not unknown:
        trimap = trimap.round()
    alpha = torch.where(trimap == 0.5, noise(1), trimap)
    foreground, background = noise(3), noise(3)
    return Batch(
        image=foreground * alpha + background * (1.0 - alpha),
        alpha=alpha,
        trimap=trimap,
        foreground=foreground,
        background=background,
    )


def truth(batch: Batch, loss: Any) -> Prediction:
    """What a perfect network would predict."""
    rosta = getattr(loss, "rosta", "RIM")
    names = ("TT", "FT", "BT") if rosta == "RIM" else (rosta,)
    branches = []
    for name in names:
        target = torch.nn.functional.one_hot(glance_target(name, batch.trimap), CLASSES[name])
        branches.append(
            Prediction(
                alpha=batch.alpha,
                glance_logits=13 * target.movedim(-1, 1).to(batch.alpha),
                focus=focus_target(name, batch.alpha, batch.trimap),
            )
        )
    one = branches[0]
    return Prediction(
        alpha=batch.alpha,
        refined_from=batch.alpha,
        glance_logits=one.glance_logits,
        focus=one.focus,
        branches=tuple(branches) if rosta == "RIM" else (),
        foreground=batch.foreground,
        background=batch.background,
        coarse_foreground=batch.foreground,
        coarse_background=batch.background,
        log_error=torch.zeros_like(batch.alpha),
        alpha_logits=batch.alpha.logit(eps=1e-6),
        single=torch.full_like(batch.alpha[:, 0, 0, :1], 13.0),
    )


def planes_of(prediction: Prediction) -> dict[str, Tensor]:
    values = {field.name: getattr(prediction, field.name) for field in fields(prediction)}
    return {name: value for name, value in values.items() if isinstance(value, Tensor)}


def changed(prediction: Prediction, change: Any) -> Prediction:
    """Every plane of the prediction and of its branches, changed."""
    planes = {name: change(plane) for name, plane in planes_of(prediction).items()}
    branches = tuple(changed(branch, change) for branch in prediction.branches)
    return replace(prediction, **planes, branches=branches)


def wrong(batch: Batch, loss: Any, *, where: Tensor | float = 1.0) -> Prediction:
    """The truth with noise added."""
    generator = torch.Generator().manual_seed(4)

    def add_noise(plane: Tensor) -> Tensor:
        if plane.ndim < 4:  # one number a picture
            return plane
        noise = torch.rand(plane.shape, generator=generator, dtype=torch.float64) - 0.4
        return plane + 0.2 * plane.abs().max().clamp(min=1) * where * noise.to(plane)

    unsure = torch.zeros_like(batch.alpha[:, 0, 0, :1])
    return replace(changed(truth(batch, loss), add_noise), single=unsure)


@pytest.mark.slow
@EVERY_LOSS
def test_it_is_zero_at_the_truth_and_positive_elsewhere(loss: Any) -> None:
    at_truth, elsewhere = (
        loss(kind(batch(), loss), batch()).value().item() for kind in (truth, wrong)
    )
    assert at_truth < elsewhere
    if loss.name not in NOT_ZERO_AT_THE_TRUTH and not getattr(loss, "legacy", False):
        assert 0 <= at_truth < EPSILON


@pytest.mark.slow
@EVERY_LOSS
def test_its_gradient_is_the_slope(loss: Any) -> None:
    planes = batch(1)
    prediction = wrong(planes, loss)
    dials = torch.full((4,), 1.0, dtype=torch.float64, requires_grad=True)
    quarters = torch.arange(SIDE)[:, None] % 4

    def turned(dials: Tensor) -> Tensor:
        scale = dials[quarters].expand(SIDE, SIDE)
        if loss.name in TEACHES_ONLY_LOG_ERROR:
            return loss(replace(prediction, log_error=prediction.log_error * scale), planes).value()
        scaled = changed(prediction, lambda plane: turn(plane, scale))
        return loss(scaled, planes).value()

    def turn(plane: Tensor, scale: Tensor) -> Tensor:
        own = scale if plane.ndim == 4 else scale[0, 0]
        return plane * own + (own - 1) * 0.3

    assert torch.autograd.gradcheck(turned, dials, eps=1e-7, atol=1e-4, rtol=1e-3)
    assert torch.autograd.grad(turned(dials), dials)[0].abs().max() > 0


@pytest.mark.parametrize(
    "loss", [loss for loss in LOSSES if getattr(loss, "region", "") == "unknown"], ids=label
)
def test_it_ignores_errors_far_from_the_unknown_region(loss: Any) -> None:
    planes = batch()
    distance = (torch.arange(SIDE) - 15.5).abs()
    far = (distance > 9).to(planes.alpha).expand(2, 1, SIDE, SIDE)
    expected, found = (
        loss(truth(planes, loss), planes).value(),
        loss(wrong(planes, loss, where=far), planes).value(),
    )
    torch.testing.assert_close(found, expected)


@EVERY_LOSS
def test_the_order_of_the_batch_does_not_matter(loss: Any) -> None:
    planes = batch(3)
    prediction = wrong(planes, loss)
    turned = {
        name: plane.flip(0)
        for name, plane in ((f.name, getattr(planes, f.name)) for f in fields(planes))
        if isinstance(plane, Tensor)
    }
    found = loss(changed(prediction, lambda plane: plane.flip(0)), replace(planes, **turned))
    torch.testing.assert_close(found.value(), loss(prediction, planes).value())


@EVERY_LOSS
def test_parts_of_a_batch_add_up_to_the_whole(loss: Any) -> None:
    planes = batch(3)
    unknown = planes.trimap.clone()
    unknown[1:, :, :, 12:] = 1.0  # the samples differ in how much counts
    planes = replace(planes, trimap=unknown)
    whole = changed(wrong(planes, loss), lambda plane: plane.detach().requires_grad_())
    loss(whole, planes).value().backward()
    parts = changed(whole, lambda plane: plane.detach().requires_grad_())
    slices = [slice(0, 1), slice(1, 3)]
    terms = [loss(changed(parts, lambda p, s=s: p[s]), part_of(planes, s)) for s in slices]
    counts = terms[0].counts + terms[1].counts
    total = sum(each.quotients(counts).sum() for each in terms)
    total.backward()
    torch.testing.assert_close(total, loss(whole, planes).value(), rtol=1e-6, atol=1e-6)
    for one, other in zip(all_planes(whole), all_planes(parts), strict=True):
        assert (one.grad is None) == (other.grad is None)
        if one.grad is not None:
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-6, atol=1e-6)


def part_of(planes: Batch, rows: slice) -> Batch:
    """Some samples of a batch."""
    values = {f.name: getattr(planes, f.name) for f in fields(planes)}
    return replace(planes, **{n: v[rows] for n, v in values.items() if isinstance(v, Tensor)})


def all_planes(prediction: Prediction) -> list[Tensor]:
    """Planes of a prediction and of its branches."""
    own = list(planes_of(prediction).values())
    return own + [plane for branch in prediction.branches for plane in all_planes(branch)]


@EVERY_LOSS
def test_a_crop_without_unknown_pixels_gives_no_nan(loss: Any) -> None:
    planes = batch(unknown=False, dtype=torch.float32)
    prediction = changed(wrong(planes, loss), lambda plane: plane.detach().requires_grad_())
    value = loss(prediction, planes).value()
    assert torch.isfinite(value)
    value.backward()
    for plane in planes_of(prediction).values():
        assert plane.grad is None or torch.isfinite(plane.grad).all()
    if getattr(loss, "region", "") == "unknown" and getattr(loss, "divide_by", "") != "unknown+1":
        assert value.item() == 0


class Waits(TorchDispatchMode):
    """Counts what a GPU is waited for: copies from or to it that are not asynchronous."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(
        self, operation: Any, types: Any, inputs: Any = (), options: Any = None
    ) -> Any:
        options = options or {}
        outputs = operation(*inputs, **options)
        tensors = [each for each in tree_leaves((inputs, outputs)) if isinstance(each, Tensor)]
        copied = operation in (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)
        crosses = len({each.device.type for each in tensors}) > 1
        asynchronous = options.get("non_blocking") or inputs[-1] is True
        if operation is torch.ops.aten._local_scalar_dense.default:
            self.found.append("a number is read")
        elif copied and crosses and not asynchronous:
            self.found.append("a tensor is copied")
        return outputs


@EVERY_LOSS
def test_no_gpu_has_to_wait_for_it(loss: Any) -> None:
    with FakeTensorMode(allow_non_fake_inputs=True):  # tensors without values, on any device
        planes = batch(dtype=torch.float32).to("cuda")
        prediction = truth(planes, loss)
        with Waits() as waits:
            terms = loss(prediction, planes)
            terms.quotients(terms.counts).sum()
    assert waits.found == []


@EVERY_LOSS
def test_a_recipe_can_name_it(loss: Any) -> None:
    tree = {field.name: getattr(loss, field.name) for field in fields(loss)}
    if isinstance(tree.get("region"), RegionWeights):
        tree["region"] = {"unknown": 4, "background": 2}
    assert read(LossConfig, tree) == loss


def test_the_batch_of_these_tests_holds_all_classes() -> None:
    assert all(region_weight(name, batch().trimap).sum() > 0 for name in ("unknown", "foreground"))
