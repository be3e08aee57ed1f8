"""Public checkpoints into files of our own.

What a file may be: `published.kinds`. Every key of it is accounted for: used, known to be unused,
or named in the error; with `strict=False` what does not fit is left out and named in the notes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.networks import config_of
from mattekit.networks.published.checkpoints import read_tensors
from mattekit.networks.published.kinds import KINDS, Kind
from mattekit.networks.samplenet import PUBLISHED
from mattekit.networks.weights import Header, describe, differences

CHAIN = "samplenet-chain"
CHAINED = ("samplenet-background", "samplenet-foreground", "samplenet-matting")


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A checkpoint under our names."""

    header: Header
    tensors: dict[str, Tensor]
    skipped: list[str]
    """Published keys that no computation uses."""


def import_checkpoint(
    kind: str, path: Path, *, options: Mapping[str, Any] | None = None, strict: bool = True
) -> Imported:
    """Read a public checkpoint; `options` win over those that the file shows."""
    if kind not in KINDS:
        raise BadArgument(f"no kind is called {kind!r}; there are {', '.join(KINDS)}")
    rules = KINDS[kind]
    found = rules.renamed(read_tensors(path, rules.inside))
    if rules.signature_key not in found:
        raise BadWeights(f"{path} is no {kind} (it has no {rules.signature_key}): {_other(found)}")
    config = _config(rules, found, path, options or {})
    with torch.device("meta"):
        network = config.build()
    keys = rules.keys(network)
    if rules.convert is not None:
        found = rules.convert(found, network)
    skipped = [key for key in found if key not in keys and key.split(".")[0] in rules.unused]
    state = network.state_dict()
    wanted = {theirs: state[ours] for theirs, ours in keys.items()}
    given = _given(found, wanted, skipped)
    difference = differences(wanted, given)
    if difference and strict:
        raise BadWeights(f"{path} does not fit {kind}: {difference}; --not-strict takes what fits")
    tensors = {
        ours: given[theirs].to(state[ours].dtype)
        for theirs, ours in keys.items()
        if theirs in given and given[theirs].shape == state[ours].shape
    }
    notes = (f"imported although {difference}",) if difference else ()
    if difference and not rules.partial:  # what is missing stays as training would start with it
        tensors = config.build().state_dict() | tensors
    header = describe(config, network, **rules.terms, partial=rules.partial, notes=notes)
    return Imported(header=header, tensors=tensors, skipped=skipped)


def import_chain(paths: Sequence[Path]) -> Imported:
    """SampleNet's three checkpoints (background, foreground, matting) as the chain of them."""
    if len(paths) != len(CHAINED):
        raise BadArgument(
            f"{CHAIN} is made of {len(CHAINED)} files, background, foreground and matting "
            f"in this order, but {len(paths)} were given"
        )
    parts = [import_checkpoint(kind, path) for kind, path in zip(CHAINED, paths, strict=True)]
    config = PUBLISHED["chain"]
    with torch.device("meta"):
        network = config.build()
    tensors = {
        f"{kind.removeprefix('samplenet-')}.{key}": tensor
        for kind, part in zip(CHAINED, parts, strict=True)
        for key, tensor in part.tensors.items()
    }
    header = describe(config, network, **KINDS[CHAINED[-1]].terms)
    return Imported(header=header, tensors=tensors, skipped=[])


def _config(kind: Kind, found: dict[str, Tensor], path: Path, options: Mapping[str, Any]) -> Any:
    """The options that the file shows, unless the user says otherwise."""
    known = asdict(kind.config) | kind.detect_options(found, path.stem) | dict(options)
    for name, value in known.items():
        if value is None:
            raise BadWeights(
                f"{path} does not show its {name} ({kind.asked[name]}); add --option {name}=..."
            )
    return config_of(**known)


def _given(
    found: Mapping[str, Tensor], wanted: Mapping[str, Tensor], skipped: Sequence[str]
) -> dict[str, Tensor]:
    """The file's tensors without the unused ones; counters that old files lack are zero."""
    counters = {
        key: torch.zeros((), dtype=torch.int64)
        for key in wanted
        if key.endswith("num_batches_tracked")
    }
    return counters | {key: tensor for key, tensor in found.items() if key not in skipped}


def _other(found: Mapping[str, Tensor]) -> str:
    like = [name for name, kind in KINDS.items() if kind.signature_key in found]
    hint = f"; it looks like {' or '.join(like)}" if like else ""
    return f"its keys begin with {', '.join(list(found)[:3])}{hint}"
