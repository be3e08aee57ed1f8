"""Which foreground meets which background, and what is written."""

import json
import ntpath
import os
from pathlib import Path

import numpy as np
import pytest
from data.trees import draw, grow

from mattekit.core.errors import BadArgument, BadData
from mattekit.data import Source
from mattekit.data.composite_plan import Subject, plan
from mattekit.data.compositing import RULES, composite, read_colours, read_matte
from mattekit.data.sources.folders import CompositesConfig
from mattekit.data.sources.lists import ListedCompositesConfig
from mattekit.imaging.compose import over
from mattekit.imaging.files import write_alpha
from mattekit.preparation.composites import compose, finish

LISTING = """
Combined_Dataset/Training_set/Adobe-licensed images/fg/cat 1.jpg
Combined_Dataset/Training_set/Adobe-licensed images/alpha/cat 1.png
Combined_Dataset/Training_set/Other/fg/dog.PNG
Combined_Dataset/Training_set/Other/alpha/dog.jpg
Combined_Dataset/Training_set/training_fg_names.txt: dog.PNG; cat 1.jpg
Combined_Dataset/Training_set/training_bg_names.txt: COCO_train2014_3.jpg; 1.jpg; 2.jpg; 4.jpg; 1
Combined_Dataset/Test_set/Adobe-licensed images/fg/fox.png
Combined_Dataset/Test_set/Adobe-licensed images/alpha/fox.png
Combined_Dataset/Test_set/Adobe-licensed images/trimaps/fox_0.png
Combined_Dataset/Test_set/Adobe-licensed images/trimaps/fox_1.png
Combined_Dataset/Test_set/test_fg_names.txt: fox.png
Combined_Dataset/Test_set/test_bg_names.txt: 4.jpg; 3.jpg
coco/1.jpg
coco/2.jpg
coco/3.jpg
coco/4.jpg
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return grow(tmp_path, LISTING)


def told(subjects: list[Subject]) -> dict[str, list[str]]:
    """Foreground -> its composites, as `name over background`."""
    return {
        subject.foreground.name: [
            f"{one.name} over {one.background.name}" for one in subject.composites
        ]
        for subject in subjects
    }


def test_foreground_i_meets_the_i_th_lines_of_the_list_and_coco_2017_has_no_prefix(
    root: Path,
) -> None:
    assert told(plan(root, root / "coco", per_foreground=2)) == {
        "dog.PNG": ["dog_0 over 3.jpg", "dog_1 over 1.jpg"],
        "cat 1.jpg": ["cat 1_0 over 2.jpg", "cat 1_1 over 4.jpg"],
    }


def test_the_test_set_has_its_own_lists_and_trimaps(root: Path) -> None:
    (fox,) = plan(root / "Combined_Dataset", root / "coco", split="test", per_foreground=2)
    assert [one.background.name for one in fox.composites] == ["4.jpg", "3.jpg"]
    assert [one.trimap and one.trimap.name for one in fox.composites] == ["fox_0.png", "fox_1.png"]


def test_the_published_numbers_are_100_and_20(root: Path) -> None:
    for split, times in (("train", 200), ("test", 20)):
        with pytest.raises(BadData, match=f"each take {times}"):
            plan(root, root / "coco", split=split)


def test_without_lists_backgrounds_are_drawn_by_the_seed_and_come_again_when_they_run_out(
    tmp_path: Path,
) -> None:
    grow(tmp_path, "fg/a.png\nfg/b.png\nalpha/a.png\nalpha/b.png")
    grow(tmp_path, "\n".join(f"any/{number}.jpg" for number in range(3)))
    any_folder = tmp_path / "any"
    plans = [
        told(plan(tmp_path, any_folder, per_foreground=3, seed=seed)) for seed in (0, 0, 1, 2, 3)
    ]
    assert plans[0] == plans[1]
    assert any(plans[0] != other for other in plans[2:])
    assert {name.split()[-1] for name in plans[0]["b.png"]} == {"0.jpg", "1.jpg", "2.jpg"}


def test_what_is_written_is_the_composite_of_the_files(root: Path, tmp_path: Path) -> None:
    subjects = plan(root, root / "coco", per_foreground=2)
    for subject in subjects:
        compose(subject, tmp_path / "out", "adobe", keep=False)
    dog = root / "Combined_Dataset/Training_set/Other"
    foreground = read_colours(dog / "fg/dog.PNG")
    alpha = read_matte(dog / "alpha/dog.jpg", foreground.shape[:2])
    expected = composite(foreground, alpha, read_colours(root / "coco/1.jpg"), RULES["adobe"])
    assert (read_colours(tmp_path / "out/image/dog_1.png") == expected).all()


def test_the_manifest_tells_the_rule_and_the_files_of_what_is_there(
    root: Path, tmp_path: Path
) -> None:
    (fox,) = plan(root, root / "coco", split="test", per_foreground=2)
    compose(fox, tmp_path / "out", "dim-2019", keep=False)
    (tmp_path / "out/image/fox_0.png").unlink()
    finish([fox], tmp_path / "out", "dim-2019")
    header, *entries = map(json.loads, (tmp_path / "out/manifest.jsonl").read_text().splitlines())
    assert (header["preset"], header["rule"]["to_8_bits"]) == ("dim-2019", "rounded")
    (entry,) = entries
    assert entry["image"] == "image/fox_1.png"
    names = {"foreground": "fox.png", "alpha": "fox.png", "background": "3.jpg"}
    for role, name in {**names, "trimap": "fox_1.png"}.items():
        assert (tmp_path / "out" / entry[role]).name == name
        assert (tmp_path / "out" / entry[role]).is_file()


def test_a_bad_background_spoils_its_own_composite_alone_and_is_named(
    root: Path, tmp_path: Path
) -> None:
    (root / "coco/3.jpg").write_bytes(b"no picture")
    dog, _ = plan(root, root / "coco", per_foreground=2)
    with pytest.raises(BadData, match=r"1 of 2 composites are missing: .*3\.jpg"):
        compose(dog, tmp_path / "out", "adobe", keep=False)
    assert os.listdir(tmp_path / "out/image") == ["dog_1.png"]


def test_a_second_run_makes_only_what_is_missing(root: Path, tmp_path: Path) -> None:
    dog, _ = plan(root, root / "coco", per_foreground=2)
    first, second = compose(dog, tmp_path / "out", "adobe", keep=False).outputs
    first.unlink()
    assert compose(dog, tmp_path / "out", "adobe", keep=True).outputs == [first]
    assert second.is_file()


def test_merged_writes_the_layout_and_the_list_that_its_reader_takes(
    root: Path, tmp_path: Path, rng: np.random.Generator
) -> None:
    subjects = plan(root, root / "coco", per_foreground=2)
    for subject in subjects:
        compose(subject, tmp_path / "out", "merged", keep=False)
    finish(subjects, tmp_path / "out", "merged")
    assert (tmp_path / "out/training_set.txt").read_text().splitlines() == [
        "dog.PNG 3.jpg dog_0.png",
        "dog.PNG 1.jpg dog_1.png",
        "cat 1.jpg\t2.jpg\tcat 1_0.png",
        "cat 1.jpg\t4.jpg\tcat 1_1.png",
    ]
    source = ListedCompositesConfig(
        root=str(tmp_path / "out"), backgrounds=str(root / "coco")
    ).open()
    assert isinstance(source, Source)
    assert len(source) == 4
    assert source.sample(2, rng).background is not None


def test_planes_beside_composites_are_the_layout_that_its_reader_takes(
    root: Path, tmp_path: Path, rng: np.random.Generator
) -> None:
    (fox,) = plan(root, root / "coco", split="test", per_foreground=2)
    compose(fox, tmp_path / "out", "dim-2019", keep=False, planes=True)
    folders = ("alpha", "bg", "fg", "image", "trimap")
    assert tuple(sorted(os.listdir(tmp_path / "out"))) == folders
    for folder in folders:
        assert len(os.listdir(tmp_path / "out" / folder)) == 2
    sample = CompositesConfig(root=str(tmp_path / "out")).open().sample(1, rng)
    assert sample.foreground is not None
    assert sample.background is not None
    mixed = over(sample.foreground, sample.alpha[..., None], sample.background)
    assert np.abs(mixed - sample.image).max() < 0.51 / 255


def test_planes_of_a_composite_have_one_name_whatever_they_were_made_of(
    root: Path, tmp_path: Path
) -> None:
    dog, _ = plan(root, root / "coco", per_foreground=1)
    assert (dog.foreground.suffix, dog.alpha.suffix) == (".PNG", ".jpg")
    compose(dog, tmp_path, "dim-2019", keep=False, planes=True)
    names = {folder.name: os.listdir(folder) for folder in tmp_path.iterdir() if folder != root}
    (name,) = names["image"]
    assert names["fg"] == names["alpha"] == names["bg"] == [name]
    for folder, source in (("fg", dog.foreground), ("alpha", dog.alpha)):
        np.testing.assert_array_equal(
            read_colours(tmp_path / folder / name), read_colours(source), strict=True
        )


def test_an_alpha_that_does_not_fit_is_named_and_nothing_is_written(
    root: Path, tmp_path: Path
) -> None:
    dog, _ = plan(root, root / "coco", per_foreground=2)
    write_alpha(dog.alpha, np.ones((5, 5), np.float32))
    with pytest.raises(Exception, match=r"dog\.jpg is 5x5 and its foreground 32x24"):
        compose(dog, tmp_path / "out", "adobe", keep=False)
    assert not (tmp_path / "out").exists()


def test_folders_without_foregrounds_and_names_that_collide_are_refused(
    root: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadData, match="holds the folders fg and alpha"):
        plan(root / "coco", root / "coco")
    names = root / "Combined_Dataset/Training_set/training_fg_names.txt"
    draw(root / "Combined_Dataset/Training_set/Other/fg/dog.jpg")
    names.write_text("dog.PNG\ndog.jpg\n")
    with pytest.raises(
        BadData, match=r"dog\.PNG and dog\.jpg would give composites of the same name"
    ):
        plan(root, root / "coco", per_foreground=1)
    with pytest.raises(BadArgument, match="at least 1"):
        plan(root, root / "coco", per_foreground=0)


def test_a_background_on_another_drive_of_windows_is_named_in_full(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fox,) = plan(root, root / "coco", split="test", per_foreground=1)
    compose(fox, tmp_path / "out", "dim-2019", keep=False)
    near = os.path.relpath

    def relpath(path: Path, start: Path) -> str:
        return ntpath.relpath("D:/1", "C:/") if "coco" in path.parts else near(path, start)

    monkeypatch.setattr(os.path, "relpath", relpath)
    finish([fox], tmp_path / "out", "dim-2019")
    _, entry = map(json.loads, (tmp_path / "out/manifest.jsonl").read_text().splitlines())
    assert Path(entry["background"]) == fox.composites[0].background
    assert entry["image"] == "image/fox_0.png"
