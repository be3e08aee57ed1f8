"""Adversarial training (AlphaGAN, Lutz et al. 2018): a critic learns to tell made from real.

The critic sees the true photo, and the true foreground over the true background with the PREDICTED
alpha: with a perfect alpha the two are the same picture. (The public AlphaGAN code multiplied the
foreground by the true alpha first, so that even a perfect alpha looked composed.)

The critic's step sees the composite detached; the generator's step sees the critic's weights
detached. So neither leaves gradients in the other, and nothing is switched on and off.
"""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from mattekit.core.config import config
from mattekit.core.errors import BadData, BadRecipe
from mattekit.core.tensors import Batch, Prediction, autocast, region_weight
from mattekit.imaging.compose import over
from mattekit.losses.region import paste_known
from mattekit.networks.patchgan import PatchGanConfig
from mattekit.training.freeze import to_training
from mattekit.training.method import Setup, StateDict, StepResult
from mattekit.training.optimisers import OptimiserConfig
from mattekit.training.schedules import ConstantConfig, ScheduleConfig
from mattekit.training.supervised import Supervised, dry_run, on_device
from mattekit.training.trained_module import TrainedModule, in_float32

ObjectiveName = Literal["bce", "lsgan", "hinge"]
Logits = Float[Tensor, "b 1 h w"]
"""One per patch, high for real."""
ERRORS: dict[ObjectiveName, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "bce": (lambda real: F.softplus(-real), F.softplus),
    "lsgan": (lambda real: (real - 1) ** 2, lambda composed: composed**2),
    "hinge": (lambda real: F.relu(1 - real), lambda composed: F.relu(1 + composed)),
}
"""How wrong the critic is about real photos and about composites. bce: log likelihood, as in the
first adversarial networks. lsgan: least squares, logits towards 1 for real and 0 for composed.
hinge: logits beyond 1 and -1 are good enough."""
WARN_AFTER = 500
"""Updates in a row of a critic that is never wrong, after which that is worth a remark."""


def generator_objective(logits: Logits, objective: ObjectiveName) -> Float[Tensor, ""]:
    """Small if the critic takes composites for real."""
    wrong_if_real, _ = ERRORS[objective]
    return -logits.mean() if objective == "hinge" else wrong_if_real(logits).mean()


def critic_objective(real: Logits, composed: Logits, objective: ObjectiveName) -> Float[Tensor, ""]:
    """Small if real photos and composites are told apart: half the sum of both errors."""
    of_real, of_composed = ERRORS[objective]
    return (of_real(real).mean() + of_composed(composed).mean()) / 2


@config
class AdversarialConfig:
    """A generator against a critic, beside the losses against the truth."""

    name: Literal["adversarial"] = "adversarial"
    critic: PatchGanConfig = PatchGanConfig()
    weight: float = 0.15
    """Of the generator's adversarial loss; 0 trains without a critic."""
    objective: ObjectiveName = "bce"
    order: Literal["critic first", "generator first"] = "critic first"
    update_every: int = 1
    """The critic is updated every so many steps."""
    shown: Literal["composite", "foreground", "background"] = "composite"
    """What the critic judges: composites, or the colours that a network guesses for a layer."""
    paste: bool = False
    """Show the critic an alpha whose known pixels come from the trimap."""
    optimiser: OptimiserConfig = OptimiserConfig()
    """The critic's."""
    schedule: ScheduleConfig = ConstantConfig()
    """The critic's; the warm-up is the recipe's."""

    def __post_init__(self) -> None:
        if self.weight < 0 or self.update_every < 1:
            raise ValueError("weight must be at least 0 and update_every at least 1")

    def build(self, setup: Setup) -> "Adversarial":
        if (parts := setup.config.accumulate) > 1:
            raise BadRecipe(
                f"accumulate: {parts} parts do not suit the adversarial method, whose critic sees "
                "the whole batch; set accumulate=1 and lower batch"
            )
        return Adversarial(setup, self)


