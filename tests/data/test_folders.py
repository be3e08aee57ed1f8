"""Pictures found in folders whose names somebody else chose."""

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from data.trees import grow

from mattekit.core.errors import BadData
from mattekit.data import folders
from mattekit.data.folders import (
    Folder,
    composition1k_in,
    distinct_names,
    has_subfolder,
    here_or_in,
    pictures_below,
    public_test_set_in,
    require_files,
    subfolder,
)


def found(folder: Folder, name: str) -> str | None:
    path = folder.find(name)
    return path and path.name


def test_a_picture_is_found_by_name_or_by_stem_under_any_suffix(tmp_path: Path) -> None:
    folder = Folder(grow(tmp_path, "a b.JPG\nv1.2.png\nnotes.txt: no picture\n.hidden.png: stray"))
    assert [path.name for path in folder.pictures] == ["a b.JPG", "v1.2.png"]
    assert found(folder, "a b.JPG") == "a b.JPG"
    assert found(folder, "a b.png") == "a b.JPG"
    assert found(folder, "A B") == "a b.JPG"
    assert found(folder, "v1.2") == "v1.2.png"
    assert found(folder, "v1.3") is None


def test_names_with_accents_are_found_however_they_are_stored(tmp_path: Path) -> None:
    folder = Folder(grow(tmp_path, "\u5149 Ame\u0301lie.png"))
    assert found(folder, "\u5149 Am\u00e9lie.jpg") == "\u5149 Ame\u0301lie.png"


def test_of_two_files_with_one_stem_only_the_one_named_in_full_is_found(tmp_path: Path) -> None:
    folder = Folder(grow(tmp_path, "cat.jpg\ncat.png"))
    assert found(folder, "cat.png") == "cat.png"
    with pytest.raises(BadData, match=r"cat\.jpg and .*cat\.png share a stem"):
        folder.find("cat.webp")


def test_missing_pictures_are_counted_and_the_first_three_named(tmp_path: Path) -> None:
    folder = Folder(grow(tmp_path, "a.png"))
    with pytest.raises(BadData, match=r"4 of 5 pictures are not in .*: b, c, d, \.\.\.; add them"):
        folder.all_of("abcde")
    with pytest.raises(BadData, match=r"2 of 2 files that a list names are missing: x, y; "):
        require_files([Path("x"), Path("y"), Path("x")], "a list")


def test_folders_are_found_in_any_spelling(tmp_path: Path) -> None:
    grow(tmp_path, "Set/Adobe-licensed_images/fg/a.png")
    place = tmp_path / "Set"
    assert subfolder(place, "Adobe-licensed images").name == "Adobe-licensed_images"
    assert here_or_in(tmp_path, "set") == place
    assert here_or_in(place, "set") == place
    assert not has_subfolder(place, "fg")
    with pytest.raises(BadData, match=r"no folder 'fg' in .*there: Adobe-licensed_images"):
        subfolder(place, "fg")
    with pytest.raises(BadData, match=r"there is no folder .*elsewhere"):
        subfolder(tmp_path / "elsewhere", "fg")


def test_a_tree_is_searched_and_pictures_of_one_stem_get_names_of_their_own(
    tmp_path: Path,
) -> None:
    grow(tmp_path, "cats/1.png\ncats/2.png\ndogs/old/1.JPG\n.cache/1.txt: stray")
    paths = pictures_below(tmp_path)
    assert distinct_names(paths) == ("cats-1", "2", "dogs-old-1")
    assert distinct_names([paths[0], paths[0]]) == ("1", "1")
    with pytest.raises(BadData, match="holds no pictures, nor do its sub-folders"):
        pictures_below(tmp_path / ".cache")


@pytest.mark.parametrize(
    ("folder", "test_set"),
    [
        ("data/AIM-500", "AIM-500"),
        ("data/aim-500/original", "AIM-500"),
        ("P3M-10k/validation/P3M-500-NP/mask", "P3M-500-NP"),
        ("AM-2k/validation", "AM-2k/validation"),
        ("AM-2k/train/validation", None),
        ("AM-2k/train", None),
        ("AIM-5000", None),
        ("validation", None),
    ],
)
def test_a_folder_is_told_by_its_name(folder: str, test_set: str | None) -> None:
    assert public_test_set_in(Path("/anywhere") / folder) == test_set


def test_composition_1k_is_told_by_its_own_list(tmp_path: Path) -> None:
    names = tmp_path / "test_fg_names.txt"
    assert composition1k_in(["veil"], [names]) is None
    names.write_text("veil.png\nglass.jpg\n")
    assert composition1k_in(["other", "glass"], [tmp_path / "none.txt", names]) == "Composition-1k"
    assert composition1k_in(["other"], [names]) is None


def test_pictures_have_one_order_on_every_system() -> None:
    names = ["b.png", "B/a.png", "a.png", "C.png"]
    for kind in (PurePosixPath, PureWindowsPath):
        found = sorted(map(kind, names), key=folders.ORDER)
        assert [path.as_posix() for path in found] == ["B/a.png", "C.png", "a.png", "b.png"]


def test_files_of_one_stem_get_names_also_where_nothing_is_above_all_of_them() -> None:
    paths = [Path("/one/cat.png"), Path("two/cat.png"), Path("two/dog.png")]
    assert distinct_names(paths) == ("one-cat", "two-cat", "dog")
