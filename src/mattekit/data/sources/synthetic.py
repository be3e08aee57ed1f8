"""Procedural scenes as a data set: no files, exact planes, any number of them."""

from typing import Annotated, Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.types import Sample
from mattekit.data.augmentation.chance import Limited, Within
from mattekit.synthetic.scene import scene
from mattekit.synthetic.screens import screen_scene

PROCEDURAL = "procedural pictures made by mattekit"
NOTHING_FOREIGN = f"{PROCEDURAL}; no third-party material"


@config
class SyntheticConfig(Limited):
    """Procedural scenes with exact alpha, foreground and background; nothing to download."""

    name: Literal["synthetic"] = "synthetic"
    count: Annotated[int, Within(1)] = 64
    """Scenes in an epoch."""
    size: Annotated[int, Within(16)] = 512
    """Height and width of a scene in pixels."""
    seed: Annotated[int, Within(0)] = 0
    """Different seeds give different scenes; train and validate on different seeds."""
    endless: bool = False
    """Draw new scenes in every epoch; `count` is then only the length of an epoch."""

    screen: bool = False
    """Before lit green and blue screens, as a camera films them."""

    def open(self) -> "SyntheticSource":
        return SyntheticSource(self)


class SyntheticSource:
    """Scenes numbered from 0; a number always gives the same scene, unless they are endless."""

    licence = NOTHING_FOREIGN

    def __init__(self, config: SyntheticConfig) -> None:
        self.config = config
        self.names = tuple(f"scene-{config.seed}-{index}" for index in range(config.count))

    def __len__(self) -> int:
        return len(self.names)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        number = int(rng.integers(2**62)) if self.config.endless else index
        own = np.random.SeedSequence((self.config.seed, number))
        draw = screen_scene if self.config.screen else scene
        return draw(int(own.generate_state(1)[0]), self.config.size)
