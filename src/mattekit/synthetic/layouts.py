"""Folder layouts in which scenes are written as files: miniatures of the published data sets.

A layout says which planes of a scene go into which files, and what lists them. The names in the
published layouts are formed as theirs are. A new layout is a `Layout` and a line in `LAYOUTS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from mattekit.core.atomic import replacing
from mattekit.core.types import Alpha, Image, Plane, Sample, Trimap
from mattekit.imaging.compose import over
from mattekit.imaging.files import read_alpha, read_image, write_alpha, write_image, write_trimap
from mattekit.imaging.trimap import band
from mattekit.synthetic import layout_files as files

Places = Sequence[tuple[str, str]]
"""Plane and file below the folder, in the order in which they are written."""


def no_lists(numbers: Sequence[int]) -> Mapping[str, Sequence[str]]:
    """For layouts that are told by their folders alone."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the planes of a scene go, and what belongs to all scenes together."""

    about: str
    places: Callable[[int], Places]
    """The files of the scene of a number."""
    lists: Callable[[Sequence[int]], Mapping[str, Sequence[str]]] = no_lists
    """Text files about the scenes of these numbers: name below the folder -> lines."""

    def paths(self, folder: Path, number: int) -> list[Path]:
        """The files of a scene."""
        return [folder / place for _, place in self.places(number)]

    def write(self, folder: Path, number: int, sample: Sample, *, bits: int = 8) -> None:
        """Write the planes of one scene; trimaps and JPEG have 8 bits always."""
        written: dict[str, Path] = {}
        for plane, place in self.places(number):
            path = folder / place
            if plane in TRIMAPS:
                write_trimap(path, TRIMAPS[plane](sample))
                continue
            depth = 8 if path.suffix == ".jpg" else bits
            if plane == "alpha":
                write_alpha(path, sample.alpha, bits=depth)
            elif plane == "cut-out":
                write_image(path, _foreground(sample), alpha=sample.alpha, bits=depth)
            elif plane == "composite":
                write_image(path, _composite(written), bits=depth)
            else:
                write_image(path, COLOURS[plane](sample), bits=depth)
            written[plane] = path

    def finish(self, folder: Path, numbers: Sequence[int]) -> None:
        """Write what lists the scenes."""
        for name, lines in self.lists(numbers).items():
            with replacing(folder / name) as aside:
                aside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _foreground(sample: Sample) -> Image:
    assert sample.foreground is not None
    return sample.foreground


def _background(sample: Sample) -> Image:
    assert sample.background is not None
    return sample.background


def _blurred(image: Image) -> Image:
    blurred: Plane = cv2.GaussianBlur(image, (0, 0), 1.0)
    return blurred


def _trimap(sample: Sample) -> Trimap:
    assert sample.trimap is not None
    return sample.trimap


def _wide(sample: Sample) -> Trimap:
    """A band that is surely wider than the scene's own."""
    width = max(min(sample.size) // 12, 4)
    return band(sample.alpha, inner=width, outer=width)


def _composite(written: Mapping[str, Path]) -> Image:
    """Foreground over background as their files hold them, so that they explain it."""
    alpha: Alpha = read_alpha(written["alpha"])
    foreground, background = (read_image(written[name]) for name in ("foreground", "background"))
    composite: Image = over(foreground, alpha[..., None], background)
    return composite


TRIMAPS: dict[str, Callable[[Sample], Trimap]] = {"trimap": _trimap, "wide trimap": _wide}

COLOURS: dict[str, Callable[[Sample], Image]] = {
    "image": lambda sample: sample.image,
    "foreground": _foreground,
    "background": _background,
    "denoised image": lambda sample: _blurred(sample.image),
    "denoised foreground": lambda sample: _blurred(_foreground(sample)),
    "denoised background": lambda sample: _blurred(_background(sample)),
}
"""Planes of colours by name."""

LAYOUTS: dict[str, Layout] = {
    "plain": Layout(about="a folder for each plane", places=files.plain),
    "adobe": Layout(
        about="Adobe's training set, with COCO pictures beside it",
        places=files.adobe,
        lists=files.adobe_lists,
    ),
    "composition1k": Layout(
        about="Adobe's test set, with VOC pictures beside it",
        places=files.composition1k,
        lists=files.composition1k_lists,
    ),
    "merged": Layout(
        about="Train/{alpha,fg,merged_cv} and its list, with COCO pictures beside it",
        places=files.merged,
        lists=files.merged_lists,
    ),
    "comp": Layout(about="comp/{image,fg,bg,alpha,trimap}", places=files.comp),
    "aim500": Layout(
        about="AIM-500 and BG20K with a table of pairs",
        places=files.aim500,
        lists=files.aim500_lists,
    ),
    "am2k": Layout(about="AM-2k with BG-20k and COCO, denoised folders too", places=files.am2k),
    "backgrounds": Layout(about="pictures of COCO and VOC", places=files.backgrounds),
    "samplenet": Layout(
        about="rgb, trimap, alpha and val_set.txt",
        places=files.samplenet,
        lists=files.samplenet_lists,
    ),
    "samplenet-train": Layout(
        about="fg, alpha, bg and their lists",
        places=files.samplenet_train,
        lists=files.samplenet_train_lists,
    ),
    "alphamatting": Layout(about="the folders of alphamatting.com", places=files.alphamatting),
    "rgba": Layout(about="cut-outs and backgrounds", places=files.rgba),
}
"""Name -> layout; `plain` has the same file name in each of its folders."""
