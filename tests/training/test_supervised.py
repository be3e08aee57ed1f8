"""Supervised training: one update, checked against an update written out by hand."""

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from training.toys import ToyNetwork, discs, make_setup, same, weights_of

from mattekit.core.errors import BadRecipe
from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.alpha import AlphaL1Config
from mattekit.losses.laplacian import LaplacianL1Config
from mattekit.losses.region import RegionWeights
from mattekit.training.freeze import FreezeConfig
from mattekit.training.method import StepResult
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.schedules import Duration, RunLength, StepConfig
from mattekit.training.supervised import Supervised
from mattekit.training.trained_module import chunks

PLAIN: dict[str, Any] = {
    "losses": (AlphaL1Config(region="whole", weight=2.0),),
    "optimiser": OptimiserConfig(name="sgd", lr=0.5),
    "freeze": FreezeConfig(norms=True, dropout=True),
}


def supervised(**changes: Any) -> Supervised:
    return Supervised(make_setup(**{**PLAIN, **changes}))


def losses_of(result: StepResult) -> dict[str, float]:
    return result.numbers()["losses"]


def gradients(method: Supervised) -> torch.Tensor:
    return torch.cat(
        [w.grad.flatten() for w in method.learner.module.parameters() if w.grad is not None]
    )


def test_an_update_subtracts_rate_times_gradient_of_the_weighted_losses() -> None:
    method = supervised()
    reference = copy.deepcopy(method.learner.module).eval()
    batch = next(discs())
    report = method.step(batch)

    alpha = reference(batch.image, batch.trimap).alpha
    difference = ((alpha - batch.alpha) ** 2 + 1e-12).sqrt().mean()
    (2 * difference).backward()
    expected = reference.decoder.weight - 0.5 * reference.decoder.weight.grad
    assert torch.allclose(method.learner.module.decoder.weight, expected, atol=1e-7)
    assert losses_of(report)["alpha_l1"] == pytest.approx(difference.item())
    assert losses_of(report)["total"] == pytest.approx(2 * difference.item())


@pytest.mark.parametrize("region", ["whole", "unknown", RegionWeights(unknown=4.0)])
@pytest.mark.parametrize("divide_by", ["region", "unknown+1"])
def test_accumulated_parts_make_the_same_update_as_the_whole_batch(
    region: Any, divide_by: Any
) -> None:
    """Also where the parts differ in how many pixels count."""
    losses = (AlphaL1Config(region=region, divide_by=divide_by), LaplacianL1Config())
    whole, parts = (supervised(losses=losses, accumulate=count) for count in (1, 4))
    batch = next(discs())
    trimap = batch.trimap.clone()
    trimap[1:, :, 4:] = 0
    batch = replace(batch, trimap=trimap)
    reports = [losses_of(method.step(batch)) for method in (whole, parts)]
    assert reports[0] == pytest.approx(reports[1])
    for one, other in zip(
        whole.learner.module.parameters(), parts.learner.module.parameters(), strict=True
    ):
        assert torch.allclose(one, other, atol=1e-6)


def test_chunks_keep_planes_and_names_together() -> None:
    batch = next(discs())
    second = list(chunks(batch, 2))[1]
    assert second.names == batch.names[2:]
    assert torch.equal(second.image, batch.image[2:])
    assert second.prior is None


def test_clipping_scales_the_gradient_and_reports_its_norm_before() -> None:
    free, clipped = supervised(), supervised(clip=0.01)
    batch = next(discs())
    norms = [float(method.step(batch).gradient_norms["network"]) for method in (free, clipped)]
    assert norms[0] == pytest.approx(norms[1])
    assert gradients(free).norm().item() == pytest.approx(norms[0], rel=1e-4)
    assert gradients(clipped).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_the_average_follows_the_weights_with_its_decay() -> None:
    method = supervised(ema=0.75)
    batches = list(discs(2))
    method.step(batches[0])
    first = weights_of(method.learner.module)
    assert same(weights_of(method.network), first)
    method.step(batches[1])
    second = weights_of(method.learner.module)["decoder.weight"]
    expected = 0.75 * first["decoder.weight"] + 0.25 * second
    assert torch.allclose(method.network.decoder.weight, expected, atol=1e-7)


def test_the_rate_follows_the_schedule() -> None:
    method = supervised(schedule=StepConfig(every=Duration(steps=2)), length=RunLength(3.0, 10))
    rates = [method.step(batch).rates["network"] for batch in discs(3)]
    assert rates == pytest.approx([0.5, 0.5, 0.05])


def test_frozen_parts_stay_while_the_rest_moves() -> None:
    method = supervised(freeze=FreezeConfig(parts=("encoder",)))
    before = weights_of(method.learner.module)
    method.step(next(discs()))
    after = weights_of(method.learner.module)
    assert torch.equal(before["encoder.0.weight"], after["encoder.0.weight"])
    assert not torch.equal(before["decoder.weight"], after["decoder.weight"])


