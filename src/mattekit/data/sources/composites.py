"""Composites on disk, with a folder for each plane or a list of their components."""

from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.data.composite_plan import foreground_of
from mattekit.data.compositing import RULES, RuleName
from mattekit.data.folders import Folder, has_subfolder, subfolder
from mattekit.data.lists import read_rows
from mattekit.data.matte_files import MatteFiles
from mattekit.data.planes import PlaneFiles, PlaneSource, planes_in
from mattekit.data.public_tests import TEST_NAMES, composition1k_in, public_test_set_in
from mattekit.data.sources.adobe import LICENCE


@config
class CompositesConfig:
    """Composites on disk with foreground, background and alpha of the same names (DIM-2019)."""

    name: Literal["composites", "comp"] = "composites"
    root: str
    """Folder that contains image, fg, bg, alpha and optionally trimap."""
    band: tuple[int, int] = (2, 30)
    """Width of the unknown band on either side of the edge, in pixels, where there is no trimap."""
    licence: str = LICENCE
    """Terms of the pictures, for the model card."""

    def open(self) -> PlaneSource:
        root = Path(self.root)
        trimap = "trimap" if has_subfolder(root, "trimap") else None
        pictures = planes_in(
            root, image="image", alpha="alpha", trimap=trimap, foreground="fg", background="bg"
        )
        stems = [foreground_of(picture.name) for picture in pictures]
        lists = [folder / TEST_NAMES for folder in (root, root.parent)]
        return PlaneSource(
            pictures=pictures,
            foregrounds=stems,
            band=self.band,
            licence=self.licence,
            test_set=public_test_set_in(root) or composition1k_in(stems, lists),
        )


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
    licence: str = LICENCE
    """Terms of the pictures, for the model card."""

    def open(self) -> PlaneSource:
        root = Path(self.root)
        alphas, colours, merged = (
            Folder(subfolder(root, name)) for name in ("alpha", "fg", "merged_cv")
        )
        foregrounds, backgrounds, composites = zip(
            *read_rows(root / self.list_file, 3), strict=True
        )
        stems = [Path(name).stem for name in foregrounds]
        pictures = [
            PlaneFiles(MatteFiles(image, alpha), foreground, background, RULES[self.rule])
            for image, alpha, foreground, background in zip(
                merged.all_of(composites),
                alphas.all_of(foregrounds),
                colours.all_of(foregrounds),
                self._backgrounds(backgrounds),
                strict=True,
            )
        ]
        return PlaneSource(
            pictures=pictures,
            foregrounds=stems,
            band=self.band,
            licence=self.licence,
            test_set=composition1k_in(stems, [root / TEST_NAMES]),
        )

    def _backgrounds(self, names: tuple[str, ...]) -> list[Path | None]:
        if self.backgrounds is None:
            return [None] * len(names)
        return [*Folder(Path(self.backgrounds)).all_of(names)]
