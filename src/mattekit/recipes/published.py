"""The published configuration of AlphaGAN (version of 2026), read as one of our recipes.

Every key keeps its meaning. What a run settles otherwise, such as where logs go, is said in a note.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mattekit.core.errors import BadRecipe
from mattekit.recipes.reading import apply_words, did_you_mean, read, set_value

SECTIONS = ("general", "train", "test")
LABELS = "dataset_labels.csv"
"""The table of pairs that the published program reads where nobody names another."""
IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}

Tree = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Key:
    """What becomes of a published key."""

    ours: tuple[str, ...] = ()
    """Our keys that take its value as it is."""
    turned: Callable[[Any], Tree] | None = None
    """Or: from its value to the values of our keys."""
    note: str = ""
    """Or: why it has none."""


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
    theirs: list[str] = []
    rest: list[str] = []
    for word in words:
        key, _, value = word.partition("=")
        if key == "labels":
            labels = value
        else:
            (theirs if key.split(".")[0] in SECTIONS else rest).append(word)
    if _is_first(published):
        for path, value in ours["presets"]["readme"].items():
            set_value(ours, path, value)
    apply_words(published, theirs)
    notes: list[str] = []
    for path, value in sorted(_leaves(published), key=_is_switch):  # a switch has the last word
        notes += _take(ours, path, value)
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
    return leaf[0] in KEYS and KEYS[leaf[0]].turned is not None


def _take(ours: Tree, path: str, value: Any) -> list[str]:
    """Put one published value where it belongs; notes on it."""
    if path not in KEYS:
        raise BadRecipe(f"{path}: unknown key of a published recipe{did_you_mean(path, [*KEYS])}")
    key = KEYS[path]
    changes = dict.fromkeys(key.ours, value)
    if key.turned is not None:
        changes = key.turned(value)
    for place, changed in changes.items():
        set_value(ours, place, changed)
    return [key.note] if key.note else []


def _normalisation(name: str) -> Key:
    def check(value: Any) -> Tree:
        if read(tuple[float, float, float], value, f"general.{name}") != IMAGENET[name]:
            raise BadRecipe(
                f"general.{name}: found {value}; the network normalises by itself, with "
                f"{list(IMAGENET[name])}, so leave the key out"
            )
        return {}

    return Key(turned=check)


def _colab(value: Any) -> Tree:
    two_files = read(bool, value, "general.colab.use_colab")
    return {"checkpoint.keep": "1"} if two_files else {}


def _gan(value: Any) -> Tree:
    return {} if read(bool, value, "train.use_gan_loss") else {"method.weight": "0"}


def _amp(value: Any) -> Tree:
    return {} if read(bool, value, "train.amp.use_amp") else {"precision": "32"}


def _weighted(place: str) -> Callable[[Any], Tree]:
    """Weights of regions, or every pixel alike."""

    def turned(value: Any) -> Tree:
        wanted = read(bool, value, "use_weighted_option")
        return {} if wanted else {f"{place}.region": "whole"}

    return turned


def _unweighted(place: str) -> Callable[[Any], Tree]:
    """Where the first version kept the weight of a loss; it knew no regions, nor the last loss."""
    return lambda value: {
        f"{place}.weight": value,
        f"{place}.region": "whole",
        "losses.3.weight": "0",
    }


def _schedule(part: str, ours: str, optimiser: str) -> dict[str, Key]:
    place = f"train.{part}.scheduler"
    return {
        f"{place}.start_lr": Key(ours=(f"{ours}.low", f"{optimiser}.lr")),
        f"{place}.end_lr": Key(ours=(f"{ours}.high",)),
        f"{place}.step_size_up": Key(ours=(f"{ours}.up.steps",)),
    }


LOG_NOTE = "log_dir: logs lie in the run's own folder (--out DIR), in tensorboard/ and log.jsonl"
TEST_NOTE = (
    "test.logging: scores are logged once a validation; validate.save_predictions keeps pictures"
)
KEYS: dict[str, Key] = {
    "general.random_seed": Key(ours=("seed",)),
    "general.mean": _normalisation("mean"),
    "general.std": _normalisation("std"),
    "general.batch_size": Key(ours=("batch",)),
    "general.checkpoints_dir": Key(
        note="checkpoints_dir: checkpoints lie in the run's own folder (--out DIR), in checkpoints/"
    ),
    "general.log_dir": Key(note=LOG_NOTE),
    "train.logging.log_dir": Key(note=LOG_NOTE),
    "general.colab.use_colab": Key(turned=_colab),
    "general.colab.best_chkp_name": Key(note="colab: the two checkpoints are called best and last"),
    "general.colab.last_chkp_name": Key(note="colab: the two checkpoints are called best and last"),
    "train.save_chkp_n_epoches": Key(ours=("checkpoint.every.epochs",)),
    "train.crop_size": Key(
        turned=lambda value: {"data.crop": [value], "data.size": value}  # one side, not resampled
    ),
    "train.epoches": Key(ours=("length.epochs",)),
    "train.D.update_n_batches": Key(ours=("method.update_every",)),
    **_schedule("D", "method.schedule", "method.optimiser"),
    **_schedule("G", "schedule", "optimiser"),
    "train.optimizer.weight_decay": Key(
        ours=("optimiser.weight_decay", "method.optimiser.weight_decay")
    ),
    "train.logging.log_io_n_batches": Key(ours=("log.pictures.steps",)),
    "train.logging.klog_io_n_batches": Key(
        ours=("log.pictures.steps",), note="klog_io_n_batches was read as log_io_n_batches"
    ),
    "train.logging.log_lr_n_batches": Key(ours=("log.rates.steps",)),
    "train.logging.log_curr_loss_n_batches": Key(ours=("log.losses.steps",)),
    "train.logging.log_grad_n_batches": Key(ours=("log.gradients.steps",)),
    "train.logging.log_random_weights_n_batches": Key(ours=("log.weights.steps",)),
    "train.losses.lambda_gan_g": Key(ours=("method.weight",)),
    "train.losses.lambda_alpha_g": Key(turned=_unweighted("losses.0")),
    "train.losses.lambda_comp_g": Key(turned=_unweighted("losses.1")),
    "train.losses.lambda_lap_g": Key(ours=("losses.2.weight",)),
    "train.losses.lambda_grad_g": Key(ours=("losses.3.weight",)),
    "train.losses.alpha_loss.lambda_alpha_g": Key(ours=("losses.0.weight",)),
    "train.losses.alpha_loss.unknown_weight": Key(ours=("losses.0.region.unknown",)),
    "train.losses.alpha_loss.bg_weight": Key(ours=("losses.0.region.background",)),
    "train.losses.alpha_loss.fg_weight": Key(ours=("losses.0.region.foreground",)),
    "train.losses.alpha_loss.use_weighted_option": Key(turned=_weighted("losses.0")),
    "train.losses.compos_loss.lambda_comp_g": Key(ours=("losses.1.weight",)),
    "train.losses.compos_loss.unknown_weight": Key(ours=("losses.1.region.unknown",)),
    "train.losses.compos_loss.fg_weight": Key(ours=("losses.1.region.foreground",)),
    "train.losses.compos_loss.use_weighted_option": Key(turned=_weighted("losses.1")),
    "train.amp.dtype": Key(ours=("precision",)),
    "train.amp.use_amp": Key(turned=_amp),
    "train.amp.use_grad_scaler": Key(
        note="use_grad_scaler: gradients are scaled whenever precision is fp16, and only then"
    ),
    "train.use_gan_loss": Key(turned=_gan),
    "test.crop_size": Key(ours=("validate.crop",)),
    "test.resize_size": Key(
        ours=("validate.crop",),
        note="test.resize_size, which the published program never read, is the size of validation",
    ),
    "test.logging.log_curr_mets_n_batches": Key(note=TEST_NOTE),
    "test.logging.log_io_n_batches": Key(note=TEST_NOTE),
    "test.logging.klog_io_n_batches": Key(note=TEST_NOTE),
}
"""Every key of the published configurations, of the page and of the file."""
