"""Tensors of published files: pickled checkpoints, without running what is in them, and timm's.

`torch.load(weights_only=True)` builds tensors, numbers, words and containers, and refuses anything
else. Training programs also left NumPy numbers in their files; those are harmless and allowed.
"""

import pickle
import re
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.models.hub import fetch_file

_SCALAR = np.float64(0).__reduce__()[0]
NUMPY_NUMBERS: list[Any] = [
    _SCALAR,
    (_SCALAR, "numpy.core.multiarray.scalar"),  # as NumPy 1 wrote it
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8", "?")),
]
DAMAGE = (
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
)
"""What torch's reader raises when bytes are missing or wrong."""
WRAPPERS = ("model_state", "state_dict", "model")
"""Where the published programs put the network among other things."""


def read_tensors(path: Path, inside: str | None = None) -> dict[str, Tensor]:
    """The network's tensors by their names in a .safetensors file or a pickled checkpoint.

    Args:
        inside: the entry that holds them, where that is not the usual one.
    """
    content = read_content(path)
    for wrapper in WRAPPERS if inside is None else (inside,):
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    tensors = _tensors(content)
    if not tensors:
        tensors = _tensors(content[_only_table(path, content)])
    if all(key.startswith("module.") for key in tensors):  # saved from several GPUs
        tensors = {key.removeprefix("module."): tensor for key, tensor in tensors.items()}
    return tensors


def _tensors(content: Any) -> dict[str, Tensor]:
    if not isinstance(content, Mapping):
        return {}
    return {str(key): value for key, value in content.items() if isinstance(value, Tensor)}


def _only_table(path: Path, content: Any) -> Any:
    """The one entry that is a table of tensors by name, whatever it is called."""
    entries = content if isinstance(content, Mapping) else {}
    tables = [name for name, value in entries.items() if _tensors(value)]
    if len(tables) == 1:
        return tables[0]
    named = ", ".join(map(str, tables or entries)) or "nothing by name"
    if tables:
        raise BadWeights(
            f"{path} holds several networks, {named}; save the wanted one alone: "
            f"torch.save(torch.load(FILE, weights_only=True)[{tables[0]!r}], NEW_FILE)"
        )
    raise BadWeights(
        f"{path} holds no network: no table of tensors by name is among its entries ({named})"
    )


def read_content(path: Path) -> Any:
    """Everything that is in the file."""
    if not path.is_file():
        raise BadWeights(f"there is no file {path}; give the path of a downloaded checkpoint")
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise BadWeights(f"{path} is damaged ({error}); download it again") from error
    try:
        with torch.serialization.safe_globals(NUMPY_NUMBERS), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # an unusual version of the format
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadWeights(_refusal(path, str(error))) from error
    except DAMAGE as error:
        raise BadWeights(_damaged(path)) from error


def _refusal(path: Path, text: str) -> str:
    named = re.search(r"(?:GLOBAL|[Gg]lobal) ([\w.]+\.[\w.]+)", text)
    if named is None:
        return _damaged(path)
    return (
        f"{path} asks for {named[1]} when it is opened, and could so run any program; it is not "
        "opened: get weights from a source you trust, or as .safetensors; docs/systems.md tells "
        "how to convert a file of your own"
    )


def _damaged(path: Path) -> str:
    return f"{path} is damaged or no PyTorch checkpoint; download it again"


def start_from_imagenet(network: nn.Module, file: Path | None = None) -> None:
    """Give the encoder its ImageNet weights: from a file, or from timm's on the hub."""
    taker: Any = network
    name = getattr(network, "imagenet", None)
    if name is None:
        raise BadArgument(
            f"{type(network).__name__} has no encoder that ImageNet weights fit; "
            "leave pretrained out"
        )
    tensors = imagenet_weights(name) if file is None else read_tensors(file)
    try:
        taker.adopt_imagenet(tensors)
    except (KeyError, RuntimeError) as error:
        raise BadWeights(
            f"{file or name} does not fit the encoder ({error}); it takes {name} "
            "in timm's or torchvision's names"
        ) from error


def imagenet_weights(name: str) -> dict[str, Tensor]:
    """What timm keeps under that name on the hub."""
    try:
        return load_file(fetch_file(f"timm/{name}", "model.safetensors"))
    except BadWeights as error:
        raise BadWeights(f"ImageNet weights: {error} in timm's or torchvision's names") from error
