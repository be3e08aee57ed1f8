"""Public test sets, told by the names of folders and lists."""

from pathlib import Path

import pytest

from mattekit.data.folders import composition1k_in, public_test_set_in


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
