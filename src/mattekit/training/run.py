"""A run on disk: what is logged, measured and saved while it trains.

RUN/recipe.yaml  log.jsonl  log.txt  tensorboard/  first_batch.png  predictions/  checkpoints/
"""

import math
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from lightning_fabric import Fabric
from torch import nn

from mattekit.core.errors import BadData, BadWeights
from mattekit.training.checkpoints import (
    BEST,
    Checkpoints,
    State,
    Writers,
    generators,
    read_state,
    restore_generators,
    write_state,
)
from mattekit.training.guards import ExplosionWatch
from mattekit.training.loop import Every
from mattekit.training.method import Method, StepResult
from mattekit.training.panels import prediction_panel
from mattekit.training.run_log import LogConfig, RunLog
from mattekit.training.schedules import Duration, RunLength
from mattekit.training.trained_module import network_inputs
from mattekit.training.validation import Validator

FORMAT = 2
READINGS = 50
"""How often in a run the loss is read for the listener, since that waits for the device."""
JUMP = 1.5
"""Factor between two learning rates in a row above which a resumed run remarks on it."""


@runtime_checkable
class Listener(Protocol):
    """Who follows the run; the command line makes a progress bar of it."""

    def on_step(self, step: int, steps: int, seconds: float, loss: float | None) -> None:
        """After every step; its loss, over all processes, where it is read."""

    def on_message(self, text: str) -> None: ...


