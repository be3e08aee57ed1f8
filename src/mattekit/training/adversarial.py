"""Adversarial training (AlphaGAN, Lutz et al. 2018): a critic learns to tell made from real.

The critic sees the true photo, and the true foreground over the true background with the PREDICTED
alpha: with a perfect alpha the two are the same picture. (The public AlphaGAN code multiplied the
foreground by the true alpha first, so that even a perfect alpha looked composed.)

The critic's step sees the composite detached; the generator's step sees the critic's weights
detached. So neither leaves gradients in the other, and nothing is switched on and off.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

from mattekit.core.config import config
from mattekit.core.errors import BadData, BadRecipe
from mattekit.core.tensors import Batch, Prediction, region_weight
from mattekit.imaging.compose import over
from mattekit.losses.adversarial import Objective as CriticObjective
from mattekit.losses.adversarial import critic_objective, generator_objective
from mattekit.losses.region import paste_known
from mattekit.networks.patchgan import PatchGanConfig
from mattekit.training.freeze import to_training
from mattekit.training.learner import Learner, predict
from mattekit.training.method import Objective, Report, Settings, StateDict
from mattekit.training.optimisers import AdamConfig, OptimiserConfig
from mattekit.training.schedules import ConstantConfig, ScheduleConfig
from mattekit.training.supervised import averaged, on_device, prepared, rehearsed

HOPELESS = 500
"""Steps in a row of a critic that is never wrong, after which that is worth a remark."""


@config
class AdversarialConfig:
    """A generator against a critic, beside the losses against the truth."""

    name: Literal["adversarial"] = "adversarial"
    critic: PatchGanConfig = PatchGanConfig()
    weight: float = 0.15
    """Of the generator's adversarial loss; 0 trains without a critic."""
    objective: CriticObjective = "bce"
    order: Literal["critic first", "generator first"] = "critic first"
    update_every: int = 1
    """The critic learns in every so-manieth step."""
    shown: Literal["composite", "foreground", "background"] = "composite"
    """What the critic judges: composites, or the colours that a network guesses for a layer."""
    paste: bool = False
    """Show the critic an alpha whose known pixels come from the trimap."""
    optimiser: OptimiserConfig = AdamConfig()
    """The critic's."""
    schedule: ScheduleConfig = ConstantConfig()
    """The critic's; the warm-up is the recipe's."""

    def __post_init__(self) -> None:
        if self.weight < 0 or self.update_every < 1:
            raise ValueError("weight must be at least 0 and update_every at least 1")

    def build(self, settings: Settings) -> "Adversarial":
        if settings.accumulate > 1:
            raise BadRecipe(
                f"accumulate: {settings.accumulate} parts do not go with the adversarial method, "
                "whose critic sees the whole batch; set accumulate=1 and lower batch"
            )
        return Adversarial(settings, self)

    def length(self, epoch: float) -> int | None:
        """None: the recipe says how long."""
        return None

    def shortened(self, steps: int) -> "AdversarialConfig":
        """The same for a run of few steps."""
        return self


