"""Checkpoints as the published programs write them: their keys, their wrapping, any weights.

A tensor here is one number seen through a shape, so that a file of 500 million weights has a few
kilobytes; each tensor has a number of its own, by which a test knows it again.
"""

import zlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from torch import Tensor

from mattekit.networks import config_of
from mattekit.networks.published.kinds import KINDS

UNUSED = {"r34": "resnet34", "r34_2b": "resnet34", "r101": "resnet101", "d121": "densenet121"}


def number_of(key: str) -> float:
    """The number that a published tensor is made of."""
    return (zlib.crc32(key.encode()) % 1000) / 1000


def tensor(key: str, shape: Any) -> Tensor:
    """A tensor of that shape, one number in size."""
    if key.endswith("num_batches_tracked"):
        return torch.tensor(7)
    return torch.tensor(number_of(key)).expand(tuple(shape))


def shapes_of(kind: str, **options: Any) -> dict[str, torch.Size]:
    """Published key -> shape, for a kind and the options that its file is to have."""
    rules = KINDS[kind]
    with torch.device("meta"):
        network = config_of(**{"name": rules.config.name, **options}).build()
    state = network.state_dict()
    shapes = {theirs: state[ours].shape for theirs, ours in rules.keys(network).items()}
    if kind == "gfm":
        shapes |= unused_by_gfm(options.get("backbone", "r34"))
    if kind == "vgg16":
        shapes["features.0.weight"] = torch.Size([64, 3, 3, 3])
        shapes |= {f"classifier.{n}.weight": torch.Size([10, 10]) for n in (0, 3, 6)}
    return shapes


def unused_by_gfm(backbone: str) -> dict[str, torch.Size]:
    """GFM's files hold the backbone a second time, with its classifier."""
    with torch.device("meta"):
        whole = timm.create_model(UNUSED[backbone])
    prefix = "densenet" if backbone == "d121" else "resnet"
    shapes = {f"{prefix}.{key}": value.shape for key, value in whole.state_dict().items()}
    if backbone == "r34_2b":
        shapes |= {"psp1.0.weight": torch.Size([64, 512, 3, 3]), "psp1.0.bias": torch.Size([64])}
        shapes |= {f"psp1.1.{name}": torch.Size([64]) for name in ("weight", "bias")}
        shapes |= {f"psp1.1.running_{name}": torch.Size([64]) for name in ("mean", "var")}
    return shapes


def wrapped(kind: str, state: Mapping[str, Tensor]) -> dict[str, Any]:
    """The state among what else the published program saves."""
    if kind == "alphagan-a6":
        return {"epoch": 3, "best_loss": np.float64(0.5), "model_state": dict(state)}
    if kind == "alphagan-a6-critic":
        return {"epoch": 3, "model_state": {"a": torch.ones(1)}, "discriminator_state": dict(state)}
    if kind == "dim":
        return {"epoch": 4, "state_dict": OrderedDict(state), "best_sad": np.float32(52.99)}
    if kind.startswith("samplenet"):
        model = {f"module.{key}": value for key, value in state.items()}
        return {"n_epoch": 80, "model": model, "optimizer": {"state": {}, "param_groups": []}}
    return dict(state)


def write(path: Path, kind: str, **options: Any) -> Path:
    """A checkpoint of that kind."""
    shapes = shapes_of(kind, **options)
    state = {key: tensor(key, shape) for key, shape in shapes.items()}
    torch.save(wrapped(kind, state), path)
    return path
