"""AIM-500: 500 photographs with mattes; as they are, or over BG-20k as a table of pairs says."""

from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Literal

from mattekit.core.config import config
from mattekit.core.errors import BadData
from mattekit.data.folders import Folder, here_or_in, require_files, subfolder
from mattekit.data.lists import read_labels
from mattekit.data.matte_files import MatteFiles
from mattekit.data.pairs import CompositionConfig, Pair, PairSource
from mattekit.data.planes import PlaneFiles, PlaneSource

LICENCE = "AIM-500: free to download, terms in its readme.txt"
TEST_SET = "AIM-500"


@config
class Aim500Config:
    """AIM-500, a public test set: natural photographs, or their subjects over other pictures."""

    name: Literal["aim500"] = "aim500"
    root: str
    """The folder AIM-500 (original, mask, trimap), or the one it lies in; relative paths of
    `labels` start here."""
    labels: str | None = None
    """Table of pairs, dataset_labels.csv: every row a composite. Without it: the photographs."""
    split: Literal["train", "test"] = "train"
    """Rows of the table that are read."""
    foreground: Literal["photo", "estimated"] = "photo"
    """What composites are made of. photo: as published, the photograph, whose soft pixels keep what
    was behind them; estimated: the clean colours in the folder fg, by `mattekit prepare fgbg`."""
    composition: CompositionConfig = field(
        default_factory=partial(CompositionConfig, placement="random", background_side=(2000, 6000))
    )

    def open(self) -> PairSource | PlaneSource:
        return self._photographs() if self.labels is None else self._pairs(Path(self.labels))

    def _photographs(self) -> PlaneSource:
        root = here_or_in(Path(self.root), "AIM-500")
        originals = Folder(subfolder(root, "original")).pictures
        masks, trimaps = (
            Folder(subfolder(root, name)).partners(originals) for name in ("mask", "trimap")
        )
        planes = zip(originals, masks, trimaps, strict=True)
        return PlaneSource(
            pictures=[PlaneFiles(each[0].stem, MatteFiles(*each)) for each in planes],
            band=self.composition.band,
            licence=LICENCE,
            test_set=TEST_SET,
        )

    def _pairs(self, labels: Path) -> PairSource:
        rows = [row for row in read_labels(labels, Path(self.root)) if row.split == self.split]
        files: list[Path] = []
        if not rows:
            raise BadData(f"no row of {labels} has the split '{self.split}'; make the table anew")
        for row in rows:
            files += [row.original, row.mask, row.trimap, row.background]
        require_files(files, labels)
        originals = [row.original for row in rows]
        colours = _estimated(originals) if self.foreground == "estimated" else originals
        mattes = [
            MatteFiles(path, row.mask, row.trimap) for path, row in zip(colours, rows, strict=True)
        ]
        return PairSource(
            foregrounds=mattes,
            backgrounds=[row.background for row in rows],
            pairs=[Pair(number, number) for number in range(len(rows))],
            composition=self.composition,
            licence=f"{LICENCE}; backgrounds: BG-20k, by its release agreement",
            test_set=TEST_SET,
        )


def _estimated(originals: list[Path]) -> list[Path]:
    """The clean colours of photographs, from the folder fg beside theirs."""
    folders = {path.parent.parent for path in originals}
    clean = {folder: Folder(subfolder(folder, "fg")) for folder in folders}
    return [clean[path.parent.parent].all_of([path.name])[0] for path in originals]
