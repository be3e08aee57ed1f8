"""Text files that list pictures, or foregrounds and backgrounds, in SampleNet's format."""

from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.data.folders import has_subfolder, require_files
from mattekit.data.lists import read_names, read_rows
from mattekit.data.matte_files import MatteFiles
from mattekit.data.pairs import CompositionConfig, Pair, PairSource
from mattekit.data.planes import PlaneFiles, PlaneSource, plane_folder
from mattekit.data.public_tests import public_test_set_in


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

    def open(self) -> PlaneSource:
        root = Path(self.root)
        rows = [[root / cell for cell in row] for row in read_rows(root / self.list_file, 2, 5)]
        if len(rows[0]) == 2:
            rows = _with_alphas(root, rows)
        require_files([path for row in rows for path in (row[0], row[2])], root / self.list_file)
        return PlaneSource(
            pictures=[_planes(*row) for row in rows],
            licence=self.licence,
            test_set=public_test_set_in(root),
        )


def _planes(
    image: Path,
    alpha: Path,
    trimap: Path,
    foreground: Path | None = None,
    background: Path | None = None,
) -> PlaneFiles:
    return PlaneFiles(MatteFiles(image, alpha, trimap), foreground, background)


def _with_alphas(root: Path, rows: list[list[Path]]) -> list[list[Path]]:
    """Rows of picture and trimap, with the alphas of the same names between them."""
    if not has_subfolder(root, "alpha"):
        raise BadData(
            f"the list in {root} names pictures and trimaps but no true alphas; put them into "
            f"{root / 'alpha'} with the same names, or only predict: mattekit predict --list"
        )
    alphas = plane_folder(root, "alpha", [row[0] for row in rows])
    return [[image, alpha, trimap] for (image, trimap), alpha in zip(rows, alphas, strict=True)]


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
