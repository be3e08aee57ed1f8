"""A network from a model's name or file: shipped or imported weights, or an exported network.

Importing this module costs no torch; running a .safetensors file does.
"""

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mattekit.core.errors import BadArgument
from mattekit.core.extras import require
from mattekit.inference.network import Network
from mattekit.inference.onnx_network import Ensemble, OnnxNetwork, TrimapNetwork
from mattekit.inference.predictor import Predictor
from mattekit.inference.strategies import StrategyConfig
from mattekit.models.files import (
    DEFAULT_MODEL,
    EXPORTED,
    LATER,
    OURS,
    find,
    parts_of,
    read_contents,
)
from mattekit.models.registry import check_commercial, describe_file, registry
from mattekit.models.runtime import open_session

if TYPE_CHECKING:
    from mattekit.core.tensors import Precision
    from mattekit.inference.torch_network import TorchNetwork

CALIBRATION = (
    (0.011, 0.13),
    (0.016, 0.54),
    (0.032, 0.70),
    (0.058, 0.79),
    (0.089, 0.99),
    (0.124, 1.08),
    (0.152, 0.99),
    (0.174, 1.09),
    (0.197, 1.22),
    (0.241, 1.17),
)
"""Errors that the shipped networks together expect, and by what factor the error made differed on
composites kept apart (docs/model-card-compact.md, "How sure it is")."""
OPENED_AT_MOST = 4
"""Networks that are kept in memory for the next call."""
_opening = threading.Lock()
Options = tuple[tuple[str, Any], ...]


def load(
    model: str | Path | None = None,
    *,
    device: str = "auto",
    strategy: StrategyConfig | None = None,
    max_memory: int | None = None,
    precision: "Precision" = "32",
    **options: Any,
) -> Predictor:
    """A network that predicts alphas.

    Args:
        model: name of a shipped or imported model, a .safetensors or .onnx file, a run, or an
            address on the hub (`hf://org/name`), or several of these joined by `+`, whose mean is
            taken; default: the shipped ones.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        strategy: how the network processes a picture; default: the one that suits network and
            size.
        max_memory: bytes that the whole process may hold.
        precision: `bf16` or `fp16` where the device is fast at it; needs PyTorch.
        options: of the network, instead of those that its file states.

    Returns:
        A `Predictor`; a network is opened once and shared.

    Raises:
        BadArgument: there is no such model, device or option.
        BadWeights: the file is damaged or does not fit its network.
        MissingExtra: the model needs torch, which is not installed.

    >>> load().name
    'compact'
    """
    name, given = str(model or DEFAULT_MODEL), tuple(sorted(options.items()))
    parts = parts_of(name)
    if name == DEFAULT_MODEL and len(parts) > 1 and not _as_exported(device, precision, given):
        parts = [LATER]  # of the earlier one there is only an export
    paths = [_registered_file(part) or find(part).absolute() for part in parts]
    with _opening:
        networks = [
            _opened(path, path.stat().st_mtime_ns, device, precision, given) for path in paths
        ]
    network = networks[0]
    if len(networks) > 1:
        shown = "+".join(Path(part).stem for part in name.split("+"))
        calibration = CALIBRATION if name == DEFAULT_MODEL else ()
        network = Ensemble(shown, networks, calibration=calibration)
    return Predictor(network, strategy=strategy, max_memory=max_memory)


def _registered_file(name: str) -> Path | None:
    """The file of a registered network that takes a trimap, once it is installed."""
    entry = registry().get(name)
    if entry is None:
        return None
    if entry.kind != "trimap":
        raise BadArgument(f"{name} finds the subject; use it as --segmenter, not as --model")
    check_commercial(name, entry.licence, commercial_only=False)
    if not entry.installed:
        raise BadArgument(f"{name} is not installed; run: mattekit models get {name}")
    return entry.paths[0]


def load_in_torch(
    model: str, *, device: str = "auto", precision: "Precision" = "32", **options: Any
) -> "TorchNetwork":
    """The network of a model's name or of a file of weights, in PyTorch."""
    path = find(model)
    require("mattekit.inference.torch_network", f"running {path.stem} in PyTorch")
    from mattekit.inference.torch_network import TorchNetwork, find_device
    from mattekit.networks.weights import load as load_weights

    module = load_weights(path, **options)
    return TorchNetwork(module, name=path.stem, device=find_device(device), precision=precision)


def _as_exported(device: str, precision: "Precision", options: Options) -> bool:
    """Whether an exported file, which cannot be changed, runs as it is asked to."""
    return device in ("auto", "cpu") and precision == "32" and not options


@lru_cache(OPENED_AT_MOST)
def _opened(
    path: Path, changed: int, device: str, precision: "Precision", options: Options
) -> Network:
    exported = _as_exported(device, precision, options)
    if path.suffix != EXPORTED or (not exported and read_contents(path).texts):
        return load_in_torch(str(path), device=device, precision=precision, **dict(options))
    if device not in ("auto", "cpu"):
        raise BadArgument(f"an .onnx file runs on the CPU here, not on {device}; use --device cpu")
    if precision != "32":
        raise BadArgument(f"{path} was exported in float32; leave --precision out")
    if options:
        raise BadArgument(f"{path} was exported with its options inside; they cannot be changed")
    session = open_session(path)
    if OURS in session.get_modelmeta().custom_metadata_map:
        return OnnxNetwork(path, session)
    described, output, terms = describe_file(path)
    check_commercial(path.name, terms, commercial_only=False)
    return TrimapNetwork(path, session, described, output, terms)
