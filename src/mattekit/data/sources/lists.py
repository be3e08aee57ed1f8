"""Text files that list composites, pictures, or foregrounds and backgrounds."""

from collections.abc import Sequence
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.data.compositing import RULES, RuleName
from mattekit.data.folders import (
    TEST_NAMES,
    Folder,
    composition1k_in,
    has_subfolder,
    public_test_set_in,
    require_files,
    subfolder,
)
from mattekit.data.lists import read_names, read_rows
from mattekit.data.matte_files import MatteFiles, MatteSource, partners_in
from mattekit.data.pairs import CompositionConfig, Pair, PairSource
from mattekit.data.sources.adobe import LICENCE as ADOBE


@config
class ListedCompositesConfig:
    """Composites on disk, listed with their foreground and background (AlphaGAN-2020)."""

    name: Literal["composites_listed", "merged"] = "composites_listed"
    root: str
    """Folder with the folders alpha, fg and merged_cv."""
    list_file: str = "training_set.txt"
    """List with foreground, background and composite in each row; relative to `root`."""
    backgrounds: str | None = None
    """Folder of the listed backgrounds; by default samples have no background plane."""
    rule: RuleName = "alphagan-2020"
    """The program that made the composites; it determines the part of a background they show."""
    band: tuple[int, int] = (2, 30)
    """Least and largest width of the unknown band on either side of the edge, in pixels."""
    licence: str = ADOBE
    """Terms of the pictures, for the model card."""

    def open(self) -> MatteSource:
        root = Path(self.root)
        alphas, colours, merged = (
            Folder(subfolder(root, name)) for name in ("alpha", "fg", "merged_cv")
        )
        foregrounds, backgrounds, composites = zip(
            *read_rows(root / self.list_file, 3), strict=True
        )
        behind: Sequence[Path | None] = [None] * len(backgrounds)
        if self.backgrounds is not None:
            behind = Folder(Path(self.backgrounds)).all_of(backgrounds)
        layers = merged.all_of(composites), alphas.all_of(foregrounds), colours.all_of(foregrounds)
        stems = [Path(name).stem for name in foregrounds]
        return MatteSource(
            pictures=[
                MatteFiles(image, alpha, None, foreground, background, RULES[self.rule])
                for image, alpha, foreground, background in zip(*layers, behind, strict=True)
            ],
            foregrounds=stems,
            band=self.band,
            licence=self.licence,
            test_set=composition1k_in(stems, [root / TEST_NAMES]),
        )


@config
class PictureListConfig:
    """A list of pictures and trimaps, with true alphas in a folder."""

    name: Literal["picture_list", "samplenet"] = "picture_list"
    root: str
    """Root of the paths in the list; true alphas are in its folder alpha."""
    list_file: str = "val_set.txt"
    """Rows of picture and trimap; or of picture, alpha, trimap, foreground and background."""
    licence: str = "not stated"
    """Terms of the pictures, for the model card."""

    def open(self) -> MatteSource:
        root = Path(self.root)
        rows = read_rows(root / self.list_file, 2, 5)
        columns = [[root / cell for cell in column] for column in zip(*rows, strict=True)]
        if len(columns) == 2:
            columns.insert(1, self._alphas(root, columns[0]))
        require_files([*columns[0], *columns[2]], root / self.list_file)
        return MatteSource(
            pictures=[MatteFiles(*row) for row in zip(*columns, strict=True)],
            licence=self.licence,
            test_set=public_test_set_in(root),
        )

    def _alphas(self, root: Path, images: list[Path]) -> list[Path]:
        if not has_subfolder(root, "alpha"):
            raise BadData(
                f"the list in {root} names pictures and trimaps but no true alphas; put them into "
                f"{root / 'alpha'} with the same names, or only predict: mattekit predict --list"
            )
        return partners_in(root, "alpha", images)


@config
class SampleNetTrainConfig:
    """Listed foregrounds over listed backgrounds, often two foregrounds at once."""

    name: Literal["samplenet_train"] = "samplenet_train"
    root: str
    """Folder of the lists, and root of their paths."""
    split: Literal["train", "validation"] = "train"
    """train: an epoch has one sample per background, with a random foreground; validation: the two
    lists have the same length and are paired line by line."""
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
        files = [[root / cell for cell in row] for row in rows]
        backgrounds = [root / name for name in read_names(root / f"bg_{word}_set.txt")]
        require_files([*(path for row in files for path in row), *backgrounds], f"a list in {root}")
        return PairSource(
            foregrounds=[MatteFiles(colours, alpha) for colours, alpha in files],
            backgrounds=backgrounds,
            pairs=self._pairs(len(files), len(backgrounds)),
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
