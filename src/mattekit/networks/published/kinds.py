"""The public checkpoints that can be imported.

A kind knows a key that only its files have, the config of the network, which of its options a file
shows by its keys and its name, and what its keys are called here. Summary and terms of each are in
`kinds.json`. Reading and checking: `published.importing`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from mattekit.networks import alphagan, alphagan_a6, dim, gfm, patchgan, samplenet
from mattekit.networks.parts.initialise import widen
from mattekit.networks.published.keys import published_keys

Tensors = Mapping[str, Tensor]

ABOUT: dict[str, Any] = json.loads(Path(__file__).with_name("kinds.json").read_text())
GLANCE_HEADS = ("decoder0_g.6.weight", "decoder0_g.0.weight")
FIRST_OF_DEEPFILL, FIRST_OF_VGG = "stage_1.down.out.0.conv.0.weight", "features.0.weight"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of public checkpoint."""

    summary: str
    signature_key: str
    """A key that every file of this kind has."""
    config: Any
    """The config that the public weights were trained with."""
    detect_options: Callable[[Tensors, str], dict[str, Any]] = lambda tensors, name: {}
    """Options that a file's tensors and its name show; None for one that they leave open."""
    detected: tuple[str, ...] = ()
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


def _widen_vgg(tensors: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    return tensors | {FIRST_OF_VGG: widen(tensors[FIRST_OF_VGG], 4, "zeros")}


def _torchvisions(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """VGG-16 as Deep Image Matting's tools/chg_model.py renames it, under torchvision's names."""
    if FIRST_OF_VGG in tensors or "conv1_1.weight" not in tensors:
        return tensors
    theirs = {ours: f"features.{number}" for number, ours in dim.VGG16.items()}
    words = {key: key.split(".", 1) for key in tensors}
    found = {
        ".".join([theirs.get(words[key][0], words[key][0]), *words[key][1:]]): tensor
        for key, tensor in tensors.items()
    }
    return found | {FIRST_OF_VGG: found[FIRST_OF_VGG][:, :3]}


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
    return Kind(**about, config=config, **options)


SAMPLENET = samplenet.PUBLISHED
OF_DIM = ("skip", "conv6_kernel", "refine", "inputs")
CRITIC: dict[str, Any] = {
    "detect_options": _critic, "detected": ("width", "layers", "norm"), "partial": True,
}  # fmt: skip

VGG: dict[str, Any] = {
    "renamed": _torchvisions, "keys": _vgg_keys, "convert": _widen_vgg, "partial": True,
}  # fmt: skip

KINDS: dict[str, Kind] = {
    name: _kind(name, config, **options)
    for name, config, options in (
        ("alphagan-a6", alphagan_a6.PUBLISHED, {}),
        ("alphagan-a6-critic", patchgan.PUBLISHED_A6, CRITIC | {"inside": "discriminator_state"}),
        ("alphagan", alphagan.PUBLISHED, {"detect_options": _alphagan, "detected": ("norm",)}),
        ("alphagan-critic", patchgan.PUBLISHED, CRITIC),
        ("gfm", gfm.PUBLISHED, {"detect_options": _gfm, "detected": ("backbone", "rosta")}),
        ("dim", dim.PUBLISHED, {"detect_options": _dim, "detected": OF_DIM}),
        ("samplenet-background", SAMPLENET["background"], {}),
        ("samplenet-foreground", SAMPLENET["foreground"], {}),
        ("samplenet-matting", SAMPLENET["matting"], {}),
        ("deepfill", SAMPLENET["background"], {"convert": _widen_deepfill}),
        ("vgg16", dim.PUBLISHED, VGG),
    )
}
