"""Writes the tables of public models into subject.md: python docs/subject_table.py

A test compares the page with this program, so that the table cannot grow old.
"""

from pathlib import Path

from mattekit.models.registry import ranked, registry

PAGE = Path(__file__).with_name("subject.md")
BEGIN = "<!-- models: written by docs/subject_table.py -->\n"
END = "<!-- end of models -->"
HEAD = (
    "| name | what it finds | size | by | weights | data | commercial use |\n"
    "|---|---|---|---|---|---|---|\n"
)


def table() -> str:
    """A row for each registered model."""
    rows = []
    for entry in registry().values():
        size = " + ".join(file.about for file in entry.files)
        by = "get" if all(file.downloadable for file in entry.files) else "import"
        terms = entry.licence
        rows.append(
            f"| [`{entry.id}`]({entry.source}) | {entry.about} | {size} | `{by}` | {terms.weights} "
            f"| {terms.data} | {terms.commercial} |\n"
        )
    order = ", ".join(f"`{name}`" for name in ranked())
    return f"{HEAD}{''.join(rows)}\nWithout `--segmenter`, the first installed of these: {order}.\n"


def page_with_table(text: str) -> str:
    """The page with its table written anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with_table(PAGE.read_text()))
