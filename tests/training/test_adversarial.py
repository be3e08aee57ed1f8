"""Adversarial training: who sees what, and whose gradients come from where."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from training.toys import CRITIC, discs, make_setup, same, weights_of

from mattekit.core.errors import BadData, BadRecipe
from mattekit.core.tensors import Batch, Prediction
from mattekit.training import adversarial
from mattekit.training.adversarial import (
    Adversarial,
    AdversarialConfig,
    critic_objective,
    generator_objective,
)
from mattekit.training.optimisers import OptimiserConfig


def duel(**changes: Any) -> Adversarial:
    return Adversarial(make_setup(), AdversarialConfig(critic=CRITIC, **changes))


def critic_of(method: Adversarial) -> nn.Module:
    return method.parts()["critic"]


def no_gradients(module: nn.Module) -> bool:
    return all(weight.grad is None for weight in module.parameters())


def test_the_critics_step_leaves_no_gradient_in_the_generator() -> None:
    method, batch = duel(), next(discs())
    assert method.critic is not None
    composite = method.composite(method.learner.predict(batch), batch)
    method._critic_step(method.critic, composite, batch)
    assert no_gradients(method.learner.module)
    assert not no_gradients(critic_of(method))


def test_the_generators_step_leaves_no_gradient_in_the_critic() -> None:
    method, batch = duel(weight=1.0), next(discs())
    prediction = method.learner.predict(batch)
    composite = method.composite(prediction, batch)
    method._adversarial_loss(composite, batch).backward()
    assert no_gradients(critic_of(method))
    assert not no_gradients(method.learner.module)


def test_with_a_perfect_alpha_the_critic_sees_twice_the_same() -> None:
    batch = next(discs())
    composite = duel().composite(Prediction(alpha=batch.alpha), batch)
    assert torch.allclose(composite, batch.image, atol=1e-6)


def test_a_critic_of_colours_is_shown_the_true_layer_and_the_guess_where_it_counts() -> None:
    method, batch = duel(shown="background"), next(discs())
    assert batch.background is not None
    guess = Prediction(alpha=batch.alpha, background=torch.zeros_like(batch.background))
    made, unknown = method.composite(guess, batch), (batch.trimap == 0.5).expand_as(batch.image)
    assert torch.equal(method.real(batch), batch.background)
    assert torch.equal(made[~unknown], batch.background[~unknown])
    assert (made[unknown] == 0).all()
    perfect = replace(guess, background=batch.background)
    assert torch.equal(method.composite(perfect, batch), method.real(batch))


def test_a_critic_of_colours_needs_a_network_that_guesses_them_and_data_that_have_them() -> None:
    method, batch = duel(shown="foreground"), next(discs())
    with pytest.raises(BadRecipe, match="guesses no foreground; show the composite"):
        method.step(batch)
    with pytest.raises(BadData, match=r"shown the foreground, but the data have none"):
        method.real(replace(batch, foreground=None))


def test_known_pixels_are_pasted_before_the_critic_looks_when_asked() -> None:
    batch = next(discs())
    wrong = Prediction(alpha=torch.full_like(batch.alpha, 0.5))
    plain, pasted = (duel(paste=paste).composite(wrong, batch) for paste in (False, True))
    known = (batch.trimap != 0.5).expand_as(batch.image)
    assert torch.allclose(pasted[known], batch.image[known], atol=1e-6)
    assert not torch.allclose(plain[known], batch.image[known], atol=1e-2)


@pytest.mark.parametrize("order", ["critic first", "generator first"])
def test_the_generator_learns_from_the_critic_before_or_after_its_update(order: Any) -> None:
    method, batch = duel(order=order, weight=1.0), next(discs())
    seen: list[Tensor] = []
    weight = critic_of(method).steps[0].weight
    original = method._adversarial_loss

    def observed(composite: Tensor, batch: Batch) -> Tensor:
        seen.append(weight.detach().clone())
        return original(composite, batch)

    method._adversarial_loss = observed  # type: ignore[method-assign]
    before = weight.detach().clone()
    method.step(batch)
    assert torch.equal(seen[0], before) == (order == "generator first")
    assert not torch.equal(weight, before)


def test_the_critic_learns_only_in_every_nth_step() -> None:
    method = duel(update_every=3)
    changed = []
    for batch in discs(5):
        before = weights_of(critic_of(method))
        report = method.step(batch)
        changed.append(not same(before, weights_of(critic_of(method))))
        assert ("critic" in report.losses) == changed[-1]
    assert changed == [True, False, False, True, False]


def test_the_total_is_the_weighted_sum_with_the_adversarial_part() -> None:
    losses = duel(weight=0.3).step(next(discs())).numbers()["losses"]
    expected = losses["alpha_l1"] + 0.5 * losses["composition_l1"] + 0.3 * losses["adversarial"]
    assert losses["total"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("objective", ["bce", "lsgan", "hinge"])
def test_the_critic_is_judged_by_the_objective_of_the_recipe(objective: Any) -> None:
    method, batch = duel(objective=objective), next(discs())
    critic = critic_of(method)
    composite = method.composite(method.learner.predict(batch), batch).detach()
    with torch.no_grad():
        real, composed = critic(batch.image, batch.trimap), critic(composite, batch.trimap)
    learned = method._critic_step(method.critic, composite, batch)
    expected = critic_objective(real, composed, objective)
    assert learned.losses["critic"] == pytest.approx(expected.item(), rel=1e-5)
    middle = 0.5 if objective == "lsgan" else 0.0
    right = ((real > middle).float().mean() + (composed <= middle).float().mean()) / 2
    assert learned.notes["critic_accuracy"] == pytest.approx(right.item())


def test_without_weight_there_is_no_critic() -> None:
    method = duel(weight=0.0)
    report = method.step(next(discs()))
    assert method.parts().keys() == {"network"}
    assert report.losses.keys() == {"alpha_l1", "composition_l1", "total"}


def test_a_critic_that_is_never_wrong_is_remarked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adversarial, "WARN_AFTER", 3)
    method = duel()
    assert method.critic is not None
    said = []
    for updates, perfect in ((2, 2), (3, 1), (4, 3), (6, 4)):
        method.critic.updates, method.perfect = updates, torch.tensor(perfect)
        said.append(method._remarks(method.critic))
    assert [bool(remark) for remark in said] == [False, False, False, True]
    assert "right everywhere for 4 updates" in said[3][0]


@pytest.mark.slow
def test_updates_in_which_the_critic_was_right_everywhere_are_counted() -> None:
    method, batch = duel(optimiser=OptimiserConfig(lr=0.01)), next(discs())
    black = torch.zeros_like(batch.image)
    assert method.critic is not None
    counted = []
    for _ in range(60):
        accuracy = method._critic_step(method.critic, black, batch).notes["critic_accuracy"]
        expected = counted[-1] + 1 if counted and accuracy == 1 else float(accuracy == 1)
        counted.append(int(method.perfect))
        assert counted[-1] == expected
    assert counted[-1] > 0


def test_data_without_colours_are_refused() -> None:
    with pytest.raises(BadData, match=r"foreground and background.*method\.weight=0"):
        duel().step(replace(next(discs()), foreground=None))


def test_accumulation_is_refused() -> None:
    with pytest.raises(BadRecipe, match="accumulate"):
        AdversarialConfig(critic=CRITIC).build(make_setup(accumulate=2))


REAL = torch.tensor([2.0, 0.5]).view(1, 1, 1, 2)
COMPOSED = torch.tensor([-2.0, 1.0]).view(1, 1, 1, 2)


def entropy(logit: float, label: int) -> float:
    probability = 1 / (1 + math.exp(-logit))
    return -math.log(probability if label else 1 - probability)


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("bce", (entropy(-2, 1) + entropy(1, 1)) / 2),
        ("lsgan", (9 + 0) / 2),
        ("hinge", 0.5),
    ],
)
def test_the_generator_wants_high_logits(objective, expected: float) -> None:
    assert generator_objective(COMPOSED, objective).item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("bce", sum(map(entropy, (2, 0.5, -2, 1), (1, 1, 0, 0))) / 4),
        ("lsgan", ((1 + 0.25) / 2 + (4 + 1) / 2) / 2),
        ("hinge", ((0 + 0.5) / 2 + (0 + 2) / 2) / 2),
    ],
)
def test_the_critic_wants_high_logits_for_real_only(objective, expected: float) -> None:
    assert critic_objective(REAL, COMPOSED, objective).item() == pytest.approx(expected)


def test_huge_logits_stay_finite() -> None:
    assert math.isfinite(critic_objective(-1e4 * REAL, 1e4 * COMPOSED, "bce").item())
