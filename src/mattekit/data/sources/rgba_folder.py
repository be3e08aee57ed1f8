"""A folder of cut-outs (pictures with an alpha channel) over a folder of backgrounds."""

from dataclasses import field
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.data.folders import pictures_below
from mattekit.data.matte_files import MatteFiles
from mattekit.data.pairs import CompositionConfig, Pairing, PairSource, make_pairs
from mattekit.data.public_tests import public_test_set_in


@config
class RgbaFolderConfig:
    """Cut-outs with transparency, composited on the fly over backgrounds."""

    name: Literal["rgba_folder"] = "rgba_folder"
    foregrounds: str
    """Folder of pictures with an alpha channel, searched with its sub-folders."""
    backgrounds: str
    """Folder of pictures without a subject, searched with its sub-folders."""
    backgrounds_per_foreground: int = 5
    """Pictures of every cut-out in an epoch."""
    pairing: Pairing = "drawn"
    """drawn: a random background each time; listed: the next by name, the same in every epoch."""
    composition: CompositionConfig = field(default_factory=CompositionConfig)
    licence: str = "not stated"
    """Terms of the pictures, for the model card."""

    def open(self) -> PairSource:
        foregrounds = pictures_below(self.foregrounds)
        backgrounds = pictures_below(self.backgrounds)
        return PairSource(
            foregrounds=[MatteFiles(path) for path in foregrounds],
            backgrounds=backgrounds,
            pairs=make_pairs(
                len(foregrounds), len(backgrounds), self.backgrounds_per_foreground, self.pairing
            ),
            composition=self.composition,
            licence=self.licence,
            test_set=public_test_set_in(Path(self.foregrounds)),
        )
