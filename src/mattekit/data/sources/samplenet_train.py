"""Foregrounds and backgrounds as SampleNet's training lists them: fg_train_set.txt and others."""

from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.data.folders import require_files
from mattekit.data.lists import read_names, read_rows
from mattekit.data.matte_files import MatteFiles
from mattekit.data.pairs import CompositionConfig, Pair, PairSource
from mattekit.data.public_tests import public_test_set_in


@config
class SampleNetTrainConfig:
    """Listed foregrounds over listed backgrounds, often two foregrounds at once."""

    name: Literal["samplenet_train"] = "samplenet_train"
    root: str
    """Folder of the lists, at which their paths start."""
    split: Literal["train", "validation"] = "train"
    """train: as many samples an epoch as backgrounds, each over one drawn at random; validation:
    the two lists have the same length and meet line by line."""
    composition: CompositionConfig = field(
        default_factory=partial(
            CompositionConfig,
            placement="random",
            two_foregrounds=0.5,
            band=(2, 17),
            tolerance=9.5 / 255,
        )
    )
    licence: str = "not stated"
    """Terms of the pictures, for the model card."""

    def open(self) -> PairSource:
        root = Path(self.root)
        word = "train" if self.split == "train" else "val"
        rows = read_rows(root / f"fg_{word}_set.txt", 2)
        foregrounds = [MatteFiles(root / colours, root / alpha) for colours, alpha in rows]
        backgrounds = [root / name for name in read_names(root / f"bg_{word}_set.txt")]
        files = [path for each in foregrounds for path in (each.colours, each.alpha) if path]
        require_files([*files, *backgrounds], f"a list in {root}")
        return PairSource(
            foregrounds=foregrounds,
            backgrounds=backgrounds,
            pairs=self._pairs(len(foregrounds), len(backgrounds)),
            composition=self.composition,
            licence=self.licence,
            test_set=public_test_set_in(root),
        )

    def _pairs(self, foregrounds: int, backgrounds: int) -> list[Pair]:
        if self.split == "train":
            return [Pair(number % foregrounds) for number in range(backgrounds)]
        if foregrounds != backgrounds:
            raise BadData(
                f"{self.root} lists {foregrounds} foregrounds and {backgrounds} backgrounds for "
                "validation; the lists must have the same length"
            )
        return [Pair(number, number) for number in range(backgrounds)]
