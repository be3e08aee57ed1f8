"""AM-2k: 2,000 animals with mattes; as photographed, or over BG-20k or COCO."""

from dataclasses import field
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.data.folders import Folder, has_subfolder, here_or_in, pictures_below, subfolder
from mattekit.data.matte_files import MatteFiles
from mattekit.data.pairs import CompositionConfig, Denoised, Pairing, PairSource, make_pairs
from mattekit.data.planes import PlaneFiles, PlaneSource

LICENCE = "AM-2k: by its release agreement"


@config
class Am2kConfig:
    """Animals of AM-2k: natural pictures, or composites over another data set."""

    name: Literal["am2k"] = "am2k"
    root: str
    """The folder AM-2k, or the one it lies in."""
    split: Literal["train", "validation"] = "train"
    """validation is a public test set."""
    foreground: Literal["estimated", "photo"] = "estimated"
    """estimated: the clean colours in the folder fg (and bg), made by `mattekit prepare fgbg`;
    photo: the photograph itself, whose soft pixels keep what was behind them."""
    backgrounds: str | None = None
    """Folder of BG-20k or COCO pictures; without it samples are the natural pictures."""
    backgrounds_per_foreground: int = 5
    """Composites that an epoch has of every animal."""
    pairing: Pairing = "drawn"
    """drawn: each time another background; listed with 1 background a foreground: as published."""
    denoised: float = 0.0
    """How often the denoised foreground and background are taken; both of them have folders made by
    `mattekit prepare denoise`."""
    denoised_backgrounds: str | None = None
    """Folder of the denoised backgrounds, with the names of `backgrounds`."""
    composition: CompositionConfig = field(default_factory=CompositionConfig)

    def open(self) -> PairSource | PlaneSource:
        split = subfolder(here_or_in(Path(self.root), "AM-2k"), self.split)
        originals = Folder(subfolder(split, "original")).pictures
        masks = Folder(subfolder(split, "mask")).partners(originals)
        if self.backgrounds is None:
            return self._natural(split, originals, masks)
        return self._composites(split, originals, masks, pictures_below(self.backgrounds))

    def _natural(self, split: Path, originals: list[Path], masks: list[Path]) -> PlaneSource:
        trimaps, foregrounds, backgrounds = (
            _optional(split, name, originals, wanted)
            for name, wanted in (
                ("trimap", has_subfolder(split, "trimap")),
                ("fg", self.foreground == "estimated" and self.split == "train"),
                ("bg", self.foreground == "estimated" and self.split == "train"),
            )
        )
        planes = zip(originals, masks, trimaps, foregrounds, backgrounds, strict=True)
        return PlaneSource(
            pictures=[
                PlaneFiles(image.stem, MatteFiles(image, alpha, trimap), foreground, background)
                for image, alpha, trimap, foreground, background in planes
            ],
            band=self.composition.band,
            licence=LICENCE,
            test_set=self._test_set(),
        )

    def _composites(
        self, split: Path, originals: list[Path], masks: list[Path], backgrounds: list[Path]
    ) -> PairSource:
        colours = "fg" if self.foreground == "estimated" else "original"
        foregrounds = Folder(subfolder(split, colours)).partners(originals)
        pairs = make_pairs(
            len(originals), len(backgrounds), self.backgrounds_per_foreground, self.pairing
        )
        return PairSource(
            foregrounds=[MatteFiles(*files) for files in zip(foregrounds, masks, strict=True)],
            backgrounds=backgrounds,
            pairs=pairs,
            composition=self.composition,
            licence=f"{LICENCE}; backgrounds by the terms of their own set",
            test_set=self._test_set(),
            denoised=self._denoised(split, colours, foregrounds, backgrounds),
        )

    def _denoised(
        self, split: Path, colours: str, foregrounds: list[Path], backgrounds: list[Path]
    ) -> Denoised | None:
        if not self.denoised:
            return None
        if self.denoised_backgrounds is None:
            raise BadData("denoised pictures are wanted, but denoised_backgrounds names no folder")
        cleaned = Folder(subfolder(split, f"{colours}_denoise")).partners(foregrounds)
        behind = Folder(Path(self.denoised_backgrounds)).partners(backgrounds)
        pairs = zip([*foregrounds, *backgrounds], [*cleaned, *behind], strict=True)
        return Denoised(dict(pairs), self.denoised)

    def _test_set(self) -> str | None:
        return "AM-2k/validation" if self.split == "validation" else None


def _optional(
    split: Path, name: str, originals: list[Path], wanted: bool
) -> "list[Path] | list[None]":
    if not wanted:
        return [None] * len(originals)
    return Folder(subfolder(split, name)).partners(originals)
