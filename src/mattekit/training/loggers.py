"""Where the numbers and pictures of a run go: JSON lines, TensorBoard, Weights & Biases, MLflow.

A resumed run continues the same log; JSON lines and TensorBoard discard what was logged after
its step, the other two keep it.
"""

import json
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from mattekit.core.atomic import write_text
from mattekit.core.config import config
from mattekit.core.errors import BadOutput
from mattekit.core.extras import require
from mattekit.core.types import Image

LOG = "log.jsonl"


@dataclass(frozen=True, kw_only=True)
class LoggedRun:
    """What a logger knows about the run."""

    folder: Path
    step: int = 0
    """The current step; what was logged after it is discarded."""
    title: str = "run"
    recipe: dict[str, Any] = field(default_factory=dict)


class Logger:
    """One place for the numbers and pictures of a run; what it has no place for, it leaves out."""

    def numbers(self, step: int, kind: str, values: dict[str, float]) -> None:
        """Numbers of one kind: losses, rates, validation, ..."""

    def picture(self, step: int, tag: str, image: Image) -> None:
        """A picture, such as a prediction."""

    def distribution(self, step: int, tag: str, values: Tensor) -> None:
        """Many values, such as weights, to be shown as a histogram."""

    def close(self) -> None:
        """Write out what is still in memory."""


@dataclass(frozen=True)
class Line:
    """One line of log.jsonl."""

    step: int
    kind: str
    values: dict[str, float]


class JsonLines(Logger):
    """log.jsonl: what `mattekit plot` draws; appended to line by line."""

    def __init__(self, run: LoggedRun) -> None:
        self.path = run.folder / LOG
        cut(self.path, lambda line: json.loads(line)["step"] <= run.step)

    def numbers(self, step: int, kind: str, values: dict[str, float]) -> None:
        append(self.path, json.dumps(asdict(Line(step, kind, values))))


class TensorBoard(Logger):
    """Events below `tensorboard/`."""

    def __init__(self, run: LoggedRun) -> None:
        self.board = SummaryWriter(str(run.folder / "tensorboard"), purge_step=run.step + 1)

    def numbers(self, step: int, kind: str, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.board.add_scalar(f"{kind}/{name}", value, step)

    def picture(self, step: int, tag: str, image: Image) -> None:
        self.board.add_image(tag, image, step, dataformats="HWC")

    def distribution(self, step: int, tag: str, values: Tensor) -> None:
        self.board.add_histogram(tag, values, step)

    def close(self) -> None:
        self.board.close()


class Wandb(Logger):
    """A run of Weights & Biases; its files are under `wandb/`."""

    def __init__(self, run: LoggedRun, settings: "WandbConfig") -> None:
        self.wandb: Any = require("wandb", "logging to Weights & Biases")
        try:
            self.run = self.wandb.init(
                project=settings.project,
                mode=settings.mode,
                dir=str(run.folder),
                name=run.title,
                id=remembered(run.folder / "wandb.id", lambda: uuid.uuid4().hex[:8]),
                resume="allow",
                config=run.recipe,
                settings=self.wandb.Settings(silent=True, console="off"),
            )
        except self.wandb.errors.Error as error:
            raise BadOutput(
                f"log.to: Weights & Biases refuses the run ({error}); run: wandb login, or log to "
                "{name: wandb, mode: offline}"
            ) from error

    def numbers(self, step: int, kind: str, values: dict[str, float]) -> None:
        self.run.log({f"{kind}/{name}": value for name, value in values.items()}, step=step)

    def picture(self, step: int, tag: str, image: Image) -> None:
        self.run.log({tag: self.wandb.Image(image)}, step=step)

    def distribution(self, step: int, tag: str, values: Tensor) -> None:
        self.run.log({tag: self.wandb.Histogram(values.cpu().numpy())}, step=step)

    def close(self) -> None:
        self.run.finish()


class Mlflow(Logger):
    """A run of MLflow, in a database of its own in the run's folder unless a server is named."""

    def __init__(self, run: LoggedRun, settings: "MlflowConfig") -> None:
        mlflow = require("mlflow", "logging to MLflow")
        folder = run.folder.resolve()
        own = f"sqlite:///{folder / 'mlflow.db'}"
        uri = settings.uri or os.environ.get("MLFLOW_TRACKING_URI") or own
        self.new_metric = mlflow.entities.Metric
        try:
            self.client = mlflow.MlflowClient(tracking_uri=uri)
            artifacts = (folder / "mlflow").as_uri() if uri == own else None
            experiment = self.client.get_experiment_by_name(settings.experiment)
            number = (
                self.client.create_experiment(settings.experiment, artifact_location=artifacts)
                if experiment is None
                else experiment.experiment_id
            )
            self.run = remembered(
                folder / "mlflow.id",
                lambda: self.client.create_run(number, run_name=run.title).info.run_id,
            )
            self.client.log_dict(self.run, run.recipe, "recipe.json")
        except mlflow.MlflowException as error:
            raise BadOutput(
                f"log.to: MLflow at {uri} refuses the run ({error}); name another by "
                "{name: mlflow, uri: ...}"
            ) from error

    def numbers(self, step: int, kind: str, values: dict[str, float]) -> None:
        metrics = [
            self.new_metric(f"{kind}/{name}".replace(" ", "_"), value, 0, step)
            for name, value in values.items()
        ]
        self.client.log_batch(self.run, metrics=metrics)

    def picture(self, step: int, tag: str, image: Image) -> None:
        self.client.log_image(self.run, image, key=tag, step=step)

    def close(self) -> None:
        self.client.set_terminated(self.run)


@config
class TensorBoardConfig:
    """Event files for TensorBoard."""

    name: Literal["tensorboard"] = "tensorboard"

    def open(self, run: LoggedRun) -> TensorBoard:
        return TensorBoard(run)


@config
class WandbConfig:
    """Weights & Biases; needs the extra `wandb`."""

    name: Literal["wandb"] = "wandb"
    project: str = "mattekit"
    mode: Literal["online", "offline"] | None = None
    """null: what the variable WANDB_MODE says, else online."""

    def open(self, run: LoggedRun) -> Wandb:
        return Wandb(run, self)


@config
class MlflowConfig:
    """MLflow; needs the extra `mlflow`."""

    name: Literal["mlflow"] = "mlflow"
    uri: str | None = None
    """Of the tracking server; null: the variable MLFLOW_TRACKING_URI, else the run's folder."""
    experiment: str = "mattekit"

    def open(self, run: LoggedRun) -> Mlflow:
        return Mlflow(run, self)


LoggerConfig = TensorBoardConfig | WandbConfig | MlflowConfig


def remembered(path: Path, make: Callable[[], str]) -> str:
    """The name that a run has elsewhere: made once, then read from its folder."""
    if not path.is_file():
        write_text(path, make())
    return path.read_text("utf-8")


def append(path: Path, line: str) -> None:
    """One more line of a text file."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")


def cut(path: Path, keeps: Callable[[str], bool]) -> None:
    """Leave out the lines that are too late, and one that a killed process left unfinished."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        with suppress(ValueError, TypeError):
            if keeps(line):
                kept.append(f"{line}\n")
    write_text(path, "".join(kept))
