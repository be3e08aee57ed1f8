"""From the names that a checkpoint was published with to ours.

`keys.json` lists, for each network class, the beginnings of our names that differ and the published
ones; the rest of a name is the same in both. Words in braces stand for as many entries:
`stage{1,2}` and `layer{3,4}` are `stage1` and `layer3`, `stage2` and `layer4`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import nn

PREFIXES: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("keys.json").read_text())
BRACES = re.compile(r"{([^}]*)}")
SAME_AS = {"ForegroundNetwork": "BackgroundNetwork"}


def published_keys(network: nn.Module) -> dict[str, str]:
    """Published key -> our key, for every entry of the network's state, in our order."""
    name = type(network).__name__
    prefixes = dict(PREFIXES[SAME_AS.get(name, name)])
    if name == "GlanceAndFocus":
        gfm: Any = network
        branches = "3 branches" if len(gfm.representations) > 1 else "1 branch"
        prefixes |= PREFIXES[f"{name} of {len(gfm.plan.steps)} steps"]
        prefixes |= PREFIXES[f"{name} with {branches}"]
    return renamed(network, prefixes)


def renamed(network: nn.Module, prefixes: Mapping[str, str]) -> dict[str, str]:
    """Published key -> our key, where `prefixes` maps beginnings of ours to published ones.

    Both are made of whole words between dots. The longest that fits a key counts; a key that none
    fits is published as it is.
    """
    theirs_of = {ours: theirs for pair in prefixes.items() for ours, theirs in _expanded(*pair)}
    keys = {}
    for key in network.state_dict():
        words = key.split(".")
        heads = [".".join(words[:count]) for count in range(len(words), 0, -1)]
        ours = next((head for head in heads if head in theirs_of), "")
        keys[theirs_of.get(ours, "") + key.removeprefix(ours)] = key
    return keys


def _expanded(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    """The pairs that a pair with braces stands for."""
    counts = [braces.count(",") + 1 for braces in re.findall(BRACES, ours)] or [1]
    for number in range(counts[0]):
        first, second = (
            re.sub(BRACES, lambda braces: braces[1].split(",")[number], text)  # noqa: B023
            for text in (ours, theirs)
        )
        yield first, second
