"""Procedural scenes as a data set: no files, exact planes, any number of them."""

from typing import Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.types import Sample
from mattekit.synthetic.scene import scene
from mattekit.synthetic.screens import screen_scene


class SyntheticSource:
    """Scenes numbered from 0; a number always gives the same scene, unless they are endless."""

    licence = "procedural pictures made by mattekit; no third-party material"

    def __init__(
        self, *, count: int, size: int, seed: int, endless: bool, screen: bool = False
    ) -> None:
        self.size = size
        self.seed = seed
        self.endless = endless
        self.draw = screen_scene if screen else scene
        self.names = tuple(f"scene-{seed}-{index}" for index in range(count))

    def __len__(self) -> int:
        return len(self.names)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        number = int(rng.integers(2**62)) if self.endless else index
        own = np.random.SeedSequence((self.seed, number))
        return self.draw(int(own.generate_state(1)[0]), self.size)


@config
class SyntheticConfig:
    """Procedural scenes with exact alpha, foreground and background; nothing to download."""

    name: Literal["synthetic"] = "synthetic"
    count: int = 64
    """Scenes in an epoch."""
    size: int = 512
    """Height and width of a scene in pixels."""
    seed: int = 0
    """Different seeds give different scenes; train and validate on different seeds."""
    endless: bool = False
    """Draw new scenes in every epoch; `count` is then only the length of an epoch."""

    screen: bool = False
    """Before lit green and blue screens, as a camera films them."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.size < 16 or self.seed < 0:
            raise ValueError("count must be at least 1, size at least 16 and seed at least 0")

    def open(self) -> SyntheticSource:
        return SyntheticSource(
            count=self.count,
            size=self.size,
            seed=self.seed,
            endless=self.endless,
            screen=self.screen,
        )
