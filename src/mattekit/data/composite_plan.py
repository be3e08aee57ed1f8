"""Which foreground is composited on which backgrounds, by the lists of the data set if present.

Foreground number i is combined with the lines i N ... i N + N - 1 of the list of backgrounds and
gives NAME_0 ... NAME_N-1, in the order of its own list, which also numbers the trimaps of the test
set. Without lists foregrounds are ordered by name and backgrounds are drawn.
"""

import re
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Literal

import numpy as np

from mattekit.core.errors import BadArgument, BadData
from mattekit.data.folders import Folder, has_subfolder, here_or_in, subfolder
from mattekit.data.lists import read_names

Split = Literal["train", "test"]

PLACES = {"train": "Training_set", "test": "Test_set"}
LISTS = {"train": "training_{}_names.txt", "test": "test_{}_names.txt"}
BACKGROUNDS = {"train": 100, "test": 20}
"""Composites of a foreground in the published sets."""
NUMBERED = re.compile(r"(.+)_\d{1,3}")
"""Name of a composite: its foreground, and the number of its background, which is below 1,000."""
COCO_2014 = "COCO_train2014_"
"""Prefix of the names of COCO 2014; those of 2017 have none."""


@dataclass(frozen=True, kw_only=True)
class Composite:
    """One picture to make."""

    name: str
    background: Path
    trimap: Path | None


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A foreground and its composites."""

    foreground: Path
    alpha: Path
    composites: tuple[Composite, ...]


class _Set:
    """A folder with the folders fg, alpha and trimaps."""

    def __init__(self, folder: Path) -> None:
        self.foregrounds = Folder(subfolder(folder, "fg"))
        self.alphas = Folder(subfolder(folder, "alpha"))
        trimaps = has_subfolder(folder, "trimaps")
        self.trimaps = Folder(subfolder(folder, "trimaps")) if trimaps else None

    def subject(self, name: str, backgrounds: list[Path]) -> Subject:
        """The foreground of that name and its composites; missing files keep their place."""
        names = [f"{Path(name).stem}_{k}" for k in range(len(backgrounds))]
        return Subject(
            foreground=self.foregrounds.find(name) or self.foregrounds.path / name,
            alpha=self.alphas.find(name) or self.alphas.path / name,
            composites=tuple(
                Composite(
                    name=each,
                    background=background,
                    trimap=self.trimaps.find(each) if self.trimaps else None,
                )
                for each, background in zip(names, backgrounds, strict=True)
            ),
        )


def plan(
    root: Path,
    backgrounds: Path,
    *,
    split: Split = "train",
    per_foreground: int | None = None,
    seed: int = 0,
) -> list[Subject]:
    """All foregrounds of a split with their backgrounds; missing files keep their place.

    Args:
        root: the set as delivered, or a folder with `fg` and `alpha`.
        backgrounds: folder of pictures.
        per_foreground: by default 100 of the training and 20 of the test set.
        seed: of the random backgrounds where there is no list.
    """
    times = BACKGROUNDS[split] if per_foreground is None else per_foreground
    if times < 1 or seed < 0:
        raise BadArgument(
            f"{times} backgrounds per foreground and the seed {seed}; expected at least 1 and 0"
        )
    place = here_or_in(here_or_in(root, "Combined_Dataset"), PLACES[split])
    fg_list, bg_list = (place / LISTS[split].format(layer) for layer in ("fg", "bg"))
    sets = [_Set(folder) for folder in _folders_of_sets(place)]
    if fg_list.is_file():
        names = read_names(fg_list)
    else:
        names = [path.name for each in sets for path in each.foregrounds.pictures]
    _check_names(names)
    behind = backgrounds_in_order(Folder(backgrounds), bg_list, seed)
    if bg_list.is_file() and len(behind) < len(names) * times:
        raise BadData(
            f"{bg_list} lists {len(behind)} backgrounds, but {len(names)} foregrounds with {times} "
            f"each take {len(names) * times}; lower the number per foreground"
        )
    upcoming, subjects = cycle(behind), []
    for name in names:
        holder = next((each for each in sets if each.foregrounds.find(name)), sets[0])
        subjects.append(holder.subject(name, list(islice(upcoming, times))))
    return subjects


def foreground_of(stem: str) -> str:
    """The name of a composite's foreground.

    >>> foreground_of("wine glass_17"), foreground_of("m_00412018")
    ('wine glass', 'm_00412018')
    """
    match = NUMBERED.fullmatch(stem)
    return match[1] if match else stem


def _check_names(names: list[str]) -> None:
    """Refuse foregrounds of equal stem, whose composites would have the same names."""
    by_stem: dict[str, str] = {}
    for name in names:
        stem = Path(name).stem
        if stem in by_stem:
            raise BadData(
                f"{by_stem[stem]} and {name} would give composites of the same name; rename one"
            )
        by_stem[stem] = name


def _folders_of_sets(place: Path) -> list[Path]:
    """The folder itself or those in it that hold `fg` and `alpha`, by name: Adobe's, then Other."""
    if not place.is_dir():
        raise BadData(f"there is no folder {place}; give one that holds fg and alpha")
    candidates = [place, *sorted(path for path in place.iterdir() if path.is_dir())]
    found = [
        path for path in candidates if has_subfolder(path, "fg") and has_subfolder(path, "alpha")
    ]
    if not found:
        raise BadData(f"neither {place} nor a folder in it holds the folders fg and alpha")
    return found


def backgrounds_in_order(folder: Folder, names: Path, seed: int = 0) -> list[Path]:
    """The listed backgrounds, or without a list all of them in random order."""
    if not names.is_file():
        order = np.random.default_rng(seed).permutation(len(folder.pictures))
        return [folder.pictures[number] for number in order]
    return [
        folder.find(name) or folder.find(name.removeprefix(COCO_2014)) or folder.path / name
        for name in read_names(names)
    ]
