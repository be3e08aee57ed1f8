"""Adobe Deep Image Matting as delivered: the training set, and Composition-1k."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.core.types import Sample
from mattekit.data.composite_plan import Composite, Subject, backgrounds_in_order, plan
from mattekit.data.compositing import (
    RULES,
    Rule,
    RuleName,
    behind,
    composite,
    read_colours,
    read_matte,
)
from mattekit.data.folders import (
    COMPOSITION_1K,
    TEST_NAMES,
    Folder,
    composition1k_in,
    here_or_in,
    require_files,
    subfolder,
)
from mattekit.data.matte_files import MatteFiles, check_size
from mattekit.data.pairs import CompositionConfig, Pairing, PairSource, make_pairs
from mattekit.imaging.files import read_trimap
from mattekit.imaging.picture import to_float

LICENCE = "Adobe Deep Image Matting data set: on request from its authors, not for commercial use"


@config
class AdobeConfig:
    """Adobe's training foregrounds over COCO, composited on the fly."""

    name: Literal["adobe"] = "adobe"
    root: str
    """The folder Combined_Dataset, or the one it lies in."""
    backgrounds: str
    """Folder of the COCO pictures that training_bg_names.txt lists: train2014 or train2017."""
    backgrounds_per_foreground: int = 100
    """Pictures of every foreground in an epoch."""
    pairing: Pairing = "listed"
    """listed: foreground i is paired with the i-th 100 lines of the list, as published; drawn: with
    random lines."""
    composition: CompositionConfig = field(
        default_factory=partial(CompositionConfig, placement="corner")
    )

    def open(self) -> PairSource:
        training = subfolder(here_or_in(Path(self.root), "Combined_Dataset"), "Training_set")
        names, listed = (training / f"training_{layer}_names.txt" for layer in ("fg", "bg"))
        require_files([names, listed], training)
        each = self.backgrounds_per_foreground
        behind = Path(self.backgrounds)
        subjects = plan(training, behind, per_foreground=each if self.pairing == "listed" else 1)
        backgrounds = [one.background for subject in subjects for one in subject.composites]
        if self.pairing == "drawn":
            backgrounds = backgrounds_in_order(Folder(behind), listed)
        files = [path for subject in subjects for path in (subject.foreground, subject.alpha)]
        require_files([*files, *backgrounds], f"a list in {training}")
        return PairSource(
            foregrounds=[MatteFiles(subject.foreground, subject.alpha) for subject in subjects],
            backgrounds=backgrounds,
            pairs=make_pairs(len(subjects), len(backgrounds), each, self.pairing),
            composition=self.composition,
            licence=LICENCE,
            test_set=composition1k_in(
                (subject.foreground.stem for subject in subjects),
                [training.parent / "Test_set" / TEST_NAMES],
            ),
        )


@config
class Composition1kConfig:
    """The public test set Composition-1k, composited on the fly, equal to the published one."""

    name: Literal["composition1k"] = "composition1k"
    root: str
    """The folder Combined_Dataset, or the one it lies in."""
    backgrounds: str
    """Folder of the VOC 2012 pictures that test_bg_names.txt lists: JPEGImages."""
    backgrounds_per_foreground: int = 20
    """Composites of every foreground."""
    rule: RuleName = "adobe"
    """The program whose composites are reproduced, see `mattekit prepare composite`."""

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
        without = [each.name for _, each in pictures if each.trimap is None]
        if without:
            raise BadData(
                f"{len(without)} of {len(pictures)} composites have no trimap, such as "
                f"{without[0]}; complete the folder trimaps of {test}; published numbers are "
                "measured with these trimaps"
            )
        files = [
            path for one, each in pictures for path in (one.foreground, one.alpha, each.background)
        ]
        require_files(files, test)
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
