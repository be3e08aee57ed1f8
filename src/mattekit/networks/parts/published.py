"""From the names that a checkpoint was published with to ours.

A network lists the beginnings of names that differ; the rest of a name is the same in both.
"""

from collections.abc import Mapping

from torch import nn


def published_keys(network: nn.Module, prefixes: Mapping[str, str]) -> dict[str, str]:
    """Published key -> our key, for every entry of the network's state, in our order.

    `prefixes` maps a published beginning to ours, both made of whole words between dots. The
    longest of ours that fits a key is taken; a key that none fits is published as it is.
    """
    theirs_of = {ours: theirs for theirs, ours in prefixes.items()}
    keys = {}
    for key in network.state_dict():
        words = key.split(".")
        heads = [".".join(words[:count]) for count in range(len(words), 0, -1)]
        ours = next((head for head in heads if head in theirs_of), "")
        keys[theirs_of.get(ours, "") + key.removeprefix(ours)] = key
    return keys