class Adversarial:
    """A generator against a critic."""

    stage = 0

    def __init__(self, settings: Settings, config: AdversarialConfig) -> None:
        self.settings = settings
        self.config = config
        self.trained = prepared(settings)
        self.objective = Objective(settings.losses)
        self.generator = _learner(self.trained, settings, settings.optimiser, settings.schedule)
        self.critic = None
        if config.weight > 0:
            critic = config.critic.build()
            self.critic = _learner(critic, settings, config.optimiser, config.schedule)
        self.average = averaged(self.trained, settings.ema)
        self.taken = 0
        self.never_wrong = 0

    @property
    def network(self) -> nn.Module:
        return self.trained if self.average is None else self.average.module

    def rehearse(self, batch: Batch) -> None:
        prediction, batch = rehearsed(self.settings, self.trained, batch)
        if self.critic is not None:
            self.composite(prediction, batch)
            self.real(batch)

    def step(self, batch: Batch) -> Report:
        """One prediction, from which the critic and the generator each make their update."""
        to_training(self.trained, self.settings.freeze)
        batch = on_device(batch, self.settings)
        self.generator.begin()
        prediction = predict(self.generator, batch)
        if self.critic is None:
            report = self._generator_step(prediction, batch, None)
        else:
            report = self._duel(prediction, batch, self.critic)
        if self.average is not None:
            self.average.update_parameters(self.trained)
        self.taken += 1
        return report

    def _duel(self, prediction: Prediction, batch: Batch, critic: Learner) -> Report:
        critic.begin()
        composite = self.composite(prediction, batch)
        due = self.taken % self.config.update_every == 0
        learned = None
        if due and self.config.order == "critic first":
            learned = self._critic_step(critic, composite, batch)
        report = self._generator_step(prediction, batch, self._adversarial_loss(composite, batch))
        if due and self.config.order == "generator first":
            learned = self._critic_step(critic, composite, batch)
        return report if learned is None else report.joined(learned)

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
        shown = (
            batch.image if self.config.shown == "composite" else getattr(batch, self.config.shown)
        )
        if shown is None:
            raise BadData(
                f"the critic is shown the {self.config.shown}, but the data have none; choose "
                "other data, or method.weight=0"
            )
        real: Tensor = shown
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

    def _critic_step(self, critic: Learner, composite: Tensor, batch: Batch) -> Report:
        real = critic(self.real(batch), batch.trimap)
        composed = critic(composite.detach(), batch.trimap)
        loss = critic_objective(real, composed, self.config.objective)
        critic.backward(loss, {"critic": loss})
        update = critic.update()
        middle = 0.5 if self.config.objective == "lsgan" else 0.0
        right = torch.cat([(real > middle).flatten(), (composed <= middle).flatten()])
        accuracy = float(right.float().mean())
        return Report(
            losses={"critic": float(loss.detach())},
            rates={"critic": update.lr},
            gradient_norms=update.norms("critic"),
            notes={"critic_accuracy": accuracy},
            remarks=self._judged(accuracy),
        )

    def _judged(self, accuracy: float) -> tuple[str, ...]:
        self.never_wrong = self.never_wrong + 1 if accuracy == 1.0 else 0
        if self.never_wrong != HOPELESS:
            return ()
        return (
            f"the critic was right everywhere for {HOPELESS} steps, so it teaches the generator "
            "little; lower method.optimiser.lr or raise method.update_every",
        )

    def _adversarial_loss(self, composite: Tensor, batch: Batch) -> Tensor:
        assert self.critic is not None, "there is a duel only with a critic"
        critic = self.critic.inner
        weights = {name: weight.detach() for name, weight in critic.named_parameters()}
        with self.settings.fabric.autocast():
            logits = functional_call(critic, weights, (composite, batch.trimap))
        return generator_objective(logits.float(), self.config.objective)

    def _generator_step(
        self, prediction: Prediction, batch: Batch, adversarial: Tensor | None
    ) -> Report:
        total, parts = self.objective(prediction, batch)
        if adversarial is not None:
            total = total + self.config.weight * adversarial
            parts = {**parts, "adversarial": adversarial}
        self.generator.backward(total, parts)
        update = self.generator.update()
        return Report(
            losses={name: float(part.detach()) for name, part in {**parts, "total": total}.items()},
            rates={"network": update.lr},
            gradient_norms=update.norms("network"),
        )

    def parts(self) -> dict[str, nn.Module]:
        both = {"network": self.trained}
        return both if self.critic is None else {**both, "critic": self.critic.inner}

    def state_dict(self) -> StateDict:
        state: StateDict = {
            "network": self.trained.state_dict(),
            "average": {} if self.average is None else self.average.state_dict(),
            "generator": self.generator.state_dict(),
            "taken": self.taken,
            "never_wrong": self.never_wrong,
        }
        if self.critic is not None:
            state["critic"] = self.critic.state_dict()
            state["critic_weights"] = self.critic.inner.state_dict()
        return state

    def load_state_dict(self, state: StateDict) -> None:
        self.trained.load_state_dict(state["network"])
        self.generator.load_state_dict(state["generator"])
        self.taken, self.never_wrong = state["taken"], state["never_wrong"]
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        if self.critic is not None:
            self.critic.inner.load_state_dict(state["critic_weights"])
            self.critic.load_state_dict(state["critic"])


def _learner(
    module: nn.Module, settings: Settings, optimiser: OptimiserConfig, schedule: ScheduleConfig
) -> Learner:
    pace = settings.pace(optimiser, schedule)
    return Learner(module, optimiser, pace, fabric=settings.fabric, clip=settings.clip)
