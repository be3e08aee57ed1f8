"""`mattekit prepare`."""

import csv
import json
import re
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from cli.conftest import Command
from data.trees import draw, grow

from mattekit.data.augmentation.camera import add_noise, noise_field
from mattekit.imaging.files import read_image, write_alpha, write_image
from mattekit.preparation.manifest import read_manifest
from mattekit.synthetic import scene
from mattekit.synthetic.layouts import LAYOUTS

LISTING = """
set/fg/cat.png
set/fg/dog.png
set/alpha/cat.png
set/alpha/dog.png
any/1.jpg
any/2.jpg
"""


CHECK = ("prepare", "check", "--processes", 1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two foregrounds and two backgrounds."""
    return grow(tmp_path, LISTING)


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def test_unpack_goes_on_after_a_bad_archive_and_says_which(
    mattekit: Command, tmp_path: Path
) -> None:
    good = archive(tmp_path / "good.zip", {"a/1.png": b"1", "a/2.png": b"2", "a/.DS_Store": b""})
    bad = archive(tmp_path / "bad.zip", {"../1.png": b"1"})
    result = mattekit("prepare", "unpack", bad, good, "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "bad.zip: the name '../1.png' leads out of the folder" in result.stderr
    assert "left out, first 'a/.DS_Store'" in result.stderr
    assert "1 of 2 failed" in result.stderr
    assert sorted(path.name for path in (tmp_path / "out/a").iterdir()) == ["1.png", "2.png"]


def test_unpack_tells_what_it_wrote_and_keeps_to_its_limits(
    mattekit: Command, tmp_path: Path
) -> None:
    path = archive(tmp_path / "a.zip", {"1.png": b"1" * 4000, "2.png": b"2"})
    words = ("prepare", "unpack", path, "-o", tmp_path / "out", "--json")
    for limit in (("--max-files", "1"), ("--max-size", "3kB")):
        assert mattekit(*words, *limit).exit_code == 1
    for written in (2, 0):
        (told,) = json.loads(mattekit(*words).stdout)["results"]
        assert told["extra"] == {"written": written, "already there": 2 - written}


def test_labels_writes_the_table_and_says_what_was_of_no_use(
    mattekit: Command, tmp_path: Path
) -> None:
    for plane in ("original", "mask", "trimap"):
        draw(tmp_path / "AIM" / plane / "a.png")
    draw(tmp_path / "AIM/mask/b.png")
    draw(tmp_path / "BG/deep/h.jpg")
    words = ("prepare", "labels", tmp_path / "AIM", tmp_path / "BG", "-o", tmp_path / "labels.csv")
    result = mattekit(*words, "--split-by", "row", "--seed", "3")
    assert result.exit_code == 0
    assert "0 train and 1 test rows" in result.stdout
    assert "1 pictures lack a plane and were left out: b" in result.stderr
    with (tmp_path / "labels.csv").open() as file:
        assert next(csv.reader(file)) == ["original", "trimap", "mask", "background", "split"]
    assert mattekit(*words).exit_code == 1
    assert mattekit(*words, "--overwrite", "--split-by", "mood").exit_code == 2


@pytest.mark.slow
def test_composite_makes_all_names_what_failed_and_goes_on_where_it_stopped(
    mattekit: Command, root: Path
) -> None:
    words = ("prepare", "composite", root / "set", "--backgrounds", root / "any", "-o",
             root / "out", "--per-foreground", 2, "--processes", 2)  # fmt: skip
    good = (root / "set/alpha/dog.png").read_bytes()
    write_alpha(root / "set/alpha/dog.png", np.zeros((24, 32), np.float32))
    result = mattekit(*words)
    assert result.exit_code == 1
    assert "dog.png is empty" in result.stderr
    assert [entry["image"] for entry in read_manifest(root / "out")[1:]] == [
        "image/cat_0.png", "image/cat_1.png",
    ]  # fmt: skip
    assert mattekit(*words, "--processes", 1).exit_code == 1  # the others exist
    (root / "set/alpha/dog.png").write_bytes(good)
    result = mattekit(*words, "--skip-existing", "--json", "--processes", 1)
    assert result.exit_code == 0
    assert [one["status"] for one in json.loads(result.stdout)["results"]] == ["skipped", "done"]
    assert len(read_manifest(root / "out")) == 5
    (root / "out/image/cat_0.png").unlink()
    (root / "out/image/cat_1.png").write_bytes(b"there already")
    assert mattekit(*words, "--skip-existing", "--processes", 1).exit_code == 0
    assert (root / "out/image/cat_0.png").is_file()
    assert (root / "out/image/cat_1.png").read_bytes() == b"there already"


def test_composite_offers_the_presets_and_no_others(mattekit: Command, root: Path) -> None:
    words = ("prepare", "composite", root / "set", "--backgrounds", root / "any", "-o", root / "x",
             "--processes", 1)  # fmt: skip
    result = mattekit(*words, "--preset", "mine")
    assert result.exit_code == 2
    assert "adobe, dim-2019, alphagan-2020, merged" in result.stderr
    assert mattekit(*words, "--preset", "merged", "--planes").exit_code == 2
    result = mattekit(*words, "--preset", "merged", "--per-foreground", 1, "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert len((root / "x/training_set.txt").read_text().splitlines()) == 2


def test_fgbg_writes_both_layers_and_goes_on_after_an_alpha_that_does_not_fit(
    mattekit: Command, tmp_path: Path
) -> None:
    for seed, name in enumerate(("m_1", "m_2")):
        picture = scene(seed, (40, 56), kind="blob")
        write_image(tmp_path / f"original/{name}.jpg", picture.image)
        write_alpha(tmp_path / f"mask/{name}.png", picture.alpha)
    write_alpha(tmp_path / "mask/m_1.png", np.ones((20, 20), np.float32))
    result = mattekit(
        "prepare", "fgbg", tmp_path / "original", tmp_path / "mask", "-o", tmp_path,
        "--method", "levin", "--processes", 1,
    )  # fmt: skip
    assert result.exit_code == 1
    assert "m_1.png is 20x20" in result.stderr
    assert [path.name for path in (tmp_path / "fg").iterdir()] == ["m_2.png"]
    assert [path.name for path in (tmp_path / "bg").iterdir()] == ["m_2.png"]


@pytest.fixture
def photos(tmp_path: Path, rng: np.random.Generator) -> Path:
    """A folder of twelve noisy pictures."""
    grey = np.full((16, 16, 3), 0.5, np.float32)
    for number in range(12):
        write_image(
            tmp_path / f"photos/{number:02d}.jpg",
            add_noise(grey, noise_field(grey.shape, 0.04, rng)),
        )
    return tmp_path / "photos"


@pytest.mark.slow
def test_denoise_tells_how_long_it_will_take_and_makes_nothing_twice(
    mattekit: Command, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mattekit.cli.progress.SECONDS", 0.0)
    words = ("prepare", "denoise", photos, "-o", tmp_path / "out", "--processes", 1)
    result = mattekit(*words)
    assert result.exit_code == 0
    assert re.search(r"1 of 12 done, .* a second, about .* minutes left", result.stderr)
    (tmp_path / "out/03.png").unlink()
    results = json.loads(mattekit(*words, "--json").stdout)["results"]
    assert [Path(one["input"]).stem for one in results if one["status"] == "done"] == ["03"]
    assert [one["status"] for one in results].count("skipped") == 11
    result = mattekit(*words, "--sigma", 5)
    assert result.exit_code == 1
    assert "12 of 12 failed" in result.stderr
    assert mattekit(*words, "--sigma", 5, "--overwrite").exit_code == 0
    assert mattekit(*words, "--sigma", 0).exit_code == 2


def test_denoise_never_writes_over_its_pictures(mattekit: Command, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.full((16, 16, 3), 0.5, np.float32))
    before = (tmp_path / "a.png").read_bytes()
    result = mattekit("prepare", "denoise", tmp_path / "a.png", "-o", tmp_path, "--overwrite")
    assert result.exit_code == 2
    assert "would be overwritten" in result.stderr
    assert (tmp_path / "a.png").read_bytes() == before


def test_bm3d_says_its_licence_once_and_without_its_package_nothing_begins(
    mattekit: Command, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("prepare", "denoise", photos, "-o", tmp_path / "out", "--method", "bm3d",
             "--processes", 1)  # fmt: skip
    monkeypatch.setitem(sys.modules, "bm3d", None)  # type: ignore[arg-type]
    result = mattekit(*words)
    assert result.exit_code == 2
    assert result.stderr.count("pip install bm3d") == 1
    stand_in = ModuleType("bm3d")
    stand_in.bm3d_rgb = lambda image, sigma: np.zeros_like(image)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bm3d", stand_in)
    result = mattekit(*words)
    assert result.exit_code == 0
    assert result.stderr.count("non-commercial") == 1
    assert read_image(tmp_path / "out/05.png").max() == 0
    assert all("non-commercial" in entry["licence"] for entry in read_manifest(tmp_path / "out"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A training tree of three pictures, one with a partner missing, and a copy as a test set."""
    for seed, name in enumerate(("a", "b", "c")):
        picture = scene(seed, (40, 56), kind="hair")
        write_image(tmp_path / f"train/image/{name}.png", picture.image)
        write_alpha(tmp_path / f"train/alpha/{name}.png", picture.alpha)
    write_image(tmp_path / "test/image/other.jpg", scene(1, (40, 56), kind="hair").image)
    return tmp_path


def test_check_of_a_good_tree_ends_with_0_and_a_table(mattekit: Command, tree: Path) -> None:
    result = mattekit(*CHECK, tree / "train")
    assert result.exit_code == 0
    assert "6 files in" in result.stdout
    assert "no findings" in result.stdout
    assert "      0  inverted" in result.stdout
    assert "same bytes" not in result.stdout


@pytest.mark.slow
def test_check_names_every_finding_on_stderr_and_ends_with_1(mattekit: Command, tree: Path) -> None:
    (tree / "train/alpha/a.png").unlink()
    (tree / "train/image/b.png").write_bytes(b"no picture")
    for processes in (1, 2):
        result = mattekit(*CHECK, tree / "train", "--processes", processes)
        assert result.exit_code == 1
        lines = [line for line in result.stderr.splitlines() if " looked at" not in line]
        assert [line.partition(": ")[2].partition(":")[0] for line in lines] == [
            "unreadable", "unpaired",
        ]  # fmt: skip
        assert "      1  unpaired" in result.stdout


def test_check_finds_a_test_picture_under_another_name_and_in_another_format(
    mattekit: Command, tree: Path
) -> None:
    result = mattekit(*CHECK, tree / "train", "--against", tree / "test", "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["counts"] == {"same look": 1}
    (finding,) = document["findings"]
    assert finding["file"].endswith("train/image/b.png")
    assert finding["problem"].endswith("test/image/other.jpg")


def test_check_knows_public_test_sets_unless_it_is_told_that_it_is_one(
    mattekit: Command, tree: Path
) -> None:
    (tree / "train").rename(tree / "AIM-500")
    result = mattekit(*CHECK, tree / "AIM-500")
    assert result.exit_code == 1
    assert "is AIM-500: a public test set" in result.stderr
    assert mattekit(*CHECK, tree / "AIM-500", "--test-set").exit_code == 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_check_understands_every_layout_that_synth_writes(
    mattekit: Command, tmp_path: Path, layout: str
) -> None:
    size = ("--count", 2, "--size", "48x40")
    assert mattekit("synth", layout, "-o", tmp_path, *size, "--quiet").exit_code == 0
    result = mattekit(*CHECK, tmp_path, "--test-set")
    assert result.exit_code == 0, result.stderr


def test_check_prints_20_of_a_kind_and_counts_the_others(mattekit: Command, tree: Path) -> None:
    for number in range(25):
        (tree / f"train/image/x{number:02d}.png").write_bytes(b"")
    result = mattekit(*CHECK, tree / "train")
    assert result.stderr.count(": unpaired: has no alpha") == 20
    assert "unpaired: 5 more; --json lists all" in result.stderr
    assert "     25  unpaired" in result.stdout
