"""Where a run is kept and what it resumes from: `--output` and `--resume`."""

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from mattekit.core import system
from mattekit.core.atomic import make_folder
from mattekit.core.errors import BadArgument, BadOutput, BadRecipe
from mattekit.models.registry import digest
from mattekit.recipes.reading import read, read_tree
from mattekit.recipes.recipe import InitConfig, Recipe, changed_keys, dump_recipe
from mattekit.training.checkpoints import LAST, find_checkpoint

LOCK = ".lock"
HELD = (errno.EACCES, errno.EAGAIN)
"""How the system says that another process has a lock."""
_in_use: set[Path] = set()
"""Folders in which this process trains."""
_guard = threading.Lock()
PLACES = ("root", "foregrounds", "backgrounds", "denoised_backgrounds", "photos", "labels")
CACHES = ("folder", "bank")
LOCAL_KEYS = {
    "data.workers",
    *(f"data.{part}.{name}" for part in ("train", "rehearse", "valid") for name in PLACES + CACHES),
}
"""Keys that may differ between the machines of one run."""
MAY_CHANGE = {"length", "log", "checkpoint", "validate", "notes", "init", "data.valid", *LOCAL_KEYS}
"""Keys that a resumed run may have otherwise than before. Pictures may move: a checkpoint knows
their names."""


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """A run's folder, and the checkpoint that is resumed, if any."""

    path: Path
    checkpoint: Path | None = None
    published: Path | None = None
    """The checkpoint of a published program that a new run continues."""

    @property
    def is_resumed(self) -> bool:
        """Whether weights come from a checkpoint, and not from the recipe's init."""
        return self.checkpoint is not None or self.published is not None

    def describe(self) -> str:
        """The checkpoint that is resumed, with what tells it from others of its name."""
        resumed = self.checkpoint or self.published
        if resumed is None:
            return "no checkpoint"
        file = resumed if self.checkpoint is None else resumed / "state.pt"
        mark = digest(file, "sha256")[:8] if file.is_file() else "no state.pt"
        return f"{resumed.name} ({mark})"


def resolve_run_folder(recipe: Recipe, *, out: Path | None, resume: str, title: str) -> RunFolder:
    """The folder for `-o DIR` and `--resume auto|none|DIR`; refuses what cannot be resumed."""
    found = _find(out, resume, title)
    if found.checkpoint is not None:
        check_same_recipe(recipe, found.checkpoint)
    return found


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Train in a folder where no other run does: two would remove each other's checkpoints.

    Raises:
        BadOutput: another run trains there.
    """
    existed = folder.exists()
    place = make_folder(folder).resolve()
    with _alone_among_threads(place), _open_locked(place / LOCK):
        try:
            yield
        finally:
            with suppress(OSError):  # still open on Windows, or gone with the whole folder
                (place / LOCK).unlink()
                if not existed:
                    place.rmdir()  # which leaves a folder with a run in it


@contextmanager
def _alone_among_threads(place: Path) -> Iterator[None]:
    """Locks of files do not keep the threads of one process apart."""
    with _guard:
        if place in _in_use:
            raise _refusal(place)
        _in_use.add(place)
    try:
        yield
    finally:
        _in_use.remove(place)


def _open_locked(path: Path) -> IO[bytes]:
    """A file that other processes cannot lock; once more where a run that ends has just removed it.

    The system forgets the lock of a killed process at once, and its loader processes do not inherit
    it.
    """
    try:
        file = path.open("wb")
    except OSError as error:
        raise BadOutput(f"cannot write into {path.parent}: {error}") from error
    try:
        _lock(file.fileno())
    except OSError as error:
        if error.errno in HELD:
            file.close()
            raise _refusal(path.parent) from error
        return file  # where a disk knows no locks, nobody is kept out
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
    file.close()
    return _open_locked(path)


def _refusal(folder: Path) -> BadOutput:
    return BadOutput(
        f"another run trains in {folder}; wait for it, or choose another folder with -o DIR"
    )


def _lock(handle: int) -> None:
    """Lock a file for this process, or fail at once."""
    if system.WINDOWS:
        import msvcrt

        locking: Any = msvcrt
        locking.locking(handle, locking.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def with_own_init(recipe: Recipe, folder: RunFolder) -> Recipe:
    """The recipe with the init that the resumed run began with, whatever is said of it now."""
    if folder.checkpoint is None:
        return recipe
    path = folder.checkpoint / "recipe.yaml"
    begun = read_tree(path.read_text("utf-8"), str(path)).get("init")
    return replace(recipe, init=read(InitConfig | None, begun, "init"))


def check_same_recipe(recipe: Recipe, checkpoint: Path) -> None:
    """Refuse to resume with another recipe than the checkpoint's, but for keys that may change."""
    path = checkpoint / "recipe.yaml"
    if not path.is_file():
        raise BadArgument(f"--resume: {checkpoint} has no recipe.yaml; use another checkpoint")
    before = read_tree(path.read_text("utf-8"), str(path))
    after = read_tree(dump_recipe(recipe), "the recipe")
    changed = [
        key
        for key in changed_keys(before, after)
        if not any(key == free or key.startswith(f"{free}.") for free in MAY_CHANGE)
    ]
    if changed:
        raise BadRecipe(
            f"{', '.join(changed)}: not as in the run of {checkpoint}, which cannot be resumed "
            "with another recipe; take its values back, or start a new run with -o DIR "
            f"init={checkpoint}"
        )


def _find(out: Path | None, resume: str, title: str) -> RunFolder:
    folder = Path("runs") / title if out is None else out
    last = find_checkpoint(folder, LAST)
    if Path(resume).is_file():  # once continued, the run goes on by itself
        return RunFolder(path=folder, checkpoint=last, published=None if last else Path(resume))
    if resume not in ("auto", "none"):
        return _named(out, Path(resume))
    if resume == "none" and last is not None:
        raise BadOutput(
            f"{folder} holds a run already; resume it (--resume auto), remove it, or choose "
            "another folder with -o DIR"
        )
    return RunFolder(path=folder, checkpoint=last)


def _named(out: Path | None, named: Path) -> RunFolder:
    last = find_checkpoint(named, LAST)
    if last is not None:
        return RunFolder(path=out or named, checkpoint=last)
    if not (named / "state.pt").is_file():
        raise BadArgument(
            f"--resume: {named} is neither a run nor a checkpoint; write auto, none, the folder of "
            "a run, one like RUN/checkpoints/step-000100, or a checkpoint file of AlphaGAN of 2026"
        )
    folder = named.resolve().parent.parent if out is None else out
    newest = find_checkpoint(folder, LAST)
    if newest is not None and newest.resolve() != named.resolve():
        raise BadOutput(
            f"{folder} has later checkpoints than {named.name}; give another folder with -o DIR"
        )
    return RunFolder(path=folder, checkpoint=named)
