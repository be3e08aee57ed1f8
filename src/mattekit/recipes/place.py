"""Where a run is kept and what it goes on from: `--out` and `--resume`."""

from dataclasses import dataclass
from pathlib import Path

from mattekit.core.errors import BadArgument, BadOutput, BadRecipe
from mattekit.recipes.reading import read_tree
from mattekit.recipes.recipe import Recipe, changed_keys, dump_recipe
from mattekit.training.state import LAST

MAY_CHANGE = ("length", "log", "checkpoint", "validate", "data.workers", "data.valid", "notes")
"""Keys that a resumed run may have otherwise than before."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A run's folder, and the checkpoint it goes on from, if any."""

    folder: Path
    checkpoint: Path | None = None


def choose_place(recipe: Recipe, *, out: Path | None, resume: str, title: str) -> Place:
    """The place for `--out DIR` and `--resume auto|none|DIR`; refuses what cannot go on."""
    place = _find_place(out, resume, title)
    if place.checkpoint is not None:
        check_same_recipe(recipe, place.checkpoint)
    return place


def check_same_recipe(recipe: Recipe, checkpoint: Path) -> None:
    """Refuse to go on with another recipe than the checkpoint's, but for keys that may change."""
    path = checkpoint / "recipe.yaml"
    if not path.is_file():
        raise BadArgument(f"--resume: {checkpoint} has no recipe.yaml; use another checkpoint")
    before = read_tree(path.read_text(), str(path))
    after = read_tree(dump_recipe(recipe), "the recipe")
    changed = [
        key
        for key in changed_keys(before, after)
        if not any(key == free or key.startswith(f"{free}.") for free in MAY_CHANGE)
    ]
    if changed:
        raise BadRecipe(
            f"{', '.join(changed)} differ from the run in {checkpoint}, which cannot go on with "
            "another recipe; take its values back, or begin a new run with --out DIR "
            f"init={checkpoint}"
        )


def _find_place(out: Path | None, resume: str, title: str) -> Place:
    if resume not in ("auto", "none"):
        return _named_place(out, Path(resume))
    folder = Path("runs") / title if out is None else out
    last = _last(folder)
    if resume == "none" and last is not None:
        raise BadOutput(
            f"{folder} holds a run already; go on with it (--resume auto), remove it, or choose "
            "another folder with --out"
        )
    return Place(folder=folder, checkpoint=last)


def _named_place(out: Path | None, named: Path) -> Place:
    last = _last(named)
    if last is not None:
        return Place(folder=out or named, checkpoint=last)
    if not (named / "state.pt").is_file():
        raise BadArgument(
            f"--resume: {named} is neither a run nor a checkpoint; write auto, none, the folder of "
            "a run, or one like RUN/checkpoints/step-000100"
        )
    folder = named.resolve().parent.parent if out is None else out
    newest = _last(folder)
    if newest is not None and newest.resolve() != named.resolve():
        raise BadOutput(
            f"{folder} has later checkpoints than {named.name}; give another folder with --out"
        )
    return Place(folder=folder, checkpoint=named)


def _last(folder: Path) -> Path | None:
    note = folder / "checkpoints" / LAST
    return note.parent / note.read_text().strip() if note.is_file() else None
