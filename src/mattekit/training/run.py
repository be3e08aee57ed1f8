"""A run on disk: what is logged, measured and saved while the loop goes round.

RUN/recipe.yaml  log.jsonl  log.txt  tensorboard/  first_batch.png  predictions/  checkpoints/
"""

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from lightning_fabric import Fabric

from mattekit.core.errors import BadWeights
from mattekit.training.learner import network_inputs
from mattekit.training.loop import Every, Moment
from mattekit.training.method import Method
from mattekit.training.panels import prediction_panel
from mattekit.training.periods import Clock, Span
from mattekit.training.report import Journal, LogConfig
from mattekit.training.state import (
    BEST,
    Checkpoints,
    State,
    Writers,
    generators,
    read_state,
    restore_generators,
    write_state,
)
from mattekit.training.validation import Validator

FORMAT = 1


@runtime_checkable
class Audience(Protocol):
    """Who is told how the run goes; the command line makes a progress bar of it."""

    def advanced(self, step: int, steps: int, moment: Moment) -> None: ...

    def said(self, text: str) -> None: ...


@dataclass(kw_only=True)
class Run:
    """One run in its folder. Only the first of several processes writes."""

    fabric: Fabric
    method: Method
    state: State
    clock: Clock
    checkpoints: Checkpoints
    journal: Journal | None
    """None in all processes but the first."""
    files: Callable[["Run"], Writers]
    """What a checkpoint holds beside its state: weights, recipe, model card."""
    audience: Audience
    validator: Validator | None = None
    scores: dict[str, float] = field(default_factory=dict)
    """Of the last validation."""
    saved: int = 0
    """Step of the last checkpoint."""

    def events(self, log: LogConfig, *, save: Span, validate: Span) -> list[Every]:
        """Everything that happens beside training, in the order in which it does."""
        events = [Every(1, self.follow_stage)]
        if self.journal is not None:
            events.append(Every(1, self.tell))
            events += self._log_events(log)
        if self.validator is not None:
            events.append(Every(validate.in_steps(self.clock.epoch), self.measure, at_end=True))
        return [*events, Every(save.in_steps(self.clock.epoch), lambda moment: self.save())]

    def _log_events(self, log: LogConfig) -> list[Every]:
        wanted = {
            self.log_losses: log.losses,
            self.log_rates: log.rates,
            self.log_pictures: log.pictures,
            self.log_gradients: log.gradients,
            self.log_weights: log.weights,
            self.log_histograms: log.histograms,
        }
        return [
            Every(span.in_steps(self.clock.epoch), action, at_end=action == self.log_losses)
            for action, span in wanted.items()
            if span is not None
        ]

    def follow_stage(self, moment: Moment) -> None:
        """A new stage begins with no best checkpoint of its own."""
        if self.method.stage != self.state.stage:
            self.state.stage, self.state.best = self.method.stage, float("inf")

    def tell(self, moment: Moment) -> None:
        for remark in moment.report.remarks:
            self._journal.say(self.state.step, remark)
            self.audience.said(remark)
        self.audience.advanced(self.state.step, self.clock.total, moment)

    def log_losses(self, moment: Moment) -> None:
        self._journal.values(self.state.step, "losses", {**moment.report.losses})
        if moment.report.notes:
            self._journal.values(self.state.step, "notes", moment.report.notes)

    def log_rates(self, moment: Moment) -> None:
        self._journal.values(self.state.step, "rates", moment.report.rates)
        self._journal.values(self.state.step, "gradient_norms", moment.report.gradient_norms)
        epoch = self.state.step / self.clock.epoch
        left = (self.clock.total - self.state.step) * moment.seconds / 60
        self._journal.say(
            self.state.step,
            f"epoch {epoch:.2f}, {moment.seconds:.3f} s a step, {left:.0f} minutes left",
        )

    def log_pictures(self, moment: Moment) -> None:
        """The first pictures of the batch with what the network makes of them now."""
        network = self.method.network
        was_training = network.training
        batch = moment.batch.to(self.fabric.device)
        with torch.no_grad(), self.fabric.autocast():
            predicted = network.eval()(*network_inputs(network, batch)).alpha
        network.train(was_training)
        self._journal.picture(self.state.step, "train", prediction_panel(batch, predicted))

    def log_gradients(self, moment: Moment) -> None:
        for name, part in self.method.parts().items():
            self._journal.gradients(self.state.step, name, part)

    def log_weights(self, moment: Moment) -> None:
        for name, part in self.method.parts().items():
            self._journal.weights(self.state.step, name, part)

    def log_histograms(self, moment: Moment) -> None:
        for name, part in self.method.parts().items():
            self._journal.histograms(self.state.step, name, part)

    def measure(self, moment: Moment) -> None:
        """Validate; a new lowest score is saved at once as the best checkpoint."""
        assert self.validator is not None, "measure is called only where there is a validator"
        self.scores = self.validator.scores(self.method.network, self.fabric)
        if self.journal is not None:
            self.journal.values(self.state.step, "validation", self.scores)
            shown = "  ".join(f"{name} {value:.5g}" for name, value in self.scores.items())
            self.audience.said(f"step {self.state.step}: validation {shown}")
        score = self.scores[self.validator.settings.best]
        if score < self.state.best:
            self.state.best, self.state.best_step = score, self.state.step
            self.save(best=True)

    def save(self, *, best: bool = False) -> None:
        """Write a checkpoint of this step; one that was just written as the best serves."""
        if not best and self.saved == self.state.step:
            return
        self.saved = self.state.step
        content = self._content()
        if self.journal is not None:
            files: dict[str, Any] = {"state.pt": lambda path: write_state(path, content)}
            folder = self.checkpoints.save(
                self.state.step, {**files, **self.files(self)}, best=best
            )
            self.journal.say(self.state.step, f"saved {folder.name}{' as the best' * best}")
        self.fabric.barrier()

    def _content(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "step": self.state.step,
            "stage": self.state.stage,
            "best": self.state.best,
            "best_step": self.state.best_step,
            "scores": self.scores,
            "method": self.method.state_dict(),
            "scaler": self.fabric.strategy.precision.state_dict(),
            "generators": generators(),
            "threads": torch.get_num_threads(),
            "versions": versions(),
        }

    def restore(self, checkpoint: Path) -> list[str]:
        """Go on from a checkpoint; remarks on why the result may differ from an unbroken run."""
        content = read_state(checkpoint)
        try:
            self.method.load_state_dict(content["method"])
        except (RuntimeError, ValueError, KeyError) as error:
            first = " ".join(str(error).split())[:200]
            raise BadWeights(
                f"{checkpoint} is of another network or method: {first}; "
                "resume it with its own recipe"
            ) from error
        self.fabric.strategy.precision.load_state_dict(content["scaler"])
        restore_generators(content["generators"], self.fabric.global_rank)
        self.state.step, self.state.stage = content["step"], content["stage"]
        self.scores = content["scores"]
        best_step: int = content["best_step"]
        if self.checkpoints.of_step(best_step).exists():
            self.state.best, self.state.best_step = content["best"], best_step
            if self.fabric.is_global_zero:
                self.checkpoints.name(BEST, best_step)
        return _remarks(content)

    @property
    def _journal(self) -> Journal:
        assert self.journal is not None, "log events exist only where there is a journal"
        return self.journal


def versions() -> dict[str, str]:
    """What the run was computed with."""
    packages = ("mattekit", "torch", "lightning-fabric", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def _remarks(content: dict[str, Any]) -> list[str]:
    remarks = []
    if content["threads"] != torch.get_num_threads():
        remarks.append(
            f"saved with {content['threads']} threads, resumed with {torch.get_num_threads()}: "
            "the numbers may differ in their last digits"
        )
    changed = [name for name, value in versions().items() if content["versions"].get(name) != value]
    if changed:
        remarks.append(f"saved with other versions of {', '.join(changed)}")
    return remarks
