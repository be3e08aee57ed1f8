"""Adobe Deep Image Matting, the training set as it is delivered: Combined_Dataset/Training_set."""

from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.data.composite_plan import backgrounds_in_order, plan
from mattekit.data.folders import Folder, here_or_in, require_files, subfolder
from mattekit.data.matte_files import MatteFiles
from mattekit.data.pairs import CompositionConfig, Pairing, PairSource, make_pairs
from mattekit.data.public_tests import TEST_NAMES, composition1k_in

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
    """Pictures that an epoch has of every foreground."""
    pairing: Pairing = "listed"
    """listed: foreground i meets the i-th 100 lines of the list, as published; drawn: any of the
    list each time."""
    composition: CompositionConfig = field(
        default_factory=partial(CompositionConfig, placement="corner")
    )

    def open(self) -> PairSource:
        training = subfolder(here_or_in(Path(self.root), "Combined_Dataset"), "Training_set")
        names, listed = (training / f"training_{layer}_names.txt" for layer in ("fg", "bg"))
        require_files([names, listed], training)
        each = self.backgrounds_per_foreground
        behind = Path(self.backgrounds)
        if self.pairing == "listed":
            subjects = plan(training, behind, per_foreground=each)
            backgrounds = [one.background for subject in subjects for one in subject.composites]
        else:
            subjects = plan(training, behind, per_foreground=1)
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
