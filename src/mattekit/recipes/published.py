"""The published configuration of AlphaGAN (version of 2026), read as one of our recipes.

Every key keeps its meaning, as published.yaml lists them. What a run settles otherwise, such as
where logs go, is said in a note.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from mattekit.core.errors import BadRecipe
from mattekit.recipes.reading import apply_words, did_you_mean, read, read_file, set_value

SECTIONS = ("general", "train", "test")
LABELS = "dataset_labels.csv"
"""The table of pairs that the published program reads by default."""
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}

Tree = dict[str, Any]


@cache
def key_table() -> dict[str, Tree]:
    """What becomes of each published key."""
    return read_file(Path(__file__).with_name("published.yaml"))


def is_published(tree: Tree) -> bool:
    """Whether this is the published configuration and none of our recipes."""
    return "train" in tree and "network" not in tree and set(tree) <= {*SECTIONS, "presets"}


def converted(published: Tree, words: Sequence[str], ours: Tree) -> tuple[Tree, list[str]]:
    """The recipe that a published configuration asks for, and the words that are left to apply.

    Args:
        words: `labels=FILE` names the table of pairs; words about published keys change these.
        ours: the bundled recipe, which stays where the configuration is silent.
    """
    labels = LABELS
    published_words: list[str] = []
    rest: list[str] = []
    for word in words:
        key, _, value = word.partition("=")
        if key == "labels":
            labels = value
        else:
            (published_words if key.split(".")[0] in SECTIONS else rest).append(word)
    if _is_first(published):
        for path, value in ours["presets"]["readme"].items():
            set_value(ours, path, value)
    apply_words(published, published_words)
    notes: list[str] = []
    for path, value in sorted(_leaves(published), key=_is_switch):  # a switch has the last word
        notes += _apply(ours, path, value)
    for part in ("train", "valid"):
        set_value(ours, f"data.{part}.labels", labels)
        set_value(ours, f"data.{part}.root", ".")
    set_value(ours, "method.critic.trimap", "published")
    ours["notes"] = list(dict.fromkeys(notes))
    return ours, rest


def _is_first(published: Tree) -> bool:
    """Whether the file is of the version that the README prints, whose program was another one."""
    losses = published["train"].get("losses", {})
    return isinstance(losses, dict) and not {"lambda_alpha_g", "lambda_comp_g"}.isdisjoint(losses)


def _leaves(tree: Tree, path: str = "") -> list[tuple[str, Any]]:
    """Dotted keys with their values, section by section."""
    found: list[tuple[str, Any]] = []
    for key, value in tree.items():
        place = f"{path}.{key}" if path else key
        found += _leaves(value, place) if isinstance(value, dict) else [(place, value)]
    return found


def _is_switch(leaf: tuple[str, Any]) -> bool:
    return "function" in key_table().get(leaf[0], {})


def _apply(ours: Tree, path: str, value: Any) -> list[str]:
    """Put one published value where it belongs; notes on it."""
    table = key_table()
    if path not in table:
        raise BadRecipe(f"{path}: unknown key of a published recipe{did_you_mean(path, [*table])}")
    key = table[path]
    changes = dict.fromkeys(key.get("ours", ()), value)
    if "function" in key:
        changes = FUNCTIONS[key["function"]](path, value)
    for place, changed in changes.items():
        set_value(ours, place, changed)
    return [key["note"]] if "note" in key else []


def _normalisation(path: str, value: Any) -> Tree:
    """The network normalises by itself, so the published values alone are accepted."""
    wanted = IMAGENET[path.rpartition(".")[2]]
    if read(tuple[float, float, float], value, path) != wanted:
        raise BadRecipe(
            f"{path}: found {value}; the network normalises by itself, with {list(wanted)}, so "
            "leave the key out"
        )
    return {}


def _switch(on: Tree, off: Tree) -> Callable[[str, Any], Tree]:
    """What is set where a published switch is on, and where it is off."""
    return lambda path, value: on if read(bool, value, path) else off


def _unweighted(place: str) -> Callable[[str, Any], Tree]:
    """Where the first version kept the weight of a loss; it knew no regions, nor the last loss."""
    whole = {f"{place}.region": "whole", "losses.3.weight": "0"}
    return lambda path, value: {f"{place}.weight": value, **whole}


FUNCTIONS: dict[str, Callable[[str, Any], Tree]] = {
    "normalisation": _normalisation,
    "two_files": _switch(on={"checkpoint.keep": "1"}, off={}),
    "crop": lambda path, value: {"data.crop": [value], "data.size": value},  # not resampled
    "gan": _switch(on={}, off={"method.weight": "0"}),
    "amp": _switch(on={}, off={"precision": "32"}),
    "weighted_alpha": _switch(on={}, off={"losses.0.region": "whole"}),
    "weighted_composition": _switch(on={}, off={"losses.1.region": "whole"}),
    "unweighted_alpha": _unweighted("losses.0"),
    "unweighted_composition": _unweighted("losses.1"),
}
"""From the name of a published key and its value to values of our keys."""
