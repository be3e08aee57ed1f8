"""The state of a run, and its checkpoints on disk.

    RUN/checkpoints/step-000200/   weights.safetensors  state.pt  recipe.yaml  model_card.md
    RUN/checkpoints/last           one line: step-000200
    RUN/checkpoints/best           one line: step-000150

A folder is written under another name, flushed and renamed, so a folder called `step-*` is whole.
"""

import math
import pickle
import random
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import distributed

from mattekit.core.atomic import flush, make_folder, rename, replacing, write_text
from mattekit.core.config import config
from mattekit.core.errors import BadOutput, BadWeights
from mattekit.training.schedules import Duration

LAST, BEST = "last", "best"
Writers = Mapping[str, Callable[[Path], object]]
"""File name -> the function that writes that file."""


@dataclass
class State:
    """How far a run has come. Position in the data is the step: one batch was consumed in each."""

    step: int = 0
    stage: int = 0
    best: float = math.inf
    """Lowest validation score of this stage."""
    best_step: int = 0
    """Step of the checkpoint that is called the best; 0 for none."""


@config
class CheckpointConfig:
    """When the run is saved, and how much of it is kept."""

    every: Duration = Duration(epochs=1)
    keep: int = 3
    """Newest checkpoints that stay, besides the best one. With 1 there are never more than two: the
    mode for small disks."""
    assemble_in: str | None = None
    """A local folder in which a checkpoint is put together before it is copied to the run's folder;
    for run folders on slow network drives."""

    def __post_init__(self) -> None:
        if self.keep < 1:
            raise ValueError("keep must be at least 1")


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(self, run: Path, settings: CheckpointConfig) -> None:
        self.folder = run / "checkpoints"
        self.settings = settings

    def find(self, which: str) -> Path | None:
        """The folder that `last` or `best` names, if there is one."""
        return find_checkpoint(self.folder.parent, which)

    def of_step(self, step: int) -> Path:
        """The folder of the checkpoint of that step."""
        return self.folder / f"step-{step:06d}"

    def best_since(self, step: int) -> Path | None:
        """The checkpoint called the best, where it is later than that step."""
        best = self.find(BEST)
        return best if best is not None and step_of(best) > step else None

    def save(self, step: int, files: Writers, *, best: bool) -> Path:
        """Write a checkpoint and make it the last one, and the best one if it is.

        The last is named before the best: killed in between, the run resumes from a state that
        knows which one is the best, and `point_to` sets it right.
        """
        folder = self.of_step(step)
        if not folder.exists():
            self._write(folder, files)
        for which in (LAST, BEST) if best else (LAST,):
            self.point_to(which, step)
        self._remove_old()
        return folder

    def rewrite(self, step: int, files: Writers) -> None:
        """Replace the files of a checkpoint, if there is one of that step, each at once."""
        folder = self.of_step(step)
        for name, write in files.items() if folder.exists() else ():
            with replacing(folder / name) as aside:
                write(aside)

    def point_to(self, which: str, step: int) -> None:
        """Let `last` or `best` name the checkpoint of that step."""
        write_text(self.folder / which, f"{self.of_step(step).name}\n")

    def _write(self, folder: Path, files: Writers) -> None:
        make_folder(self.folder)
        aside = Path(tempfile.mkdtemp(prefix=".tmp-", dir=self.folder))
        try:
            self._fill(aside, files)
            aside.chmod(0o755)
            rename(aside, folder)
            flush(self.folder)
        except (OSError, RuntimeError, SafetensorError, BadOutput) as error:
            last = self.find(LAST)
            kept = "there is no earlier one" if last is None else f"the last good one is {last}"
            raise BadOutput(f"cannot save the checkpoint {folder}: {error}; {kept}") from error
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _fill(self, aside: Path, files: Writers) -> None:
        if self.settings.assemble_in is None:
            _write_all(aside, files)
        else:
            with tempfile.TemporaryDirectory(dir=make_folder(self.settings.assemble_in)) as local:
                _write_all(Path(local), files)
                shutil.copytree(local, aside, dirs_exist_ok=True)
        for path in (*aside.iterdir(), aside):
            flush(path)

    def _remove_old(self) -> None:
        found = sorted(self.folder.glob("step-*"), key=step_of)
        for folder in found[: -self.settings.keep]:
            if folder not in (self.find(LAST), self.find(BEST)):
                with suppress(OSError):  # open on Windows: the next save tries again
                    rename(folder, self.folder / f".tmp-{folder.name}")
        for left in self.folder.glob(".tmp-*"):
            shutil.rmtree(left, ignore_errors=True)


def find_checkpoint(run: Path, which: str) -> Path | None:
    """The checkpoint of a run that `last` or `best` names, if there is one."""
    note = run / "checkpoints" / which
    return note.parent / note.read_text("utf-8").strip() if note.is_file() else None


def step_of(checkpoint: Path) -> int:
    """The step that a checkpoint's folder is named after.

    >>> step_of(Path("run/checkpoints/step-1000000")) > step_of(Path("step-999999"))
    True
    """
    return int(checkpoint.name.removeprefix("step-"))


def write_state(path: Path, content: dict[str, Any]) -> None:
    """Tensors, numbers, words, lists and dicts to a file that `read_state` takes."""
    with path.open("wb") as stream:
        torch.save(content, stream)


def read_state(checkpoint: Path) -> dict[str, Any]:
    """What `write_state` wrote into the checkpoint; nothing in the file can run code."""
    path = checkpoint / "state.pt"
    try:
        _check_sums(path)
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise BadWeights(
            f"{checkpoint} is no checkpoint: it has no state.pt; name a folder like "
            "RUN/checkpoints/step-000100, or the run itself"
        ) from error
    except pickle.UnpicklingError as error:
        raise BadWeights(
            f"{path} holds more than numbers and words, so it was not written by mattekit; "
            "it is not read, since such files can run code"
        ) from error
    except (RuntimeError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise BadWeights(
            f"{path} is damaged; resume from an earlier one in a new folder: "
            f"-o DIR --resume {checkpoint.parent / 'step-NUMBER'}"
        ) from error
    return content


def _check_sums(path: Path) -> None:
    """Refuse a file of which a bit has changed; torch does not look at the checksums in it."""
    if not zipfile.is_zipfile(path):
        return  # torch says what is wrong with it
    with zipfile.ZipFile(path) as archive:
        broken = archive.testzip()
    if broken is not None:
        raise zipfile.BadZipFile(broken)


def generators() -> list[dict[str, Any]]:
    """The random states of every process as plain lists, by rank."""
    version, words, gauss = random.getstate()
    own: dict[str, Any] = {
        "torch": torch.get_rng_state().tolist(),
        "cuda": torch.cuda.get_rng_state().tolist() if torch.cuda.is_available() else None,
        "python": [version, list(words), gauss],
    }
    if not (distributed.is_available() and distributed.is_initialized()):
        return [own]
    everyone: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(everyone, own)
    return everyone


def restore_generators(saved: list[dict[str, Any]], rank: int) -> None:
    """Set this process's random states to what they were; a further process keeps its own."""
    if rank >= len(saved):
        return
    own = saved[rank]
    torch.set_rng_state(torch.tensor(own["torch"], dtype=torch.uint8))
    if own["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(torch.tensor(own["cuda"], dtype=torch.uint8))
    version, words, gauss = own["python"]
    random.setstate((version, tuple(words), gauss))


def _write_all(folder: Path, files: Writers) -> None:
    for name, write in files.items():
        write(folder / name)
