"""Supervised training: one update, checked against an update written out by hand."""

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from training.toys import ToyNetwork, discs, make_settings, same, weights_of

from mattekit.core.errors import BadRecipe
from mattekit.losses.alpha import AlphaL1Config
from mattekit.training.freeze import FreezeConfig
from mattekit.training.guards import NotFinite
from mattekit.training.learner import chunks
from mattekit.training.optimisers import SgdConfig
from mattekit.training.periods import Clock, Span
from mattekit.training.schedules import StepConfig
from mattekit.training.supervised import Supervised

PLAIN: dict[str, Any] = {
    "losses": (AlphaL1Config(region="whole", weight=2.0),),
    "optimiser": SgdConfig(lr=0.5),
    "freeze": FreezeConfig(norms=True, dropout=True),
}


def supervised(**changes: Any) -> Supervised:
    return Supervised(make_settings(**{**PLAIN, **changes}))


def gradients(method: Supervised) -> torch.Tensor:
    return torch.cat([w.grad.flatten() for w in method.trained.parameters() if w.grad is not None])


def test_an_update_subtracts_rate_times_gradient_of_the_weighted_losses() -> None:
    method = supervised()
    reference = copy.deepcopy(method.trained).eval()
    batch = next(discs())
    report = method.step(batch)

    alpha = reference(batch.image, batch.trimap).alpha
    difference = ((alpha - batch.alpha) ** 2 + 1e-12).sqrt().mean()
    (2 * difference).backward()
    expected = reference.decoder.weight - 0.5 * reference.decoder.weight.grad
    assert torch.allclose(method.trained.decoder.weight, expected, atol=1e-7)
    assert report.losses["alpha_l1"] == pytest.approx(difference.item())
    assert report.losses["total"] == pytest.approx(2 * difference.item())


def test_accumulated_parts_make_the_same_update_as_the_whole_batch() -> None:
    whole, parts = supervised(), supervised(accumulate=4)
    batch = next(discs())
    reports = [method.step(batch) for method in (whole, parts)]
    assert reports[0].losses == pytest.approx(reports[1].losses)
    for one, other in zip(whole.trained.parameters(), parts.trained.parameters(), strict=True):
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
    norms = [method.step(batch).gradient_norms["network"] for method in (free, clipped)]
    assert norms[0] == pytest.approx(norms[1])
    assert gradients(free).norm().item() == pytest.approx(norms[0], rel=1e-4)
    assert gradients(clipped).norm().item() == pytest.approx(0.01, rel=1e-3)


def test_the_average_follows_the_weights_with_its_decay() -> None:
    method = supervised(ema=0.75)
    batches = list(discs(2))
    method.step(batches[0])
    first = weights_of(method.trained)
    assert same(weights_of(method.network), first)
    method.step(batches[1])
    second = weights_of(method.trained)["decoder.weight"]
    expected = 0.75 * first["decoder.weight"] + 0.25 * second
    assert torch.allclose(method.network.decoder.weight, expected, atol=1e-7)


def test_the_rate_follows_the_schedule() -> None:
    method = supervised(schedule=StepConfig(every=Span(steps=2)), clock=Clock(3.0, 10))
    rates = [method.step(batch).rates["network"] for batch in discs(3)]
    assert rates == pytest.approx([0.5, 0.5, 0.05])


def test_frozen_parts_stay_while_the_rest_moves() -> None:
    method = supervised(freeze=FreezeConfig(parts=("encoder",)))
    before = weights_of(method.trained)
    method.step(next(discs()))
    after = weights_of(method.trained)
    assert torch.equal(before["encoder.0.weight"], after["encoder.0.weight"])
    assert not torch.equal(before["decoder.weight"], after["decoder.weight"])


def test_bf16_computes_in_half_precision_and_keeps_planes_and_weights_whole() -> None:
    seen: dict[str, torch.dtype] = {}

    class Watched(ToyNetwork):
        def forward(self, image: torch.Tensor, trimap: torch.Tensor) -> Any:
            prediction = super().forward(image, trimap)
            seen.update(image=image.dtype, alpha=prediction.alpha.dtype)
            return prediction

    fabric = Fabric(accelerator="cpu", devices=1, precision="bf16-mixed")
    method = supervised(fabric=fabric, network=Watched())
    first = method.step(next(discs())).losses["total"]
    for _ in range(20):
        last = method.step(next(discs())).losses["total"]
    assert seen == {"image": torch.float32, "alpha": torch.bfloat16}
    assert method.trained.decoder.weight.dtype == torch.float32
    assert last < first


class TestFp16:
    """Gradients are scaled up; torch can do it on the CPU, where a recipe is refused it."""

    def method(self) -> Supervised:
        plugin = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=1024.0))
        return supervised(fabric=Fabric(accelerator="cpu", devices=1, plugins=plugin))

    def test_it_learns_and_its_norms_are_those_of_the_true_gradients(self) -> None:
        scaled, plain = self.method(), supervised()
        batch = next(discs())
        norms = [method.step(batch).gradient_norms["network"] for method in (scaled, plain)]
        assert norms[0] == pytest.approx(norms[1], rel=0.02)
        assert same(
            {"w": scaled.trained.decoder.weight.detach().round(decimals=2)},
            {"w": plain.trained.decoder.weight.detach().round(decimals=2)},
        )

    def test_an_overflow_leaves_the_update_out_and_lowers_the_scale(self) -> None:
        method = self.method()
        precision = method.settings.fabric.strategy.precision
        method.trained.decoder.weight.register_hook(lambda gradient: gradient * torch.inf)
        before = weights_of(method.trained)
        report = method.step(next(discs()))
        assert report.gradient_norms == {}
        assert same(weights_of(method.trained), before)
        assert precision.state_dict()["scale"] == 512.0


def test_channels_last_changes_the_layout_and_not_the_numbers() -> None:
    plain, fast = supervised(), supervised(channels_last=True)
    batch = next(discs())
    assert plain.step(batch).losses == pytest.approx(fast.step(batch).losses, rel=1e-5)
    weight = fast.trained.encoder[0].weight
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_a_loss_that_is_no_number_stops_before_the_update() -> None:
    method = supervised()
    before = weights_of(method.trained)
    batch = next(discs())
    broken = replace(batch, image=torch.full_like(batch.image, torch.nan))
    with pytest.raises(NotFinite, match="loss alpha_l1 became nan"):
        method.step(broken)
    assert same(weights_of(method.trained), before)


def test_an_infinite_gradient_stops_before_the_update() -> None:
    method = supervised()
    method.trained.decoder.weight.register_hook(lambda gradient: gradient * torch.inf)
    before = weights_of(method.trained)
    with pytest.raises(NotFinite, match="gradient's norm became"):
        method.step(next(discs()))
    assert same(weights_of(method.trained), before)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")  # from inside the compiler
def test_a_compiled_network_learns_the_same() -> None:
    plain, compiled = supervised(), supervised(compile=True)
    batch = next(discs())
    for _ in range(2):
        one, other = plain.step(batch).losses, compiled.step(batch).losses
    assert one == pytest.approx(other, rel=1e-4)
    assert compiled.state_dict()["network"].keys() == plain.state_dict()["network"].keys()


def test_statistics_over_processes_are_refused_on_the_cpu_with_the_norm_to_take() -> None:
    network = ToyNetwork()
    network.encoder[1] = torch.nn.SyncBatchNorm(6)
    with pytest.raises(BadRecipe, match="exists on GPUs only; on the CPU take gn, GroupNorm"):
        Supervised(make_settings(network=network))
