"""Scenes as files in the layouts of the published data sets."""

import re
from pathlib import Path

import numpy as np
import pytest

from mattekit.core.types import UNKNOWN
from mattekit.imaging.compose import over
from mattekit.imaging.files import open_alpha, read_alpha, read_image, read_trimap
from mattekit.synthetic.layouts import LAYOUTS
from mattekit.synthetic.scene import scene

SIZE = (24, 32)
PUBLISHED_NAMES = {
    "adobe": r"(Combined_Dataset/Training_set/(Adobe-licensed images|Other)/"
    r"(fg|alpha)/scene-\d+\.png|train2014/COCO_train2014_\d{12}\.jpg)",
    "composition1k": r"(Combined_Dataset/Test_set/Adobe-licensed images/"
    r"((fg|alpha)/scene-\d+|trimaps/scene-\d+_\d+)\.png|JPEGImages/2007_\d{6}\.jpg)",
    "aim500": r"(AIM-500/(original/o_[0-9a-f]{8}\.jpg|(mask|trimap)/o_[0-9a-f]{8}\.png)"
    r"|BG20K/(train|testval)/h_[0-9a-f]{8}\.jpg)",
    "am2k": r"(AM-2k/(train|validation)/\w+/m_[0-9a-f]{8}\.(jpg|png)"
    r"|BG-20k/(train|train_denoise|testval)/h_[0-9a-f]{8}\.jpg"
    r"|COCO/train/COCO_train2014_\d{12}\.jpg)",
}


def write(layout: str, folder: Path, numbers: range = range(4), bits: int = 8) -> list[str]:
    """Write scenes and lists; gives the names of all files, without the lists."""
    chosen = LAYOUTS[layout]
    for number in numbers:
        chosen.write(folder, number, scene(number, SIZE), bits=bits)
    chosen.finish(folder, numbers)
    found = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path) for path in found if path.suffix in (".png", ".jpg"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_writes_the_files_that_it_announces_and_no_file_twice(
    layout: str, tmp_path: Path
) -> None:
    planned = [path for n in range(4) for path in LAYOUTS[layout].paths(tmp_path, n)]
    assert len(planned) == len(set(planned))
    assert write(layout, tmp_path) == sorted(str(path.relative_to(tmp_path)) for path in planned)


@pytest.mark.parametrize("layout", PUBLISHED_NAMES)
def test_files_are_named_as_in_the_published_set(layout: str) -> None:
    for number in (0, 1, 3, 41):
        for _, place in LAYOUTS[layout].places(number):
            assert re.fullmatch(PUBLISHED_NAMES[layout], place), place


def test_lists_have_as_many_lines_a_foreground_as_the_published_ones(tmp_path: Path) -> None:
    write("adobe", tmp_path, range(2))
    write("composition1k", tmp_path, range(2))
    root = tmp_path / "Combined_Dataset"
    names = {path.name: path.read_text().splitlines() for path in root.rglob("*.txt")}
    assert {name: len(lines) for name, lines in names.items()} == {
        "training_fg_names.txt": 2,
        "training_bg_names.txt": 200,
        "test_fg_names.txt": 2,
        "test_bg_names.txt": 40,
    }
    assert names["training_bg_names.txt"][:3] == [
        "COCO_train2014_000000000000.jpg",
        "COCO_train2014_000000000001.jpg",
        "COCO_train2014_000000000000.jpg",
    ]


def test_composites_are_made_of_the_files_beside_them(tmp_path: Path) -> None:
    write("merged", tmp_path, range(1))
    train = tmp_path / "Train"
    row = (train / "training_set.txt").read_text().split()
    foreground, background = (
        read_image(place / name)
        for place, name in ((train / "fg", row[0]), (tmp_path / "MSCOCO" / "train2014", row[1]))
    )
    alpha = read_alpha(train / "alpha" / row[0])
    composite = over(foreground, alpha[..., None], background)
    image = read_image(train / "merged_cv" / row[2])
    assert np.abs(composite - image).max() < 0.51 / 255


def test_every_photograph_of_the_table_stands_before_another_background(tmp_path: Path) -> None:
    write("aim500", tmp_path)
    header, *rows = (tmp_path / "dataset_labels.csv").read_text().splitlines()
    assert header == "original,trimap,mask,background,split"
    cells = [row.split(",") for row in rows]
    assert [row[4] for row in cells] == ["train", "train", "train", "test"]
    assert all((tmp_path / cell).is_file() for row in cells for cell in row[:4])
    assert [row[0][-5] for row in cells] == ["0", "1", "2", "3"]
    assert [row[3][-5] for row in cells] == ["1", "2", "3", "0"]


def test_the_second_trimap_of_alphamatting_is_wider(tmp_path: Path) -> None:
    write("alphamatting", tmp_path, range(1))
    folder = tmp_path / "trimap_training_lowres"
    narrow, wide = (read_trimap(folder / f"Trimap{k}" / "GT01.png") for k in (1, 2))
    assert ((narrow == UNKNOWN) <= (wide == UNKNOWN)).all()
    assert (wide == UNKNOWN).sum() > (narrow == UNKNOWN).sum()


def test_denoised_pictures_are_smoother(tmp_path: Path) -> None:
    write("am2k", tmp_path, range(1))
    for folder in ("AM-2k/train/fg", "BG-20k/train"):
        plain, smooth = (
            read_image(next((tmp_path / f"{folder}{suffix}").iterdir()))
            for suffix in ("", "_denoise")
        )
        assert np.abs(np.diff(smooth, axis=1)).sum() < np.abs(np.diff(plain, axis=1)).sum()


def test_a_cut_out_is_colour_and_alpha_in_one_file(tmp_path: Path) -> None:
    write("rgba", tmp_path, range(1), bits=16)
    path = tmp_path / "foregrounds" / "scene-000000.png"
    sample = scene(0, SIZE)
    assert np.abs(read_alpha(path) - sample.alpha).max() < 1e-4
    assert np.abs(read_image(path) - sample.foreground).max() < 1e-4
    assert open_alpha(path).dtype == np.uint16
