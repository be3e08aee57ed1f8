"""What a run writes down while it goes: log.jsonl, log.txt and TensorBoard.

Log files are appended to, line by line; a resumed run first cuts what lies beyond its step.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from mattekit.core.atomic import make_folder, replacing
from mattekit.core.config import config
from mattekit.core.types import Image
from mattekit.training.periods import Duration

LOG, TEXT = "log.jsonl", "log.txt"
TAGS = {"network": "generator", "critic": "discriminator"}
"""Parts of a method as the published AlphaGAN code tags them in its statistics."""


@config
class LogConfig:
    """How often each kind of line is written; null for never."""

    losses: Duration | None = Duration(steps=10)
    rates: Duration | None = Duration(steps=50)
    """Learning rates and gradient norms."""
    pictures: Duration | None = Duration(steps=500)
    """Photo, trimap, truth, prediction and composite of a batch."""
    gradients: Duration | None = None
    """Mean and largest absolute gradient."""
    weights: Duration | None = None
    """One random weight of every layer."""
    histograms: Duration | None = None
    """Distribution of the weights of every layer."""


@dataclass(frozen=True)
class Line:
    """One line of log.jsonl."""

    step: int
    kind: str
    values: dict[str, float]


class RunLog:
    """The log files of one run."""

    def __init__(self, folder: Path, *, step: int) -> None:
        """Open the logs of a run that stands at `step`."""
        self.folder = make_folder(folder)
        _cut(folder / LOG, lambda line: json.loads(line)["step"] <= step)
        _cut(folder / TEXT, lambda line: int(re.match(r"\[(\d+)\]", line)[1]) <= step)  # type: ignore[index]
        self.board = SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)

    def values(self, step: int, kind: str, values: dict[str, float]) -> None:
        """Numbers of one kind: losses, rates, gradients or validation."""
        self._append(LOG, json.dumps(asdict(Line(step, kind, values))))
        for name, value in values.items():
            self.board.add_scalar(f"{kind}/{name}", value, step)
        words = "  ".join(f"{name} {value:.6g}" for name, value in values.items())
        self.write_text(step, f"{kind}: {words}")

    def write_text(self, step: int, text: str) -> None:
        """A line of the text log."""
        self._append(TEXT, f"[{step}] {text}")

    def picture(self, step: int, tag: str, image: Image) -> None:
        """A picture in TensorBoard."""
        self.board.add_image(tag, image, step, dataformats="HWC")

    def gradients(self, step: int, part: str, module: nn.Module) -> None:
        """Mean and largest absolute gradient of the last step."""
        sizes = [weight.grad.abs() for weight in module.parameters() if weight.grad is not None]
        count = sum(size.numel() for size in sizes)
        mean = sum(float(size.sum()) for size in sizes) / max(count, 1)
        tag = f"gradient_statistic_{TAGS[part]}"
        self.board.add_scalar(f"{tag}/mean_gradient", mean, step)
        self.board.add_scalar(f"{tag}/max_gradient", max(map(_largest, sizes), default=0.0), step)

    def weights(self, step: int, part: str, module: nn.Module) -> None:
        """One weight of every layer, the place drawn anew each time."""
        rng = np.random.default_rng(step)
        for name, weight in module.named_parameters():
            if name.endswith("weight") and weight.ndim > 1:
                value = float(weight.detach().flatten()[int(rng.integers(weight.numel()))])
                tag = f"random_weights_{TAGS[part]}/{name.removesuffix('.weight')}_weight_0"
                self.board.add_scalar(tag, value, step)

    def histograms(self, step: int, part: str, module: nn.Module) -> None:
        """The distribution of every weight."""
        for name, weight in module.named_parameters():
            self.board.add_histogram(f"weights_{part}/{name}", weight.detach().float(), step)

    def close(self) -> None:
        """Write out what is still in memory."""
        self.board.close()

    def _append(self, name: str, line: str) -> None:
        with (self.folder / name).open("a") as stream:
            stream.write(f"{line}\n")


def read_log(folder: Path) -> list[Line]:
    """The lines of a run's log.jsonl; a last line cut off in the middle is left out."""
    lines = (folder / LOG).read_text().splitlines()
    return [Line(**entry) for entry in map(_entry, lines) if entry is not None]


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError:
        return None
    return entry


def _cut(path: Path, keeps: Any) -> None:
    """Leave out the lines that are too late, and one that a killed process left unfinished."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text().splitlines():
        try:
            wanted = keeps(line)
        except (ValueError, TypeError):
            wanted = False
        if wanted:
            kept.append(f"{line}\n")
    with replacing(path) as aside:
        aside.write_text("".join(kept))


def _largest(plane: Any) -> float:
    return float(plane.max())
