"""Folder layouts in which scenes are written as files: miniatures of the published data sets.

A layout says which file holds which plane of a scene, and which lists name the files, as the
published set has them. A new layout is an entry in `layouts.json`; the words in braces in its
file names: `_words`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2

from mattekit.core.atomic import write_text
from mattekit.core.types import Alpha, Image, Plane, Sample
from mattekit.imaging.compose import over
from mattekit.imaging.files import read_alpha, read_image, write_alpha, write_image, write_trimap
from mattekit.imaging.trimap import band

TRIMAPS_OF_A_SCENE = 20
"""How many files a name with `{k}` stands for."""


@dataclass(frozen=True)
class Layout:
    """Where the planes of a scene are stored, and the files shared by all scenes."""

    about: str
    files: Mapping[str, str]
    """File below the folder -> plane, in the order in which they are written."""
    test_files: Mapping[str, str] | None = None
    """The files of a scene of the second split, if they differ."""
    lists: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Text file below the folder -> `line` of a scene, `times` over, a `header`, and the `split`
    whose scenes alone are listed."""

    def places(self, number: int) -> list[tuple[str, str]]:
        """Plane and file of the scene of a number."""
        words = _words(number)
        files = self.test_files if self.test_files and words["split"] == "test" else self.files
        return [
            (plane, file.format(**words, k=k))
            for file, plane in files.items()
            for k in range(TRIMAPS_OF_A_SCENE if "{k}" in file else 1)
        ]

    def lines(self, list_file: str, numbers: Sequence[int]) -> list[str]:
        """The lines of a text file about the scenes of these numbers."""
        how = self.lists[list_file]
        chosen = [n for n in numbers if how.get("split") in (None, _words(n)["split"])]
        lines = [
            how["line"].format(**_words(n), behind=_words(other)["bg20k"])
            for n, other in zip(chosen, [*chosen[1:], *chosen[:1]], strict=True)
        ]
        return how.get("header", []) + lines * how.get("times", 1)

    def paths(self, folder: Path, number: int) -> list[Path]:
        """The files of a scene."""
        return [folder / place for _, place in self.places(number)]

    def write(self, folder: Path, number: int, sample: Sample, *, bits: int = 8) -> None:
        """Write the planes of one scene; trimaps and JPEG have 8 bits always."""
        written: dict[str, Path] = {}
        for plane, place in self.places(number):
            path = folder / place
            depth = 8 if path.suffix == ".jpg" else bits
            if plane == "trimap":
                write_trimap(path, _plane(sample, plane))
            elif plane == "wide trimap":
                width = max(min(sample.size) // 12, 4)
                write_trimap(path, band(sample.alpha, inner=width, outer=width))
            elif plane == "alpha":
                write_alpha(path, sample.alpha, bits=depth)
            elif plane == "cut-out":
                write_image(path, _plane(sample, "foreground"), alpha=sample.alpha, bits=depth)
            elif plane == "composite":
                write_image(path, _composite(written), bits=depth)
            else:
                write_image(path, _plane(sample, plane), bits=depth)
            written[plane] = path

    def finish(self, folder: Path, numbers: Sequence[int]) -> None:
        """Write the lists of scenes."""
        for name in self.lists:
            text = "".join(f"{line}\n" for line in self.lines(name, numbers))
            write_text(folder / name, text)


def _words(n: int) -> dict[str, int | str]:
    """The words in the names of a scene's files; every fourth scene is in the second split."""
    test, coco, voc = n % 4 == 3, f"COCO_train2014_{n:012d}.jpg", f"2007_{n:06d}.jpg"
    return {
        "n": n,
        "from_1": n + 1,
        "stem": f"scene-{n:06d}",
        "split": "test" if test else "train",
        "coco": coco,
        "voc": voc,
        "stock": f"VOCdevkit/VOC2012/JPEGImages/{voc}" if n % 2 else f"MSCOCO/train2014/{coco}",
        "bg20k": f"{'testval' if test else 'train'}/h_{n:08x}.jpg",
        "part": "Other" if n % 2 else "Adobe-licensed images",
    }


def _plane(sample: Sample, name: str) -> Plane:
    """A plane of a scene; those called `denoised` are smoothed."""
    plane: Plane = getattr(sample, name.removeprefix("denoised "))
    assert plane is not None, "scenes have all planes"
    return cv2.GaussianBlur(plane, (0, 0), 1.0) if name.startswith("denoised ") else plane


def _composite(written: Mapping[str, Path]) -> Image:
    """The composite of foreground and background as their files hold them."""
    alpha: Alpha = read_alpha(written["alpha"])
    foreground, background = (read_image(written[name]) for name in ("foreground", "background"))
    composite: Image = over(foreground, alpha[..., None], background)
    return composite


LAYOUTS: dict[str, Layout] = {
    name: Layout(**entry)
    for name, entry in json.loads(Path(__file__).with_suffix(".json").read_text("utf-8")).items()
}
"""Name -> layout; `plain` has the same file name in each of its folders."""