class Adversarial(Supervised):
    """A generator, which learns from the losses as well, against a critic."""

    def __init__(self, setup: Setup, config: AdversarialConfig) -> None:
        super().__init__(setup)
        self.config = config
        self.critic = None
        if config.weight > 0:
            critic = config.critic.build()
            self.critic = TrainedModule(critic, setup, config.optimiser, config.schedule)
        self.perfect = torch.zeros((), device=setup.fabric.device)
        """Updates in a row in which the critic was right everywhere."""

    def dry_run(self, batch: Batch) -> list[str]:
        prediction, batch, remarks = dry_run(self.setup, self.learner.module, batch)
        if self.critic is not None:
            self.composite(prediction, batch)
            self.real(batch)
        return remarks

    def step(self, batch: Batch) -> StepResult:
        """One prediction, from which the critic and the generator each make their update."""
        critic = self.critic
        if critic is None:
            return super().step(batch)
        to_training(self.learner.module, self.setup.config.freeze)
        batch = on_device(batch, self.setup)
        self.learner.zero_grad()
        prediction = self.learner.predict(batch)
        critic.zero_grad()
        composite = self.composite(prediction, batch)
        due = self.learner.updates % self.config.update_every == 0
        learned = None
        if due and self.config.order == "critic first":
            learned = self._critic_step(critic, composite, batch)
        result = self._generator_step(prediction, composite, batch)
        if due and self.config.order == "generator first":
            learned = self._critic_step(critic, composite, batch)
        return result if learned is None else result.joined(learned)

    def composite(self, prediction: Prediction, batch: Batch) -> Tensor:
        """What the critic is to take for a photo, or for a layer of one."""
        if self.config.shown != "composite":
            return self._guessed(prediction, batch)
        if batch.foreground is None or batch.background is None:
            raise BadData(
                "the adversarial method composes the true foreground and background, but the data "
                "have none; choose other data, or method.weight=0"
            )
        pasted = self.config.paste
        alpha = paste_known(prediction.alpha, batch.trimap) if pasted else prediction.alpha
        composite: Tensor = over(batch.foreground, alpha, batch.background)
        return composite

    def real(self, batch: Batch) -> Tensor:
        """What the critic is to take for real."""
        shown = self.config.shown
        real: Tensor | None = batch.image if shown == "composite" else getattr(batch, shown)
        if real is None:
            raise BadData(
                f"the critic is shown the {shown}, but the data have none; choose other data, or "
                "method.weight=0"
            )
        return real

    def _guessed(self, prediction: Prediction, batch: Batch) -> Tensor:
        """The true layer with the network's guess where the trimap is unknown."""
        guess: Tensor | None = getattr(prediction, self.config.shown)
        if guess is None:
            raise BadRecipe(
                f"method.shown: the network guesses no {self.config.shown}; show the composite, or "
                "train samplenet"
            )
        return torch.where(region_weight("unknown", batch.trimap) == 1, guess, self.real(batch))

    def _critic_step(self, critic: TrainedModule, composite: Tensor, batch: Batch) -> StepResult:
        real = critic(self.real(batch), batch.trimap)
        composed = critic(composite.detach(), batch.trimap)
        loss = critic_objective(real, composed, self.config.objective)
        critic.backward(loss)
        lr, norm = critic.update()
        middle = 0.5 if self.config.objective == "lsgan" else 0.0
        right = torch.cat([(real > middle).flatten(), (composed <= middle).flatten()])
        accuracy = right.float().mean()
        self.perfect = torch.where(accuracy == 1, self.perfect + 1, 0)
        return StepResult(
            losses={"critic": loss.detach()},
            rates={"critic": lr},
            gradient_norms={"critic": norm},
            notes={"critic_accuracy": accuracy},
            remarks=self._remarks(critic),
        )

    def _remarks(self, critic: TrainedModule) -> tuple[str, ...]:
        """Looked at once in so many updates, since reading a number makes the device wait."""
        if critic.updates % WARN_AFTER or self.perfect < WARN_AFTER:
            return ()
        return (
            f"the critic was right everywhere for {int(self.perfect)} updates, so it teaches the "
            "generator little; lower method.optimiser.lr or raise method.update_every",
        )

    def _generator_step(
        self, prediction: Prediction, composite: Tensor, batch: Batch
    ) -> StepResult:
        values = self.objective(prediction, batch)
        adversarial = self._adversarial_loss(composite, batch)
        total = values["total"] + self.config.weight * adversarial
        self.learner.backward(total)
        return self.update({**values, "adversarial": adversarial, "total": total})

    def _adversarial_loss(self, composite: Tensor, batch: Batch) -> Tensor:
        critic = self.parts()["critic"]
        weights = {name: weight.detach() for name, weight in critic.named_parameters()}
        with autocast(self.setup.fabric.device, self.setup.config.precision):
            logits = functional_call(critic, weights, (composite, batch.trimap))
        return generator_objective(in_float32(logits), self.config.objective)

    def parts(self) -> dict[str, nn.Module]:
        critic = {} if self.critic is None else {"critic": self.critic.module}
        return super().parts() | critic

    def state_dict(self) -> StateDict:
        state: StateDict = {
            **self.learner.weights(),
            "generator": self.learner.state_dict(),
            "perfect": self.perfect,
        }
        if self.critic is not None:
            state["critic"] = self.critic.state_dict()
            state["critic_weights"] = self.critic.module.state_dict()
        return state

    def load_state_dict(self, state: StateDict) -> None:
        self.learner.load_weights(state)
        self.learner.load_state_dict(state["generator"])
        self.perfect = state["perfect"].to(self.perfect.device)
        if self.critic is not None:
            self.critic.module.load_state_dict(state["critic_weights"])
            self.critic.load_state_dict(state["critic"])
