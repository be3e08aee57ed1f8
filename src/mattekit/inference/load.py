"""A predictor from a model's name or file: imported weights, or an exported ONNX network.

Importing this module costs no torch; a .safetensors file does.
"""

from pathlib import Path

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.inference.network import Network
from mattekit.inference.onnx_network import OnnxNetwork
from mattekit.inference.predictor import Predictor
from mattekit.inference.strategies import StrategyConfig


def load(
    model: str | Path,
    *,
    device: str = "auto",
    strategy: StrategyConfig | None = None,
    max_memory: int | None = None,
) -> Predictor:
    """The predictor of an imported model's name, or of a .safetensors or .onnx file."""
    return Predictor(load_network(model, device=device), strategy=strategy, max_memory=max_memory)


def load_network(model: str | Path, *, device: str = "auto") -> Network:
    """The network of an imported model's name, or of a .safetensors or .onnx file."""
    path = Path(model)
    if path.suffix == ".onnx":
        if device not in ("auto", "cpu"):
            raise BadArgument(
                f"an .onnx file runs on the CPU here, not on {device}; use --device cpu"
            )
        if not path.is_file():
            raise BadWeights(f"there is no file {path}; give the path of an exported network")
        return OnnxNetwork(path)
    from mattekit.core.model_files import find
    from mattekit.inference.device import find_device
    from mattekit.inference.torch_network import TorchNetwork
    from mattekit.networks.weights import load as load_weights

    found = find(str(model))
    return TorchNetwork(load_weights(found), name=found.stem, device=find_device(device))