@pytest.mark.slow
def test_bf16_computes_in_half_precision_and_keeps_planes_and_weights_whole() -> None:
    seen: dict[str, torch.dtype] = {}

    class Watched(ToyNetwork):
        def forward(self, image: torch.Tensor, trimap: torch.Tensor) -> Any:
            prediction = super().forward(image, trimap)
            seen.update(image=image.dtype, alpha=prediction.alpha.dtype)
            return prediction

    method = supervised(precision="bf16", network=Watched())
    first = method.step(next(discs())).losses["total"]
    for _ in range(20):
        last = method.step(next(discs())).losses["total"]
    assert seen == {"image": torch.float32, "alpha": torch.bfloat16}
    assert method.learner.module.decoder.weight.dtype == torch.float32
    assert last < first


class TestFp16:
    """Gradients are scaled up; torch can do it on the CPU, where a recipe is refused it."""

    def method(self) -> Supervised:
        method = supervised(precision="fp16")
        method.learner.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        return method

    def test_it_learns_and_its_norms_are_those_of_the_true_gradients(self) -> None:
        scaled, plain = self.method(), supervised()
        batch = next(discs())
        norms = [float(method.step(batch).gradient_norms["network"]) for method in (scaled, plain)]
        assert norms[0] == pytest.approx(norms[1], rel=0.02)
        assert torch.allclose(
            scaled.network.decoder.weight, plain.network.decoder.weight, atol=0.005
        )

    def test_an_overflow_leaves_the_update_out_and_lowers_the_scale(self) -> None:
        method = self.method()
        method.network.decoder.weight.register_hook(lambda gradient: gradient * torch.inf)
        before = weights_of(method.network)
        result = method.step(next(discs()))
        assert result.may_overflow
        assert not torch.isfinite(result.gradient_norms["network"])
        assert same(weights_of(method.network), before)
        assert method.learner.scaler.state_dict()["scale"] == 512.0


def test_averaged_weights_have_averaged_norm_statistics() -> None:
    method = supervised(ema=0.75, freeze=FreezeConfig(dropout=True))
    first, second = discs(2)
    method.step(first)
    before = weights_of(method.learner.module)
    method.step(second)
    after = weights_of(method.learner.module)
    for name in ("encoder.1.running_mean", "encoder.1.running_var"):
        expected = 0.75 * before[name] + 0.25 * after[name]
        assert not torch.allclose(before[name], after[name])
        assert torch.allclose(weights_of(method.network)[name], expected, atol=1e-6)


def test_channels_last_changes_the_layout_and_not_the_numbers() -> None:
    plain, fast = supervised(), supervised(channels_last=True)
    batch = next(discs())
    assert losses_of(plain.step(batch)) == pytest.approx(losses_of(fast.step(batch)), rel=1e-5)
    weight = fast.learner.module.encoder[0].weight
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_a_plane_that_the_network_takes_and_the_data_lack_is_refused() -> None:
    class Correcting(ToyNetwork):
        extra_planes = ("prior",)

    method = supervised(network=Correcting())
    with pytest.raises(BadRecipe, match=r"takes the plane 'prior' .* step \{name: estimates\}"):
        method.dry_run(next(discs()))


def test_weights_that_no_loss_depends_on_are_named() -> None:
    class Idle(ToyNetwork):
        def __init__(self) -> None:
            super().__init__()
            self.ornament = torch.nn.Conv2d(6, 1, 3)

    method = supervised(network=Idle())
    (remark,) = method.dry_run(next(discs()))
    assert "no loss depends on 2 tensors" in remark
    assert "freeze.parts=[ornament]" in remark
    assert (
        supervised(network=Idle(), freeze=FreezeConfig(parts=("ornament",))).dry_run(next(discs()))
        == []
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # from inside the compiler
def test_a_compiled_network_learns_the_same() -> None:
    plain, compiled = supervised(), supervised(compile=True)
    batch = next(discs())
    for _ in range(2):
        one, other = losses_of(plain.step(batch)), losses_of(compiled.step(batch))
    assert one == pytest.approx(other, rel=1e-4)
    assert compiled.state_dict()["network"].keys() == plain.state_dict()["network"].keys()


def test_statistics_over_processes_are_refused_among_several_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = ToyNetwork()
    network.encoder[1] = torch.nn.SyncBatchNorm(6)
    alone = Supervised(make_setup(network=network))
    assert torch.isfinite(alone.step(next(discs(1))).losses["total"])  # batch norm, by itself
    monkeypatch.setattr(Fabric, "world_size", property(lambda self: 2))
    with pytest.raises(BadRecipe, match=r"take network\.norm=gn and method\.critic\.norm=gn"):
        Supervised(make_setup(network=network))


def test_a_loss_that_returns_no_terms_is_named() -> None:
    class Plain(AlphaL1Config):
        def __call__(self, prediction: Prediction, batch: Batch) -> Any:
            return (prediction.alpha - batch.alpha).abs().mean()

    with pytest.raises(BadRecipe, match=r"losses: alpha_l1 returns a Tensor; return .*region_mean"):
        supervised(losses=(Plain(),)).dry_run(next(discs()))