@dataclass(kw_only=True)
class Run:
    """One run in its folder. Only the first of several processes writes."""

    fabric: Fabric
    method: Method
    length: RunLength
    checkpoints: Checkpoints
    files: Callable[["Run"], Writers]
    """What a checkpoint holds beside its state: weights, recipe, model card."""
    listener: Listener
    log: RunLog | None = None
    """None in all processes but the first."""
    state: State = field(default_factory=State)
    validator: Validator | None = None
    data: str = ""
    """Identifies the training pictures, independent of their folder."""
    scores: dict[str, float] = field(default_factory=dict)
    """Of the last validation."""
    validation_failed: bool = False
    """Whether the validation of this step failed, which is made up for when the run is resumed."""
    saved: int = 0
    """Step of the last checkpoint."""
    watch: ExplosionWatch = field(default_factory=ExplosionWatch)

    def say(self, text: str) -> None:
        """A sentence for the log and the user."""
        if self.log is not None:
            self.log.line(self.state.step, text)
            self.listener.on_message(text)

    def events(self, log: LogConfig, *, save: Duration, validate: Duration) -> list[Every]:
        """Everything that happens beside training, in the order in which it does.

        All processes take part in what needs their numbers; the first one writes.
        """

        def every(period: Duration, action: Callable[[StepResult], None], **how: bool) -> Every:
            return Every(period.in_steps(self.length.epoch), action, **how)

        events = [Every(1, self.follow, reads=False)]
        if log.losses is not None:
            events.append(every(log.losses, self.log_losses, at_end=True))
        if self.log is not None:
            wanted: list[tuple[Duration | None, Callable[[StepResult], None]]] = [
                (log.rates, self.log_rates),
                (log.pictures, self.log_pictures),
                (log.gradients, partial(self.log_parts, self.log.gradients)),
                (log.weights, partial(self.log_parts, self.log.weights)),
                (log.histograms, partial(self.log_parts, self.log.histograms)),
            ]
            events += [every(period, act) for period, act in wanted if period is not None]
        if self.validator is not None:
            events.append(every(validate, lambda result: self.measure(), at_end=True))
        return [*events, every(save, lambda result: self.save())]

    def follow(self, result: StepResult) -> None:
        """Report the step to the listener; a new stage starts without a best checkpoint."""
        if self.method.stage != self.state.stage:
            self.state.stage, self.state.best = self.method.stage, float("inf")
            self.watch = ExplosionWatch()
        step, steps, first = self.state.step, self.length.total, not self.watch.totals
        read = first or step == steps or step % max(steps // READINGS, 1) == 0
        numbers = result.numbers(self.fabric) if read else None
        if numbers is not None and first:
            self._watch(numbers)
        for remark in result.remarks:
            self.say(remark)
        if self.log is not None:
            loss = None if numbers is None else numbers["losses"]["total"]
            self.listener.on_step(step, steps, result.seconds, loss)

    def log_losses(self, result: StepResult) -> None:
        numbers = result.numbers(self.fabric)
        self._watch(numbers)
        if self.log is not None:
            self.log.values(self.state.step, "losses", numbers["losses"])
            if result.notes:
                self.log.values(self.state.step, "notes", numbers["notes"])

    def _watch(self, numbers: dict[str, dict[str, float]]) -> None:
        for remark in self.watch.remarks(numbers):
            self.say(remark)

    def log_rates(self, result: StepResult) -> None:
        step, norms = self.state.step, result.numbers()["gradient_norms"]
        self._log.values(step, "rates", result.rates)
        kept = {name: norm for name, norm in norms.items() if math.isfinite(norm)}
        self._log.values(step, "gradient_norms", kept)
        left = (self.length.total - step) * result.seconds / 60
        self._log.line(
            step,
            f"epoch {step / self.length.epoch:.2f}, {result.seconds:.3f} s a step, "
            f"{left:.0f} minutes left",
        )

    def log_pictures(self, result: StepResult) -> None:
        """The first pictures of the batch with what the network makes of them now."""
        assert result.batch is not None, "the loop adds it"
        network = self.method.network
        was_training = network.training
        batch = result.batch.to(self.fabric.device)
        with torch.no_grad():
            predicted = network.eval()(*network_inputs(network, batch)).alpha
        network.train(was_training)
        self._log.picture(self.state.step, "train", prediction_panel(batch, predicted))

    def log_parts(self, write: Callable[[int, str, nn.Module], None], result: StepResult) -> None:
        """Gradients or weights of everything that is trained."""
        for name, part in self.method.parts().items():
            write(self.state.step, name, part)

    def measure(self) -> None:
        """Validate; a new lowest score is saved at once as the best checkpoint.

        Where that fails, the step is saved as well: the network is as good as before.
        """
        assert self.validator is not None, "measure is called only where there is a validator"
        try:
            self.scores = self.validator.scores(self.method.network, self.fabric)
        except Exception:
            self.validation_failed = True
            self.save()
            self.say("saved, but the validation failed; resumed, the run begins with it")
            raise
        self.validation_failed = False
        if self.log is not None:
            self.log.values(self.state.step, "validation", self.scores)
            shown = "  ".join(f"{name} {value:.5g}" for name, value in self.scores.items())
            self.listener.on_message(f"step {self.state.step}: validation {shown}")
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
        if self.log is not None:
            folder = self.checkpoints.save(self.state.step, self._files(content), best=best)
            self.log.line(self.state.step, f"saved {folder.name}{' as the best' * best}")
        self.fabric.barrier()

    def measure_restored(self) -> None:
        """Validate again where that failed at the restored step, and tell its checkpoint."""
        if self.validator is None or not self.validation_failed:
            return
        self.measure()
        content = self._content()
        if self.log is not None:
            self.checkpoints.rewrite(self.state.step, self._files(content))

    def _files(self, content: dict[str, Any]) -> Writers:
        return {"state.pt": lambda path: write_state(path, content), **self.files(self)}

    def _content(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "step": self.state.step,
            "steps": self.length.total,
            "stage": self.state.stage,
            "best": self.state.best,
            "best_step": self.state.best_step,
            "measured": self._measured(),
            "data": self.data,
            "scores": self.scores,
            "validation_failed": self.validation_failed,
            "method": self.method.state_dict(),
            "generators": generators(),
            "threads": torch.get_num_threads(),
            "versions": versions(),
        }

    def _measured(self) -> str:
        """What the best score is a score of; two of different ones cannot be compared."""
        return "" if self.validator is None else self.validator.description

    def restore(self, checkpoint: Path) -> list[str]:
        """Resume from a checkpoint; remarks on why the result may differ from an unbroken run."""
        content = read_state(checkpoint)
        if content.get("format") != FORMAT:
            raise BadWeights(
                f"{checkpoint} was saved by another version of mattekit, which cannot be resumed; "
                f"start a new run from its weights: -o DIR init={checkpoint}"
            )
        if content["data"] != self.data:
            raise BadData(
                f"data.train has other pictures than the run in {checkpoint}, or has them in "
                "another order; name the same ones, or start a new run with -o DIR "
                f"init={checkpoint}"
            )
        try:
            self.method.load_state_dict(content["method"])
        except (RuntimeError, ValueError, KeyError) as error:
            first = " ".join(str(error).split())[:200]
            raise BadWeights(
                f"{checkpoint} is of another network or method: {first}; "
                "resume it with its own recipe"
            ) from error
        restore_generators(content["generators"], self.fabric.global_rank)
        self.state.step, self.state.stage = content["step"], content["stage"]
        self.scores, self.validation_failed = (
            content["scores"],
            content.get("validation_failed", False),
        )
        remarks = [*self._best_of(content), *_remarks(content)]
        before, after = self.method.rate_jump()
        changed = content["steps"] != self.length.total
        if changed and self.state.step < self.length.total and not 1 / JUMP < after / before < JUMP:
            remarks.append(
                f"the length was {content['steps']:,} steps and is {self.length.total:,} now: with "
                f"the schedule stretched, the rate jumps from {before:.3g} to {after:.3g}"
            )
        return remarks

    def _best_of(self, content: dict[str, Any]) -> list[str]:
        """The best checkpoint so far, unless it was measured otherwise than the next ones."""
        best_step: int = content["best_step"]
        if not self.checkpoints.of_step(best_step).exists():
            return []
        if content["measured"] != self._measured():
            return ["validation measures otherwise than before, so the best so far is forgotten"]
        self.state.best, self.state.best_step = content["best"], best_step
        if self.fabric.is_global_zero:
            self.checkpoints.point_to(BEST, best_step)
        return []

    @property
    def _log(self) -> RunLog:
        assert self.log is not None, "log events exist only where there is a log"
        return self.log


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
