"""Networks in and out of files.

A file is safetensors: it can hold nothing but tensors and, in its header, text. Ours says there
which network it is, with which options, what its weights were trained to see, where they come from
and on what terms. Public checkpoints in other forms: `networks.published`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadArgument, BadWeights
from mattekit.core.extras import require
from mattekit.models.files import EXPORTED, OURS, read_contents
from mattekit.networks import config_of
from mattekit.networks.parts.layers import widen

EXPORTED_PREFIX = "module."
"""Of the names that weights have in an exported network."""
SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Header:
    """The metadata of a weights file."""

    architecture: str
    options: dict[str, Any] = field(default_factory=dict)
    preprocessing: dict[str, Any] = field(default_factory=dict)
    """What reaches the first layer; the network converts by itself."""
    source: str = "not stated"
    licence: str = "not stated"
    training_data: str = "not stated"
    test_overlap: str = "not known"
    """Test sets whose pictures the weights may have seen."""
    notes: tuple[str, ...] = ()
    partial: bool = False
    """True where the file holds only a part of the network, to start training from."""

    @property
    def config(self) -> Any:
        """The config that builds this network: of `NetworkConfig` or of a plug-in."""
        try:
            return config_of(self.architecture, **self.options)
        except BadArgument as error:
            raise BadWeights(
                f"the file asks for what this version cannot build: {error}"
            ) from error


def describe(config: Any, network: nn.Module, **terms: Any) -> Header:
    """The header of a network that `config` built; `terms` are source, licence and so on."""
    options = {each.name: getattr(config, each.name) for each in fields(config)[1:]}
    record: Any = network.preprocessing
    return Header(architecture=config.name, options=options, preprocessing=asdict(record), **terms)


def save(path: str | Path, tensors: Mapping[str, Tensor], header: Header) -> None:
    """Write tensors (a network's `state_dict()`) with their header, whole or not at all."""
    whole = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
    with replacing(path) as aside:
        save_file(whole, aside, {OURS: json.dumps(asdict(header)), "format": "pt"})


def read_header(path: str | Path) -> Header:
    """The metadata of the file."""
    text = read_contents(Path(path)).texts.get(OURS)
    if text is None:
        how = "bring it in with: mattekit models import KIND FILE"
        if Path(path).suffix == EXPORTED:
            how = "it was exported to run, as --model, and holds no weights for PyTorch"
        raise BadWeights(f"{path} does not say which network it is; {how}")
    try:
        content = json.loads(text)
        return Header(**{**content, "notes": tuple(content.get("notes", ()))})
    except (TypeError, ValueError, AttributeError) as error:
        raise BadWeights(f"{path} has a header that is not mattekit's ({error})") from error


def read(path: str | Path) -> tuple[Header, dict[str, Tensor]]:
    """Header and tensors of a file."""
    header = read_header(path)
    if Path(path).suffix == EXPORTED:
        return header, _of_export(Path(path))
    try:
        return header, load_file(path)
    except SafetensorError as error:
        raise BadWeights(f"{path} is damaged ({error}); bring it in again") from error


def _of_export(path: Path) -> dict[str, Tensor]:
    """The tensors of an exported network that holds them unchanged (`inference.export_onnx`)."""
    onnx = require("onnx", f"reading the weights of {path.name}")
    stored = {each.name: each for each in onnx.load(path).graph.initializer}
    tensors = {}
    for name, shape in read_contents(path).shapes.items():
        if EXPORTED_PREFIX + name in stored:
            values = onnx.numpy_helper.to_array(stored[EXPORTED_PREFIX + name])
            tensors[name] = torch.from_numpy(values.copy())
        elif shape == ():  # a count of batches, which no export keeps
            tensors[name] = torch.zeros((), dtype=torch.int64)
    return tensors


def load(path: str | Path, **options: Any) -> nn.Module:
    """The network that a file describes, with its weights, on the CPU.

    Args:
        options: instead of those that the file states.
    """
    header, tensors = read(path)
    if header.partial:
        part, start = f"a part of the network {header.architecture}", "init.strict=false init.path"
        if header.architecture == "patchgan":
            part, start = "a critic", "init.critic"
        raise BadWeights(f"{path} holds only {part}; it is a start for training: {start}={path}")
    config = header.config
    if options:
        config = config_of(header.architecture, **{**header.options, **options})
    with torch.device("meta"):  # every weight comes from the file; nothing is filled twice
        network = config.build()
    load_strictly(network, tensors, source=str(path))
    return network


def load_strictly(network: nn.Module, tensors: Mapping[str, Tensor], *, source: str) -> None:
    """Give the network these weights, or say which do not fit."""
    wanted = network.state_dict()
    difference = differences(wanted, tensors)
    if difference:
        raise BadWeights(f"{source} does not fit the network: {difference}")
    ours = {key: tensors[key].to(wanted[key].dtype) for key in wanted}
    network.load_state_dict(ours, assign=True)


def start_from(
    network: nn.Module, weights: Mapping[str, Tensor], *, strict: bool, source: str
) -> list[str]:
    """Give the network those weights that fit; remarks on what was widened, left out or not found.

    A convolution that has more input channels than the weights gets zeros for the further ones.

    Raises:
        BadWeights: nothing fits, or with `strict` anything does not.
    """
    wanted = network.state_dict()
    fitting = {name: _widened(weights[name], wanted[name]) for name in wanted if name in weights}
    loaded = {name: tensor for name, tensor in fitting.items() if tensor is not None}
    missing = [name for name in wanted if name not in loaded]
    unused = [name for name in weights if name not in loaded]
    if (strict and (missing or unused)) or not loaded:
        raise BadWeights(
            f"init: {source} does not fit the network: {_listed(missing, 'without a value')}, "
            f"{_listed(unused, 'not used')}; init.strict=false takes what fits"
        )
    network.load_state_dict(loaded, strict=False)
    widened = [name for name in loaded if loaded[name].shape != weights[name].shape]
    remarks = {"widened with zeros": widened, "left at random": missing, "not used": unused}
    return [f"init: {_listed(names, how)}" for how, names in remarks.items() if names]


def _widened(tensor: Tensor, wanted: Tensor) -> Tensor | None:
    """The tensor in the shape that is wanted; None where further input channels do not make it."""
    if tensor.shape == wanted.shape:
        return tensor
    if tensor.ndim != 4 or wanted.ndim != 4 or tensor.shape[1] > wanted.shape[1]:
        return None
    widened = widen(tensor.to(wanted.dtype), wanted.shape[1], "zeros")
    return widened if widened.shape == wanted.shape else None


def _listed(names: list[str], how: str) -> str:
    return f"{len(names)} tensors {how}" + (f" ({_first(names)})" if names else "")


def differences(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str:
    """The first keys that are missing, not expected or of another shape; empty where all fit."""
    missing = [key for key in wanted if key not in found]
    unexpected = [key for key in found if key not in wanted]
    misshapen = [
        f"{key} is {_shape(found[key])}, not {_shape(wanted[key])}"
        for key in wanted
        if key in found and found[key].shape != wanted[key].shape
    ]
    parts = {"missing": missing, "unexpected": unexpected, "of another shape": misshapen}
    return "; ".join(f"{len(keys)} {how} ({_first(keys)})" for how, keys in parts.items() if keys)


def _shape(tensor: Tensor) -> str:
    return "x".join(str(length) for length in tensor.shape) or "a number"


def _first(keys: list[str]) -> str:
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return ", ".join(keys[:SHOWN]) + more
