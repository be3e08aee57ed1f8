"""Folder layouts in which scenes are written as files: miniatures of the published data sets.

A layout says which file holds which plane of a scene, and which lists name the files, as the
published set has them. A new layout is a line in `LAYOUTS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from mattekit.core.atomic import replacing
from mattekit.core.types import Alpha, Image, Sample, Trimap
from mattekit.imaging.compose import over
from mattekit.imaging.files import read_alpha, read_image, write_alpha, write_image, write_trimap
from mattekit.imaging.trimap import band

TRAIN = "Combined_Dataset/Training_set"
TEST = "Combined_Dataset/Test_set"
COCO = "COCO_train2014_{n:012d}.jpg"
VOC = "2007_{n:06d}.jpg"
PLANES = ("image", "alpha", "trimap", "foreground", "background")


@dataclass(frozen=True)
class ListFile:
    """A text file with one line a scene, `times` over."""

    line: str
    times: int = 1
    header: str = ""
    split: str | None = None
    """Only the scenes of this split."""

    def lines(self, numbers: Sequence[int]) -> list[str]:
        """The lines about the scenes of these numbers."""
        chosen = [n for n in numbers if self.split in (None, _words(n)["split"])]
        others = [*chosen[1:], *chosen[:1]]
        lines = [
            self.line.format(**_words(n), behind=_words(other)["bg20k"])
            for n, other in zip(chosen, others, strict=True)
        ]
        return ([self.header] if self.header else []) + lines * self.times


@dataclass(frozen=True)
class Layout:
    """Where the planes of a scene go, and what belongs to all scenes together."""

    about: str
    files: Mapping[str, str]
    """File below the folder -> plane, in the order in which they are written."""
    test_files: Mapping[str, str] | None = None
    """The files of a scene of the second split, where they are others."""
    list_files: Mapping[str, ListFile] = field(default_factory=dict)

    def places(self, number: int) -> list[tuple[str, str]]:
        """Plane and file of the scene of a number."""
        words = _words(number)
        files = self.test_files if self.test_files and words["split"] == "test" else self.files
        return [(plane, file.format(**words)) for file, plane in files.items()]

    def lists(self, numbers: Sequence[int]) -> dict[str, list[str]]:
        """Text file below the folder -> its lines about the scenes of these numbers."""
        return {name: each.lines(numbers) for name, each in self.list_files.items()}

    def paths(self, folder: Path, number: int) -> list[Path]:
        """The files of a scene."""
        return [folder / place for _, place in self.places(number)]

    def write(self, folder: Path, number: int, sample: Sample, *, bits: int = 8) -> None:
        """Write the planes of one scene; trimaps and JPEG have 8 bits always."""
        written: dict[str, Path] = {}
        for plane, place in self.places(number):
            path = folder / place
            depth = 8 if path.suffix == ".jpg" else bits
            if plane in TRIMAPS:
                write_trimap(path, TRIMAPS[plane](sample))
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
        """Write what lists the scenes."""
        for name, lines in self.lists(numbers).items():
            with replacing(folder / name) as aside:
                aside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _words(n: int) -> dict[str, int | str]:
    """What the names of a scene's files are made of; every fourth scene is in the second split."""
    test = n % 4 == 3
    words: dict[str, int | str] = {
        "n": n,
        "from_1": n + 1,
        "stem": f"scene-{n:06d}",
        "split": "test" if test else "train",
        "bg20k": f"{'testval' if test else 'train'}/h_{n:08x}.jpg",
        "part": "Other" if n % 2 else "Adobe-licensed images",
    }
    stock = f"VOCdevkit/VOC2012/JPEGImages/{VOC}" if n % 2 else f"MSCOCO/train2014/{COCO}"
    return words | {"stock": stock.format(n=n)}


def _plane(sample: Sample, name: str) -> Image:
    """A plane of colours; those called `denoised` are smoothed."""
    plane = getattr(sample, name.removeprefix("denoised "))
    assert plane is not None, "scenes have all planes"
    colours: Image = cv2.GaussianBlur(plane, (0, 0), 1.0) if name.startswith("denoised ") else plane
    return colours


def _narrow(sample: Sample) -> Trimap:
    assert sample.trimap is not None, "scenes have all planes"
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


TRIMAPS: dict[str, Callable[[Sample], Trimap]] = {"trimap": _narrow, "wide trimap": _wide}

