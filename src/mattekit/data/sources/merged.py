"""Composites made beforehand with a list of what they are made of: Train/{alpha,fg,merged_cv}."""

from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.data.compositing import RULES
from mattekit.data.folders import Folder, subfolder
from mattekit.data.lists import read_rows
from mattekit.data.matte_files import MatteFiles
from mattekit.data.planes import PlaneFiles, PlaneSource
from mattekit.data.public_tests import TEST_NAMES, composition1k_in
from mattekit.data.sources.adobe import LICENCE


@config
class MergedConfig:
    """Composites on disk, listed with their foreground and background (AlphaGAN-2020)."""

    name: Literal["merged"] = "merged"
    root: str
    """Folder with the folders alpha, fg and merged_cv."""
    list_file: str = "training_set.txt"
    """List of foreground, background and composite, one row each; looked for in `root`."""
    backgrounds: str | None = None
    """Folder of the listed backgrounds; without it samples have no background of their own."""
    rule: Literal["adobe", "dim-2019", "alphagan-2020"] = "alphagan-2020"
    """Whose program made the composites; it says which part of a background they show."""
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
        rule = RULES[self.rule]
        pictures = [
            PlaneFiles(image.stem, MatteFiles(image, alpha), foreground, background, rule)
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
