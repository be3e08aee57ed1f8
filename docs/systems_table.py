"""Writes the table of network options into systems.md: python docs/systems_table.py

A test compares the page with this program, so that the table cannot grow old.
"""

from pathlib import Path
from typing import Any, get_args

from mattekit.networks import NetworkConfig, samplenet
from mattekit.networks.options import Option, options_of
from mattekit.networks.published.importing import CHAIN
from mattekit.networks.published.kinds import KINDS

PAGE = Path(__file__).with_name("systems.md")
BEGIN = "<!-- options: written by docs/systems_table.py -->\n"
END = "<!-- end of options -->"
HEAD = (
    "| network | option | values | default | public weights | set by the importer from |\n"
    "|---|---|---|---|---|---|\n"
)


def published_configs(name: str) -> dict[str, Any]:
    """Kind -> the config of its public weights; starts for training left out."""
    configs = {
        kind: rules.config
        for kind, rules in KINDS.items()
        if rules.config.name == name and not rules.partial and rules.convert is None
    }
    return configs | ({CHAIN: samplenet.PUBLISHED["chain"]} if name == "samplenet" else {})


def published(configs: dict[str, Any], option: str) -> str:
    """The value, or the kinds of each value where they differ."""
    kinds_of: dict[str, list[str]] = {}
    for kind, config in configs.items():
        kinds_of.setdefault(str(getattr(config, option)), []).append(kind.split("-")[-1])
    if len(kinds_of) == 1:
        return next(iter(kinds_of))
    return "; ".join(f"{value} ({', '.join(kinds)})" for value, kinds in kinds_of.items())


def row(name: str, option: Option) -> str:
    """One line of the table."""
    configs = published_configs(name)
    detected = any(option.name in KINDS[kind].detected for kind in configs if kind in KINDS)
    cells = [
        f"`{name}`",
        f"`{option.name}`",
        " ".join(str(value) for value in option.values) or option.kind,
        str(option.default),
        published(configs, option.name) if configs else "-",
        ("file" if detected else "kind") if configs else "-",
    ]
    return f"| {' | '.join(cells)} |\n"


def table() -> str:
    """The whole table."""
    rows = [
        row(member().name, option)
        for member in get_args(NetworkConfig)
        for option in options_of(member)
        if option.name != "init"
    ]
    return HEAD + "".join(rows)


def with_table(page: str) -> str:
    """The page with its table written anew."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
