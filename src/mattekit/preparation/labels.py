"""The table `original,trimap,mask,background,split`: which subject is seen before what, and when.

One row is one sample, so there is a row for every background. The published program split the rows,
and nearly every subject came to stand on both sides; here a subject is on one side, unless rows are
asked for.
"""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from mattekit.batch.files import by_stem
from mattekit.core.atomic import replacing
from mattekit.core.errors import BadArgument, BadData
from mattekit.data.folders import Folder, pictures_below
from mattekit.data.lists import LABEL_COLUMNS

SplitBy = Literal["foreground", "row"]
PUBLISHED_SEED = 1669


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What was written, and which files were of no use."""

    train: int
    test: int
    """Rows of either split."""
    incomplete: tuple[str, ...]
    """Stems that lack one of the planes."""


def prepare_labels(
    fg_path: str | os.PathLike[str],
    bg_path: str | os.PathLike[str],
    output_path: str | os.PathLike[str],
    required_fg: Sequence[str] = ("mask", "trimap", "original"),
    test_ratio: float = 0.2,
    *,
    split_by: str = "foreground",
    seed: int = PUBLISHED_SEED,
) -> Labels:
    """Give every background a random foreground and every row a split, and write them as CSV.

    The same seed and the same names give the same file, wherever and in whatever order they lie.

    Args:
        fg_path: folder with a sub-folder for each of `required_fg`, the same stems in all.
        bg_path: folder of backgrounds, searched with its sub-folders.
    """
    _check(test_ratio, split_by, seed)
    folders = {name: Folder(Path(fg_path) / name) for name in dict.fromkeys(required_fg)}
    planes = {name: by_stem(folder.pictures) for name, folder in folders.items()}
    if not set(planes) >= {"original", "trimap", "mask"}:
        raise BadArgument(f"the columns need original, trimap and mask, not {', '.join(planes)}")
    backgrounds = pictures_below(Path(bg_path))
    complete = sorted(set.intersection(*map(set, planes.values())))
    if not complete:
        raise BadData(f"no picture in {fg_path} has all of {', '.join(planes)}; pair them by stem")
    rng = np.random.default_rng(seed)
    chosen = [complete[number] for number in rng.integers(len(complete), size=len(backgrounds))]
    pairs = [(chosen[number], backgrounds[number]) for number in rng.permutation(len(chosen))]
    if split_by == "row":
        last = int(len(pairs) * (1 - test_ratio))
        split = {"train": pairs[:last], "test": pairs[last:]}
    else:
        split = _by_foreground(pairs, complete, test_ratio, rng)
    if test_ratio and not split["test"]:
        raise BadData(
            f"{len(set(chosen))} subjects before {len(backgrounds)} backgrounds leave no row for "
            "the test split; add subjects or backgrounds, or give a test ratio of 0"
        )
    columns = LABEL_COLUMNS[:3]
    rows = [
        [*(planes[plane][stem].as_posix() for plane in columns), background.as_posix(), name]
        for name, part in split.items()
        for stem, background in part
    ]
    with replacing(output_path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([LABEL_COLUMNS, *rows])
    incomplete = sorted(set().union(*planes.values()) - {*complete})
    return Labels(train=len(split["train"]), test=len(split["test"]), incomplete=tuple(incomplete))


def _check(test_ratio: float, split_by: str, seed: int) -> None:
    if not 0 <= test_ratio < 1:
        raise BadArgument(f"a test ratio of {test_ratio} is no share; give 0 or more, less than 1")
    if split_by not in get_args(SplitBy):
        raise BadArgument(f"cannot split by '{split_by}'; choose {' or '.join(get_args(SplitBy))}")
    if seed < 0:
        raise BadArgument(f"the seed {seed} is negative; give 0 or more")


def _by_foreground(
    pairs: list[tuple[str, Path]], stems: list[str], test_ratio: float, rng: np.random.Generator
) -> dict[str, list[tuple[str, Path]]]:
    """No foreground in both; the share is one of foregrounds, and those that no background drew
    have no say."""
    drawn = {stem for stem, _ in pairs}
    order = [stems[number] for number in rng.permutation(len(stems)) if stems[number] in drawn]
    last = round(len(order) * (1 - test_ratio))
    if test_ratio and len(order) > 1:
        last = min(max(last, 1), len(order) - 1)
    train = set(order[:last])
    return {
        "train": [pair for pair in pairs if pair[0] in train],
        "test": [pair for pair in pairs if pair[0] not in train],
    }
