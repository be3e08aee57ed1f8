"""The public checkpoints that can be imported, and what their keys are called here.

`kinds.json` says of each kind a key that only its files have, which options a file shows by its
keys and its name, and its terms. What a table cannot say is here.

`keys.json` lists, for each network class, the beginnings of our names that differ and the published
ones; the rest of a name is the same in both. Words in braces stand for as many entries:
`stage{1,2}` and `layer{3,4}` are `stage1` and `layer3`, `stage2` and `layer4`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from mattekit.networks import alphagan, alphagan_a6, dim, gfm, patchgan, samplenet
from mattekit.networks.parts.layers import widen

Tensors = Mapping[str, Tensor]

ABOUT: dict[str, Any] = json.loads(Path(__file__).with_name("kinds.json").read_text("utf-8"))
PREFIXES: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("keys.json").read_text("utf-8")
)
BRACES = re.compile(r"{([^}]*)}")
GLANCE_HEADS = ("decoder0_g.6.weight", "decoder0_g.0.weight")
FIRST_OF_DEEPFILL, FIRST_OF_VGG = "stage_1.down.out.0.conv.0.weight", "features.0.weight"


def published_keys(network: nn.Module) -> dict[str, str]:
    """Published key -> our key, for every entry of the network's state, in our order."""
    name = type(network).__name__
    prefixes = dict(PREFIXES[name])
    if name == "GlanceAndFocus":
        described: Any = network
        branches = "3 branches" if len(described.representations) > 1 else "1 branch"
        prefixes |= PREFIXES[f"{name} of {len(described.plan.steps)} steps"]
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


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of public checkpoint."""

    name: str
    summary: str
    signature_key: str
    """A key that every file of this kind has."""
    config: Any
    """The config that the public weights were trained with."""
    detect_options: Callable[[Tensors, str], dict[str, Any]] = lambda tensors, name: {}
    """Those options that a file's tensors and its name show; None for one that they leave open."""
    detected: Sequence[str] = ()
    """Names of these options."""
    asked: Mapping[str, str] = field(default_factory=dict)
    """Option -> how to tell its value, where a file leaves it open."""
    inside: str | None = None
    """The entry of the file that holds it, where there are several networks."""
    renamed: Callable[[dict[str, Tensor]], dict[str, Tensor]] = lambda tensors: tensors
    """From other names that the same tensors are found under."""
    keys: Callable[[Any], dict[str, str]] = published_keys
    """From a network to: published key -> ours."""
    unused: Sequence[str] = ()
    """First words of published keys that no computation uses."""
    convert: Callable[[dict[str, Tensor], nn.Module], dict[str, Tensor]] | None = None
    """A change of the tensors, where they were published for another network."""
    partial: bool = False
    """The file holds only a part of the network: a start for training."""
    terms: dict[str, str]
    """Source, licence, training data and overlap with test sets, for the header."""


def _alphagan(tensors: Tensors, name: str) -> dict[str, Any]:
    batch_norm = any(key.endswith("running_mean") for key in tensors)
    return {"norm": "bn" if batch_norm else "gn"}


def _dim(tensors: Tensors, name: str) -> dict[str, Any]:
    """Skips leave no trace among the keys, nor does what an early file was fed.

    The files with skips that were released are called stage1_skip; those with a conv6 of 1x1 are
    older than the skips.
    """
    kernel = tensors["conv6_1.weight"].shape[-1]
    skip = "add" if name.startswith("stage1_skip") else "none" if kernel == 1 else None
    return {
        "skip": skip,
        "inputs": "imagenet" if kernel == 3 else None,
        "conv6_kernel": kernel,
        "refine": "refine_pred.weight" in tensors,
    }


def _critic(tensors: Tensors, name: str) -> dict[str, Any]:
    """Batch norm alike for synchronised: they have the same weights."""
    convolutions = [key for key, tensor in tensors.items() if tensor.ndim == 4]
    normed = any(key.endswith("running_mean") for key in tensors)
    return {
        "width": tensors["model.0.weight"].shape[0],
        "layers": len(convolutions) - 2,
        "norm": "bn" if normed else "none" if len(tensors) == 2 * len(convolutions) else "gn",
    }


def _gfm(tensors: Tensors, name: str) -> dict[str, Any]:
    signatures = {
        "d121": "encoder1.0.denselayer1.conv1.weight",
        "r34_2b": "encoder6.1.conv1.weight",
        "r101": "encoder2.0.conv3.weight",
    }
    found = [backbone for backbone, key in signatures.items() if key in tensors]
    return {"backbone": found[0] if found else "r34", "rosta": _rosta(tensors, name)}


def _rosta(tensors: Tensors, name: str) -> str | None:
    """FT and BT have the same layers; only the file's name may say which it is."""
    if "rim.0.weight" in tensors:
        return "RIM"
    if any(tensors[key].shape[0] == 3 for key in GLANCE_HEADS if key in tensors):
        return "TT"
    named = {"ft", "bt"} & set(name.lower().split("_"))
    return named.pop().upper() if len(named) == 1 else None


def _widen_deepfill(tensors: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """The foreground network sees three more planes: at first without influence."""
    wanted: Any = next(iter(network.state_dict().values()))
    first = widen(tensors[FIRST_OF_DEEPFILL], wanted.shape[1], "zeros")
    return tensors | {FIRST_OF_DEEPFILL: first}


def _as_torchvision(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """VGG-16, also as Deep Image Matting's tools/chg_model.py renames it, under torchvision's names
    but with a fourth input channel, which has no influence."""
    theirs = {ours: f"features.{number}" for number, ours in dim.VGG16.items()}
    found = {}
    for key, tensor in tensors.items():
        layer, dot, kind = key.partition(".")
        found[theirs.get(layer, layer) + dot + kind] = tensor
    if FIRST_OF_VGG in found:
        found[FIRST_OF_VGG] = widen(found[FIRST_OF_VGG][:, :3], 4, "zeros")
    return found


def _vgg_keys(network: nn.Module) -> dict[str, str]:
    return {
        f"features.{number}.{part}": f"{layer}.{part}"
        for number, layer in dim.VGG16.items()
        for part in ("weight", "bias")
    }


def _kind(name: str, config: Any, **options: Any) -> Kind:
    about = dict(ABOUT[name])
    if isinstance(about["terms"], str):  # those of another kind
        about["terms"] = ABOUT[about["terms"]]["terms"]
    return Kind(name=name, **about, config=config, **options)


SAMPLENET = samplenet.PUBLISHED
KINDS = {
    kind.name: kind
    for kind in (
        _kind("alphagan-a6", alphagan_a6.PUBLISHED),
        _kind("alphagan-a6-critic", patchgan.PUBLISHED_A6, detect_options=_critic),
        _kind("alphagan", alphagan.PUBLISHED, detect_options=_alphagan),
        _kind("alphagan-critic", patchgan.PUBLISHED, detect_options=_critic),
        _kind("gfm", gfm.PUBLISHED, detect_options=_gfm),
        _kind("dim", dim.PUBLISHED, detect_options=_dim),
        _kind("samplenet-background", SAMPLENET["background"]),
        _kind("samplenet-foreground", SAMPLENET["foreground"]),
        _kind("samplenet-matting", SAMPLENET["matting"]),
        _kind("deepfill", SAMPLENET["background"], convert=_widen_deepfill),
        _kind("vgg16", dim.PUBLISHED, renamed=_as_torchvision, keys=_vgg_keys),
    )
}
