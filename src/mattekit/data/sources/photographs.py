"""Photographs with mattes (AIM-500, AM-2k, alphamatting.com), as they are or composited."""

from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.data.folders import (
    Folder,
    has_subfolder,
    here_or_in,
    pictures_below,
    require_files,
    subfolder,
)
from mattekit.data.lists import read_labels
from mattekit.data.matte_files import MatteFiles
from mattekit.data.pairs import (
    CompositionConfig,
    Denoised,
    Pair,
    Pairing,
    PairSource,
    make_pairs,
)
from mattekit.data.planes import PlaneSource, plane_folder, planes_in

AIM_500 = "AIM-500: free to download, terms in its readme.txt"
AM_2K = "AM-2k: by its release agreement"


@config
class Aim500Config:
    """AIM-500, a public test set: natural photographs, or their subjects over other backgrounds."""

    name: Literal["aim500"] = "aim500"
    root: str
    """The folder AIM-500 (original, mask, trimap), or the one it lies in; root of the relative
    paths in `labels`."""
    labels: str | None = None
    """Table of pairs, dataset_labels.csv, a composite per row; by default the photographs."""
    split: Literal["train", "test"] = "train"
    """Which rows of the table are read."""
    foreground: Literal["photo", "estimated"] = "photo"
    """Colours of the foreground. photo: those of the photograph, as published, whose soft pixels
    contain old background; estimated: those in the folder fg, from `mattekit prepare fgbg`."""
    composition: CompositionConfig = field(
        default_factory=partial(CompositionConfig, placement="random", background_side=(2000, 6000))
    )

    def open(self) -> PairSource | PlaneSource:
        if self.labels is not None:
            return self._pairs(Path(self.labels))
        root = here_or_in(Path(self.root), "AIM-500")
        return PlaneSource(
            pictures=planes_in(root, image="original", alpha="mask", trimap="trimap"),
            licence=AIM_500,
            test_set="AIM-500",
        )

    def _pairs(self, labels: Path) -> PairSource:
        rows = [row for row in read_labels(labels, Path(self.root)) if row.split == self.split]
        if not rows:
            raise BadData(f"no row of {labels} has the split '{self.split}'; make the table again")
        require_files(
            [path for row in rows for path in (row.original, row.mask, row.trimap, row.background)],
            labels,
        )
        originals = [row.original for row in rows]
        colours = _estimated(originals) if self.foreground == "estimated" else originals
        return PairSource(
            foregrounds=[
                MatteFiles(path, row.mask, row.trimap)
                for path, row in zip(colours, rows, strict=True)
            ],
            backgrounds=[row.background for row in rows],
            pairs=[Pair(number, number) for number in range(len(rows))],
            composition=self.composition,
            licence=f"{AIM_500}; backgrounds: BG-20k, by its release agreement",
            test_set="AIM-500",
        )


def _estimated(originals: list[Path]) -> list[Path]:
    """The clean colours of photographs, from the folder fg next to theirs."""
    folders = {path.parent.parent for path in originals}
    clean = {folder: Folder(subfolder(folder, "fg")) for folder in folders}
    return [clean[path.parent.parent].all_of([path.name])[0] for path in originals]


@config
class Am2kConfig:
    """Animals of AM-2k: natural pictures, or composites over another data set."""

    name: Literal["am2k"] = "am2k"
    root: str
    """The folder AM-2k, or the one it lies in."""
    split: Literal["train", "validation"] = "train"
    """validation is a public test set."""
    foreground: Literal["estimated", "photo"] = "estimated"
    """Colours of the foreground. estimated: those in the folder fg, from `mattekit prepare fgbg`;
    photo: those of the photograph, whose soft pixels contain old background."""
    backgrounds: str | None = None
    """Folder of BG-20k or COCO pictures; by default samples are the natural pictures."""
    backgrounds_per_foreground: int = 5
    """Composites of every animal in an epoch."""
    pairing: Pairing = "drawn"
    """drawn: a random background each time; listed with 1 background per foreground: as
    published."""
    denoised: float = 0.0
    """Probability of using the denoised foreground and background, from folders made by
    `mattekit prepare denoise`."""
    denoised_backgrounds: str | None = None
    """Folder of the denoised backgrounds, with the names of `backgrounds`."""
    composition: CompositionConfig = field(default_factory=CompositionConfig)

    def open(self) -> PairSource | PlaneSource:
        split = subfolder(here_or_in(Path(self.root), "AM-2k"), self.split)
        test_set = "AM-2k/validation" if self.split == "validation" else None
        if self.backgrounds is not None:
            return self._composites(split, pictures_below(self.backgrounds), test_set)
        layers = self.foreground == "estimated" and self.split == "train"
        return PlaneSource(
            pictures=planes_in(
                split,
                image="original",
                alpha="mask",
                trimap="trimap" if has_subfolder(split, "trimap") else None,
                foreground="fg" if layers else None,
                background="bg" if layers else None,
            ),
            band=self.composition.band,
            licence=AM_2K,
            test_set=test_set,
        )

    def _composites(self, split: Path, backgrounds: list[Path], test_set: str | None) -> PairSource:
        colours = "fg" if self.foreground == "estimated" else "original"
        originals = Folder(subfolder(split, "original")).pictures
        masks = plane_folder(split, "mask", originals)
        foregrounds = plane_folder(split, colours, originals)
        return PairSource(
            foregrounds=[MatteFiles(*files) for files in zip(foregrounds, masks, strict=True)],
            backgrounds=backgrounds,
            pairs=make_pairs(
                len(originals), len(backgrounds), self.backgrounds_per_foreground, self.pairing
            ),
            composition=self.composition,
            licence=f"{AM_2K}; backgrounds by the terms of their own set",
            test_set=test_set,
            denoised=self._denoised(split, colours, foregrounds, backgrounds),
        )

    def _denoised(
        self, split: Path, colours: str, foregrounds: list[Path], backgrounds: list[Path]
    ) -> Denoised:
        if not self.denoised:
            return Denoised()
        if self.denoised_backgrounds is None:
            raise BadData("denoised pictures are wanted, but denoised_backgrounds names no folder")
        cleaned = plane_folder(split, f"{colours}_denoise", foregrounds)
        behind = Folder(Path(self.denoised_backgrounds)).partners(backgrounds)
        pairs = zip([*foregrounds, *backgrounds], [*cleaned, *behind], strict=True)
        return Denoised(dict(pairs), self.denoised)


@config
class AlphamattingConfig:
    """The 27 training pictures of alphamatting.com with one of their two trimaps."""

    name: Literal["alphamatting"] = "alphamatting"
    root: str
    """Folder with input_training_lowres, trimap_training_lowres and gt_training_lowres."""
    trimap: Literal[1, 2] = 1
    """1: the narrow trimaps; 2: the wide ones."""

    def open(self) -> PlaneSource:
        root = Path(self.root)
        if has_subfolder(root, "input_lowres") and not has_subfolder(root, "gt_training_lowres"):
            raise BadData(
                f"{root} holds the test pictures, whose alphas are not public; "
                "mattekit predict --alphamatting writes what the site requires"
            )
        return PlaneSource(
            pictures=planes_in(
                root,
                image="input_training_lowres",
                alpha="gt_training_lowres",
                trimap=f"trimap_training_lowres/Trimap{self.trimap}",
            ),
            licence="alphamatting.com: for research, by the terms of the site",
        )
