"""Files of a batch: found, paired, listed in a manifest, split into shards."""

import json
from pathlib import Path

import pytest

from mattekit.batch.files import Shard, gather, pair, parse_shard, read_manifest
from mattekit.core.errors import BadArgument, BadData


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.JPG", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_stands_for_its_pictures_in_the_order_of_their_names(folder: Path) -> None:
    assert [path.name for path in gather([str(folder)])] == ["a.JPG", "b.png"]


def test_a_glob_and_a_file_named_twice_count_once(folder: Path) -> None:
    found = gather([str(folder / "b.png"), str(folder / "*.png")])
    assert [path.name for path in found] == ["b.png"]


def test_a_file_with_brackets_in_its_name_is_a_file(tmp_path: Path) -> None:
    odd = tmp_path / "photo [1].png"
    odd.touch()
    assert gather([str(odd)]) == [odd]


def test_two_stars_look_into_all_folders(tmp_path: Path) -> None:
    for place in ("a.jpg", "one/b.jpg", "one/two/c.jpg"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    found = gather([str(tmp_path / "**" / "*.jpg")])
    assert [path.name for path in found] == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_folder_without_pictures_and_a_glob_without_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no pictures"):
        gather([str(tmp_path)])
    with pytest.raises(BadData, match="no file fits"):
        gather([str(tmp_path / "*.png")])


def test_partners_are_found_by_stem_and_a_missing_one_is_named(folder: Path) -> None:
    photos = [Path("x/a.png"), Path("x/c.png")]
    assert pair(photos, folder) == {photos[0]: folder / "a.JPG", photos[1]: folder / "c.png"}


def test_one_partner_for_several_inputs_is_refused(folder: Path) -> None:
    with pytest.raises(BadArgument, match="give a folder"):
        pair([Path("a.png"), Path("b.png")], folder / "b.png")


def test_shards_are_disjoint_complete_and_do_not_depend_on_the_neighbours() -> None:
    names = [f"{number}.png" for number in range(200)]
    shards = [[name for name in names if Shard(index=i, count=4).holds(name)] for i in range(4)]
    assert sorted(name for shard in shards for name in shard) == sorted(names)
    assert min(map(len, shards)) > 30
    assert Shard(index=0, count=4).holds("cat.jpg")  # as on every machine, in every release


@pytest.mark.parametrize("text", ["4/4", "-1/4", "1", "a/b", "1/0"])
def test_what_is_not_a_shard_is_refused(text: str) -> None:
    with pytest.raises(BadArgument, match="is not a shard"):
        parse_shard(text)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "txt"])
def test_a_manifest_names_photos_and_what_belongs_to_them(tmp_path: Path, kind: str) -> None:
    rows = [{"photo": "a.jpg", "trimap": "t/a.png"}, {"photo": "b, c.jpg", "trimap": ""}]
    texts = {
        "jsonl": "".join(f"{json.dumps(row)}\n" for row in rows),
        "csv": 'photo,trimap\na.jpg,t/a.png\n"b, c.jpg",\n',
        "txt": "a.jpg\n\nb, c.jpg\n",
    }
    path = tmp_path / f"list.{kind}"
    path.write_text(texts[kind], "utf-8")
    first, second = read_manifest(path)
    assert first == ({"photo": "a.jpg"} if kind == "txt" else rows[0])
    assert second == {"photo": "b, c.jpg"}


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"photo": "a.jpg"}\n{"pho', "cannot be read as a manifest"),
     ('{"photo": "a.jpg"}\n{"trimap": "b"}', "row 2 names no photo"), ("[1]", "row 1"),
     ("", "no rows")],
)  # fmt: skip
def test_half_a_manifest_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text(text)
    with pytest.raises(BadData, match=message):
        read_manifest(path)
