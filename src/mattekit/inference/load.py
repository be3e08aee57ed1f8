"""A predictor from a model's name or file: shipped or imported weights, or an exported network.

Importing this module costs no torch; a .safetensors file does.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.core.extras import require
from mattekit.inference.default import DEFAULT_MODEL
from mattekit.inference.network import Network
from mattekit.inference.onnx_network import OnnxNetwork
from mattekit.inference.predictor import Predictor
from mattekit.inference.strategies import StrategyConfig
from mattekit.models.files import SHIPPED, find

if TYPE_CHECKING:
    from mattekit.inference.torch_network import TorchNetwork


def load(
    model: str | Path | None = None,
    *,
    device: str = "auto",
    strategy: StrategyConfig | None = None,
    max_memory: int | None = None,
    **options: Any,
) -> Predictor:
    """The predictor of a model's name, or of a .safetensors or .onnx file; or of the shipped one.

    Args:
        options: of the network, instead of those that its file states.
    """
    network = load_network(model or DEFAULT_MODEL, device=device, **options)
    return Predictor(network, strategy=strategy, max_memory=max_memory)


def load_network(model: str | Path, *, device: str = "auto", **options: Any) -> Network:
    """The network of a model's name, or of a .safetensors or .onnx file."""
    path = Path(model)
    if path.suffix == ".onnx":
        if not path.is_file():
            raise BadWeights(f"there is no file {path}; give the path of an exported network")
        return _exported(path, device, options)
    shipped = find(str(model)).with_suffix(".onnx")
    if shipped.parent == SHIPPED and device in ("auto", "cpu") and not options:
        return OnnxNetwork(shipped)  # runs without torch, and faster
    return load_in_torch(str(model), device=device, **options)


def load_in_torch(model: str, *, device: str = "auto", **options: Any) -> "TorchNetwork":
    """The network of a model's name, or of a .safetensors file, in PyTorch."""
    require("mattekit.inference.torch_network", f"running {model} in PyTorch")
    from mattekit.inference.device import find_device
    from mattekit.inference.torch_network import TorchNetwork
    from mattekit.networks.weights import load as load_weights

    path = find(model)
    module = load_weights(path, **options)
    return TorchNetwork(module, name=path.stem, device=find_device(device))


def _exported(path: Path, device: str, options: dict[str, Any]) -> Network:
    if device not in ("auto", "cpu"):
        raise BadArgument(f"an .onnx file runs on the CPU here, not on {device}; use --device cpu")
    if options:
        raise BadArgument(f"{path} was exported with its options inside; they cannot be changed")
    return OnnxNetwork(path)
