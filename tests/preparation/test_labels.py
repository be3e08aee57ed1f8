"""The table of AlphaGAN-A6."""

import csv
import shutil
from pathlib import Path

import pytest
from data.trees import draw, grow

from mattekit.core.errors import BadArgument, BadData
from mattekit.preparation import prepare_labels

STEMS = ("a", "b", "c", "d e", "f")
RECORDED = ["b", "c", "c", "b", "a", "a", "c", "c", "b", "d e", "d e", "d e"]
"""Foregrounds of the table of the published seed with a quarter of them held back."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Five subjects, the last without a trimap, and twelve backgrounds in nested folders."""
    for stem in STEMS:
        draw(tmp_path / "AIM-500/original" / f"{stem}.jpg")
        draw(tmp_path / "AIM-500/mask" / f"{stem}.png")
        if stem != "f":
            draw(tmp_path / "AIM-500/trimap" / f"{stem}.png")
    for number in range(12):
        folder, suffix = ("x", "JPG") if number % 2 else ("x/deeper", "png")
        draw(tmp_path / "BG20K" / folder / f"h_{number // 2}.{suffix}")
    return tmp_path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_columns_are_the_published_ones_and_every_background_has_one_row(root: Path) -> None:
    table = root / "dataset_labels.csv"
    made = prepare_labels(root / "AIM-500", root / "BG20K", table)
    assert table.read_text().splitlines()[0] == "original,trimap,mask,background,split"
    backgrounds = sorted(row["background"] for row in rows(table))
    assert backgrounds == sorted(str(path) for path in (root / "BG20K").rglob("*.*"))
    assert made.train + made.test == 12
    assert made.incomplete == ("f",)


def test_a_table_always_has_both_splits_or_is_refused(root: Path) -> None:
    for number in range(2, 12):  # two backgrounds for four subjects
        for place in (root / "BG20K").rglob(f"h_{number // 2}.*"):
            place.unlink()
    for seed in range(8):
        try:
            made = prepare_labels(root / "AIM-500", root / "BG20K", root / "t.csv", seed=seed)
        except BadData as error:
            assert "leave no row for the test split" in str(error)  # noqa: PT017
        else:
            assert min(made.train, made.test) == 1


def test_the_planes_of_a_row_have_one_stem_and_paths_are_as_they_were_given(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    prepare_labels("AIM-500", "BG20K", "labels.csv")
    for row in rows(root / "labels.csv"):
        planes = [Path(row[plane]) for plane in ("original", "trimap", "mask")]
        assert [path.parent.as_posix() for path in planes] == [
            "AIM-500/original", "AIM-500/trimap", "AIM-500/mask"
        ]  # fmt: skip
        assert len({path.stem for path in planes}) == 1
        assert Path(row["background"]).is_file()


def test_a_subject_is_in_one_split_only_and_train_rows_come_first(root: Path) -> None:
    for seed in range(20):
        prepare_labels(root / "AIM-500", root / "BG20K", root / "t.csv", test_ratio=0.5, seed=seed)
        table = rows(root / "t.csv")
        train, test = (
            {row["original"] for row in table if row["split"] == split}
            for split in ("train", "test")
        )
        assert not train & test
        assert len(train) <= 2
        names = [row["split"] for row in table]
        assert names == sorted(names, reverse=True)


def test_by_rows_the_split_is_the_published_share_and_subjects_are_on_both_sides(
    root: Path,
) -> None:
    made = prepare_labels(
        root / "AIM-500", root / "BG20K", root / "t.csv",
        ["mask", "trimap", "original"], 0.2, split_by="row",
    )  # fmt: skip
    assert (made.train, made.test) == (9, 3)  # int(12 x 0.8)
    table = rows(root / "t.csv")
    sides = [{r["original"] for r in table if r["split"] == split} for split in ("train", "test")]
    assert sides[0] & sides[1]


def test_the_same_seed_gives_the_same_bytes_in_whatever_order_the_files_came(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("copy")
    for path in sorted((path for path in root.rglob("*.*")), reverse=True):
        (other / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, other / path.relative_to(root))
    tables = []
    for place, seed in ((root, 7), (other, 7), (root, 8)):
        monkeypatch.chdir(place)
        prepare_labels("AIM-500", "BG20K", "labels.csv", seed=seed)
        tables.append((place / "labels.csv").read_bytes())
    assert tables[0] == tables[1] != tables[2]


def test_a_table_of_a_seed_is_the_recorded_one(root: Path) -> None:
    """Names are ordered before anything is drawn, so no run of Python changes them."""
    prepare_labels(root / "AIM-500", root / "BG20K", root / "t.csv", test_ratio=0.25)
    assert [Path(row["mask"]).stem for row in rows(root / "t.csv")] == RECORDED


def test_two_backgrounds_of_one_name_in_two_folders_are_two_rows(root: Path) -> None:
    prepare_labels(root / "AIM-500", root / "BG20K", root / "t.csv")
    stems = [Path(row["background"]).stem for row in rows(root / "t.csv")]
    assert stems.count("h_0") == 2


def test_names_with_commas_and_quotes_come_back(tmp_path: Path) -> None:
    name = 'a, "b"'
    grow(tmp_path, "\n".join(f"fg/{plane}/{name}.png" for plane in ("original", "mask", "trimap")))
    grow(tmp_path, "bg/h.png")
    prepare_labels(tmp_path / "fg", tmp_path / "bg", tmp_path / "t.csv", test_ratio=0)
    assert Path(rows(tmp_path / "t.csv")[0]["mask"]).stem == name


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"test_ratio": 1.0}, "a test ratio of 1.0 is no share"),
        ({"split_by": "file"}, "choose foreground or row"),
        ({"seed": -1}, "is negative"),
        ({"required_fg": ["mask"]}, "the columns need original, trimap and mask"),
    ],
)
def test_options_that_cannot_be_are_refused(root: Path, options: dict, sentence: str) -> None:
    with pytest.raises(BadArgument, match=sentence):
        prepare_labels(root / "AIM-500", root / "BG20K", root / "t.csv", **options)


def test_a_missing_folder_and_planes_that_never_meet_are_refused(root: Path) -> None:
    with pytest.raises(BadData, match="there is no folder"):
        prepare_labels(root, root / "BG20K", root / "t.csv")
    shutil.rmtree(root / "AIM-500/trimap")
    draw(root / "AIM-500/trimap/other.png")
    with pytest.raises(BadData, match=r"no picture in .* has all of mask, trimap, original"):
        prepare_labels(root / "AIM-500", root / "BG20K", root / "t.csv")
    assert not (root / "t.csv").exists()
