"""Composites made beforehand with every plane beside them: comp/{image,fg,bg,alpha,trimap}."""

import re
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.data.folders import Folder, has_subfolder, subfolder
from mattekit.data.matte_files import MatteFiles
from mattekit.data.planes import PlaneFiles, PlaneSource
from mattekit.data.public_tests import TEST_NAMES, composition1k_in, public_test_set_in
from mattekit.data.sources.adobe import LICENCE

NUMBERED = re.compile(r"(.+)_\d{1,3}")
"""Name of a composite: its foreground, and the number of its background, which is below 1,000."""


@config
class CompConfig:
    """Composites on disk with foreground, background and alpha of the same names (DIM-2019)."""

    name: Literal["comp"] = "comp"
    root: str
    """Folder with the folders image, fg, bg and alpha; trimap where there is one."""
    band: tuple[int, int] = (2, 30)
    """Width of the unknown band on either side of the edge, in pixels, where no trimap is there."""
    licence: str = LICENCE
    """Terms of the pictures, for the model card."""

    def open(self) -> PlaneSource:
        root = Path(self.root)
        images = Folder(subfolder(root, "image")).pictures
        alphas, foregrounds, backgrounds = (
            Folder(subfolder(root, name)).partners(images) for name in ("alpha", "fg", "bg")
        )
        trimaps: list[Path | None] = [None] * len(images)
        if has_subfolder(root, "trimap"):
            trimaps = [*Folder(subfolder(root, "trimap")).partners(images)]
        planes = zip(images, alphas, trimaps, foregrounds, backgrounds, strict=True)
        stems = [foreground_of(path.stem) for path in images]
        lists = [folder / TEST_NAMES for folder in (root, root.parent)]
        return PlaneSource(
            pictures=[
                PlaneFiles(image.stem, MatteFiles(image, alpha, trimap), foreground, background)
                for image, alpha, trimap, foreground, background in planes
            ],
            foregrounds=stems,
            band=self.band,
            licence=self.licence,
            test_set=public_test_set_in(root) or composition1k_in(stems, lists),
        )


def foreground_of(stem: str) -> str:
    """The name of a composite's foreground.

    >>> foreground_of("wine glass_17"), foreground_of("m_00412018")
    ('wine glass', 'm_00412018')
    """
    match = NUMBERED.fullmatch(stem)
    return match[1] if match else stem
