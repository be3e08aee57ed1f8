"""Composition-1k: Adobe's 50 test foregrounds over 20 VOC pictures each, with their trimaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.core.types import Sample
from mattekit.data.composite_plan import Composite, Subject, plan
from mattekit.data.compositing import (
    RULES,
    Rule,
    behind,
    composite,
    read_colours,
    read_matte,
)
from mattekit.data.folders import here_or_in, require_files
from mattekit.data.matte_files import check_size
from mattekit.data.public_tests import COMPOSITION_1K, TEST_NAMES
from mattekit.data.sources.adobe import LICENCE
from mattekit.imaging.files import read_trimap
from mattekit.imaging.picture import to_float


@config
class Composition1kConfig:
    """The public test set Composition-1k, made while it is read, to the last bit as published."""

    name: Literal["composition1k"] = "composition1k"
    root: str
    """The folder Combined_Dataset, or the one it lies in."""
    backgrounds: str
    """Folder of the VOC 2012 pictures that test_bg_names.txt lists: JPEGImages."""
    backgrounds_per_foreground: int = 20
    """Composites of a foreground."""
    rule: Literal["adobe", "dim-2019", "alphagan-2020"] = "adobe"
    """Whose program the composites equal, see `mattekit prepare composite`."""

    def open(self) -> "Composition1k":
        test = here_or_in(here_or_in(Path(self.root), "Combined_Dataset"), "Test_set")
        require_files([test / TEST_NAMES, test / "test_bg_names.txt"], COMPOSITION_1K)
        subjects = plan(
            test,
            Path(self.backgrounds),
            split="test",
            per_foreground=self.backgrounds_per_foreground,
        )
        pictures = [(subject, each) for subject in subjects for each in subject.composites]
        untold = [each.name for _, each in pictures if each.trimap is None]
        if untold:
            raise BadData(
                f"{len(untold)} of {len(pictures)} composites have no trimap, such as {untold[0]}; "
                f"complete the folder trimaps of {test}, numbers are compared with these alone"
            )
        named = [
            path for one, each in pictures for path in (one.foreground, one.alpha, each.background)
        ]
        require_files(named, test)
        return Composition1k(pictures, RULES[self.rule])


@dataclass(frozen=True)
class Composition1k:
    """The composites in the order of the lists."""

    pictures: Sequence[tuple[Subject, Composite]]
    rule: Rule

    licence = LICENCE
    test_set = COMPOSITION_1K

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(subject.foreground.stem for subject, _ in self.pictures)

    def __len__(self) -> int:
        return len(self.pictures)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        subject, one = self.pictures[index]
        foreground, background = read_colours(subject.foreground), read_colours(one.background)
        alpha = read_matte(subject.alpha, foreground.shape[:2])
        assert one.trimap is not None
        trimap = read_trimap(one.trimap)
        check_size(subject.foreground, foreground.shape[:2], one.trimap, trimap)
        return Sample(
            image=to_float(composite(foreground, alpha, background, self.rule)),
            alpha=to_float(alpha),
            trimap=trimap,
            foreground=to_float(foreground),
            background=to_float(behind(background, foreground.shape[:2], self.rule)),
            name=one.name,
        )
