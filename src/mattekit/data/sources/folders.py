"""Data sets with a folder for each plane, as they are on disk or over other backgrounds."""

from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.data.composite_plan import foreground_of
from mattekit.data.folders import (
    TEST_NAMES,
    Folder,
    composition1k_in,
    has_subfolder,
    here_or_in,
    pictures_below,
    public_test_set_in,
    require_files,
    subfolder,
)
from mattekit.data.lists import read_labels
from mattekit.data.matte_files import MatteFiles, MatteSource, mattes_in, partners_in
from mattekit.data.pairs import CompositionConfig, Pair, Pairing, PairSource, make_pairs
from mattekit.data.sources.adobe import LICENCE as ADOBE

AIM_500 = "AIM-500: free to download, terms in its readme.txt"
AM_2K = "AM-2k: by its release agreement"


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


@config
class CompositesConfig:
    """Composites on disk with foreground, background and alpha of the same names (DIM-2019)."""

    name: Literal["composites", "comp"] = "composites"
    root: str
    """Folder that contains image, fg, bg, alpha and optionally trimap."""
    band: tuple[int, int] = (2, 30)
    """Width of the unknown band on either side of the edge, in pixels, where there is no trimap."""
    licence: str = ADOBE
    """Terms of the pictures, for the model card."""

    def open(self) -> MatteSource:
        root = Path(self.root)
        pictures = mattes_in(
            root,
            optional=["trimap"],
            image="image",
            alpha="alpha",
            trimap="trimap",
            foreground="fg",
            background="bg",
        )
        stems = [foreground_of(files.colours.stem) for files in pictures]
        lists = [folder / TEST_NAMES for folder in (root, root.parent)]
        return MatteSource(
            pictures=pictures,
            foregrounds=stems,
            band=self.band,
            licence=self.licence,
            test_set=public_test_set_in(root) or composition1k_in(stems, lists),
        )


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

    def open(self) -> PairSource | MatteSource:
        if self.labels is not None:
            return self._pairs(Path(self.labels))
        root = here_or_in(Path(self.root), "AIM-500")
        return MatteSource(
            pictures=mattes_in(root, image="original", alpha="mask", trimap="trimap"),
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
        colours = [row.original for row in rows]
        if self.foreground == "estimated":
            colours = _estimated(colours)
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

    def open(self) -> PairSource | MatteSource:
        split = subfolder(here_or_in(Path(self.root), "AM-2k"), self.split)
        test_set = "AM-2k/validation" if self.split == "validation" else None
        if self.backgrounds is not None:
            return self._composites(split, pictures_below(self.backgrounds), test_set)
        layers = {}
        if self.foreground == "estimated" and self.split == "train":
            layers = {"foreground": "fg", "background": "bg"}
        return MatteSource(
            pictures=mattes_in(
                split,
                optional=["trimap"],
                image="original",
                alpha="mask",
                trimap="trimap",
                **layers,
            ),
            band=self.composition.band,
            licence=AM_2K,
            test_set=test_set,
        )

    def _composites(self, split: Path, backgrounds: list[Path], test_set: str | None) -> PairSource:
        colours = "fg" if self.foreground == "estimated" else "original"
        originals = Folder(subfolder(split, "original")).pictures
        masks = partners_in(split, "mask", originals)
        foregrounds = partners_in(split, colours, originals)
        denoised = {}
        if self.denoised:
            clean = partners_in(split, f"{colours}_denoise", foregrounds)
            if self.denoised_backgrounds is None:
                raise BadData(
                    "denoised pictures are wanted, but denoised_backgrounds names no folder"
                )
            clean += Folder(Path(self.denoised_backgrounds)).partners(backgrounds)
            denoised = dict(zip([*foregrounds, *backgrounds], clean, strict=True))
        return PairSource(
            foregrounds=list(map(MatteFiles, foregrounds, masks)),
            backgrounds=backgrounds,
            pairs=make_pairs(
                len(originals), len(backgrounds), self.backgrounds_per_foreground, self.pairing
            ),
            composition=self.composition,
            licence=f"{AM_2K}; backgrounds by the terms of their own set",
            test_set=test_set,
            denoised=self.denoised,
            denoised_files=denoised,
        )


@config
class AlphamattingConfig:
    """The 27 training pictures of alphamatting.com with one of their two trimaps."""

    name: Literal["alphamatting"] = "alphamatting"
    root: str
    """Folder with input_training_lowres, trimap_training_lowres and gt_training_lowres."""
    trimap: Literal[1, 2] = 1
    """1: the narrow trimaps; 2: the wide ones."""

    def open(self) -> MatteSource:
        root = Path(self.root)
        if has_subfolder(root, "input_lowres") and not has_subfolder(root, "gt_training_lowres"):
            raise BadData(
                f"{root} holds the test pictures, whose alphas are not public; "
                "mattekit predict --alphamatting writes what the site requires"
            )
        return MatteSource(
            pictures=mattes_in(
                root,
                image="input_training_lowres",
                alpha="gt_training_lowres",
                trimap=f"trimap_training_lowres/Trimap{self.trimap}",
            ),
            licence="alphamatting.com: for research, by the terms of the site",
        )
