"""Text files and tables that list pictures."""

from pathlib import Path

import pytest

from mattekit.core.errors import BadData
from mattekit.data.lists import read_labels, read_names, read_rows, write_rows


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = [("a.png", "b.png", "c.png"), ("my veil.png", "b.png", "my veil_0.png")]
    write_rows(tmp_path / "list.txt", rows)
    assert (tmp_path / "list.txt").read_text().splitlines() == [
        "a.png b.png c.png",
        "my veil.png\tb.png\tmy veil_0.png",
    ]
    assert read_rows(tmp_path / "list.txt", 3) == rows


def test_all_rows_have_the_same_number_of_columns(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a b\n\nc d\n")
    assert read_rows(path, 2, 5) == [("a", "b"), ("c", "d")]
    with pytest.raises(BadData, match=r"line 1 of .* has 2 columns and 3 or 5 are expected"):
        read_rows(path, 3, 5)
    path.write_text("a b\n\na b c d e\n")
    with pytest.raises(BadData, match=r"line 3 of .* has 5 columns and 2 are expected"):
        read_rows(path, 2, 5)


def test_a_name_takes_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(b"\xef\xbb\xbfa woman's veil.png \r\n\r\nb.png")
    assert read_names(path) == ["a woman's veil.png", "b.png"]


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read"), (b"\n \n", "is empty"), (b"\xff\xfe\xff", "cannot be read")],
)
def test_a_list_that_says_nothing_is_refused(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadData, match=says):
        read_names(path)


class TestLabels:
    HEADER = "original,trimap,mask,background,split\n"

    def test_relative_paths_start_at_the_root_or_else_beside_the_table(
        self, tmp_path: Path
    ) -> None:
        root, table = tmp_path / "root", tmp_path / "tables" / "labels.csv"
        for path in (root / "o.png", table.parent / "t.png", tmp_path / "far, away.png"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        table.write_text(f'{self.HEADER}o.png,t.png,nowhere.png,"{tmp_path}/far, away.png",test\n')
        (label,) = read_labels(table, root)
        assert label.original == root / "o.png"
        assert label.trimap == table.parent / "t.png"
        assert label.mask == root / "nowhere.png"
        assert label.background == tmp_path / "far, away.png"
        assert label.split == "test"

    def test_a_row_without_a_cell_is_refused(self, tmp_path: Path) -> None:
        table = tmp_path / "labels.csv"
        table.write_text(f"{self.HEADER}a,b,c,d,train\na,b,,d,train\n")
        with pytest.raises(BadData, match=r"line 3 of .* has no 'mask'"):
            read_labels(table, tmp_path)
        table.write_text(f"{self.HEADER}a,b,c\n")
        with pytest.raises(BadData, match=r"line 2 of .* has no 'background'"):
            read_labels(table, tmp_path)