LAYOUTS: dict[str, Layout] = {
    "plain": Layout(
        "a folder for each plane", {f"{plane}/{{stem}}.png": plane for plane in PLANES}
    ),
    "adobe": Layout(
        "Adobe's training set, with COCO pictures beside it",
        {
            TRAIN + "/{part}/fg/{stem}.png": "foreground",
            TRAIN + "/{part}/alpha/{stem}.png": "alpha",
            f"train2014/{COCO}": "background",
        },
        list_files={
            f"{TRAIN}/training_fg_names.txt": ListFile("{stem}.png"),
            f"{TRAIN}/training_bg_names.txt": ListFile(COCO, times=100),
        },
    ),
    "composition1k": Layout(
        "Adobe's test set, with VOC pictures beside it",
        {
            TEST + "/Adobe-licensed images/fg/{stem}.png": "foreground",
            TEST + "/Adobe-licensed images/alpha/{stem}.png": "alpha",
            f"JPEGImages/{VOC}": "background",
        }
        | {f"{TEST}/Adobe-licensed images/trimaps/{{stem}}_{k}.png": "trimap" for k in range(20)},
        list_files={
            f"{TEST}/test_fg_names.txt": ListFile("{stem}.png"),
            f"{TEST}/test_bg_names.txt": ListFile(VOC, times=20),
        },
    ),
    "merged": Layout(
        "Train/{alpha,fg,merged_cv} and its list, with COCO pictures beside it",
        {
            "Train/alpha/{stem}.png": "alpha",
            "Train/fg/{stem}.png": "foreground",
            f"MSCOCO/train2014/{COCO}": "background",
            "Train/merged_cv/{stem}_0.png": "composite",
        },
        list_files={"Train/training_set.txt": ListFile("{stem}.png " + COCO + " {stem}_0.png")},
    ),
    "comp": Layout(
        "comp/{image,fg,bg,alpha,trimap}",
        {
            "comp/image/{stem}_0.png": "image",
            "comp/fg/{stem}_0.png": "foreground",
            "comp/bg/{stem}_0.png": "background",
            "comp/alpha/{stem}_0.png": "alpha",
            "comp/trimap/{stem}_0.png": "trimap",
        },
    ),
    "aim500": Layout(
        "AIM-500 and BG20K with a table of pairs",
        {
            "AIM-500/original/o_{n:08x}.jpg": "image",
            "AIM-500/mask/o_{n:08x}.png": "alpha",
            "AIM-500/trimap/o_{n:08x}.png": "trimap",
            "BG20K/{bg20k}": "background",
        },
        list_files={  # every photograph before the background of the next scene
            "dataset_labels.csv": ListFile(
                "AIM-500/original/o_{n:08x}.jpg,AIM-500/trimap/o_{n:08x}.png,"
                "AIM-500/mask/o_{n:08x}.png,BG20K/{behind},{split}",
                header="original,trimap,mask,background,split",
            )
        },
    ),
    "am2k": Layout(
        "AM-2k with BG-20k and COCO, denoised folders too",
        {
            "AM-2k/train/original/m_{n:08x}.jpg": "image",
            "AM-2k/train/mask/m_{n:08x}.png": "alpha",
            "AM-2k/train/fg/m_{n:08x}.png": "foreground",
            "AM-2k/train/bg/m_{n:08x}.png": "background",
            "AM-2k/train/original_denoise/m_{n:08x}.jpg": "denoised image",
            "AM-2k/train/fg_denoise/m_{n:08x}.png": "denoised foreground",
            "BG-20k/{bg20k}": "background",
            "BG-20k/train_denoise/h_{n:08x}.jpg": "denoised background",
            f"COCO/train/{COCO}": "background",
        },
        {
            "AM-2k/validation/original/m_{n:08x}.jpg": "image",
            "AM-2k/validation/mask/m_{n:08x}.png": "alpha",
            "AM-2k/validation/trimap/m_{n:08x}.png": "trimap",
            "BG-20k/{bg20k}": "background",
        },
    ),
    "backgrounds": Layout("pictures of COCO and VOC", {"{stock}": "background"}),
    "samplenet": Layout(
        "rgb, trimap, alpha and val_set.txt",
        {
            "rgb/{stem}.png": "image",
            "trimap/{stem}.png": "trimap",
            "alpha/{stem}.png": "alpha",
        },
        list_files={"val_set.txt": ListFile("rgb/{stem}.png trimap/{stem}.png")},
    ),
    "samplenet-train": Layout(
        "fg, alpha, bg and their lists",
        {
            "fg/{stem}.png": "foreground",
            "alpha/{stem}.png": "alpha",
            "bg/{stem}.jpg": "background",
        },
        list_files={
            "fg_train_set.txt": ListFile("fg/{stem}.png alpha/{stem}.png", split="train"),
            "bg_train_set.txt": ListFile("bg/{stem}.jpg", split="train"),
            "fg_val_set.txt": ListFile("fg/{stem}.png alpha/{stem}.png", split="test"),
            "bg_val_set.txt": ListFile("bg/{stem}.jpg", split="test"),
        },
    ),
    "alphamatting": Layout(
        "the folders of alphamatting.com",
        {
            "input_training_lowres/GT{from_1:02d}.png": "image",
            "trimap_training_lowres/Trimap1/GT{from_1:02d}.png": "trimap",
            "trimap_training_lowres/Trimap2/GT{from_1:02d}.png": "wide trimap",
            "gt_training_lowres/GT{from_1:02d}.png": "alpha",
        },
        {
            "input_lowres/{stem}.png": "image",
            "trimap_lowres/Trimap1/{stem}.png": "trimap",
            "trimap_lowres/Trimap2/{stem}.png": "wide trimap",
            "trimap_lowres/Trimap3/{stem}.png": "trimap",
        },
    ),
    "rgba": Layout(
        "cut-outs and backgrounds",
        {"foregrounds/{stem}.png": "cut-out", "backgrounds/{stem}.jpg": "background"},
    ),
}
"""Name -> layout; `plain` has the same file name in each of its folders."""
