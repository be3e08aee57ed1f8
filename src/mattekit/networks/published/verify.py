"""Checks of a weights file that need no data: that it is complete, and that its network computes
what the published program computes.

`goldens.json` holds shape, moments and 16 values of every output of the published networks,
computed once by running the published code with weights and an input picture made by a formula. The
formula knows only the published name, position and shape of a weight, so whoever loads the same
weights under the same names must get the same numbers.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from mattekit.classical.estimates import estimates
from mattekit.networks import alphagan, alphagan_a6, config_of, dim, samplenet
from mattekit.networks.options import options_of
from mattekit.networks.published.kinds import published_keys
from mattekit.networks.weights import Header, load, read_header

Network = TypeVar("Network", bound=nn.Module)
Answers = dict[str, Tensor]

GOLDENS: dict[str, Any] = json.loads(Path(__file__).with_name("goldens.json").read_text("utf-8"))
HEIGHT, WIDTH = 96, 128


def formula_tensor(key: str, shape: Iterable[int], factor: float = 1.0) -> Tensor:
    """The weight published as `key`: uniform noise from name and position, scaled by kind."""
    shape = tuple(shape)
    noise = _hashed_noise(key, int(np.prod(shape)))
    if key.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    if key.endswith("running_mean"):
        values = np.float32(0.05) * noise
    elif key.endswith("running_var"):
        values = 1 + np.float32(0.2) * np.abs(noise)
    elif len(shape) == 1:
        values = (
            1 + np.float32(0.1) * noise if key.endswith(".weight") else np.float32(0.02) * noise
        )
    else:
        fan_in = noise.size // shape[0]
        values = noise * np.float32(np.sqrt(6 / fan_in)) * np.float32(factor)
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def _hashed_noise(key: str, count: int) -> np.ndarray:
    """Uniform in (-1, 1), one number per position, the same on every machine."""
    products = np.arange(count, dtype=np.uint64) * 2654435761 + zlib.crc32(key.encode())
    hashed = products.astype(np.uint32)  # modulo 2^32, as every product below
    for shift, multiplier in ((16, 2246822519), (13, 3266489917)):
        hashed = (hashed ^ (hashed >> np.uint32(shift))) * np.uint32(multiplier)
    hashed ^= hashed >> np.uint32(16)
    return ((hashed.astype(np.float64) + 0.5) / 2**31 - 1).astype(np.float32)


def fill(network: Network, keys: Mapping[str, str], factor: float = 1.0) -> Network:
    """Give a network the formula's weights; `keys` maps published keys to ours, every one of them.

    The network may have been built empty (`with torch.device("meta")`).
    """
    state = network.state_dict()
    weights = {
        ours: formula_tensor(theirs, state[ours].shape, factor) for theirs, ours in keys.items()
    }
    network.load_state_dict(weights, assign=True)
    return network.eval()


def sample_input() -> tuple[Tensor, Tensor]:
    """The picture and its trimap as a network of ours takes them: 1 3 h w and 1 1 h w."""
    i, j = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    red = 0.5 + 0.5 * np.sin(i / 7 + j / 11)
    green = 0.5 + 0.5 * np.cos(i / 5 - j / 13)
    blue = 0.5 + 0.5 * np.sin((i + 2 * j) / 17)
    image = np.stack([red, green, blue]).astype(np.float32)
    distance = np.hypot(i - 48, j - 64)
    label = np.where(distance < 24, 2, np.where(distance > 40, 0, 1))
    return (
        torch.from_numpy(image)[None],
        torch.from_numpy((0.5 * label).astype(np.float32))[None, None],
    )


@dataclass(frozen=True)
class Case:
    """A config, its key in `goldens.json`, and how the network is run on the sample input."""

    config: Any
    network: str
    option: str
    answers: Callable[[nn.Module, Tensor, Tensor], Answers]
    tolerance: float = 1e-4


def parity(case: Case) -> dict[str, float]:
    """Largest difference from the recorded values, for every output, with the formula's weights."""
    golden = GOLDENS[case.network][case.option]
    with torch.device("meta"):
        network = case.config.build()
    fill(network, published_keys(network), golden["_meta"]["weights_factor"])
    with torch.no_grad():
        found = case.answers(network, *sample_input())
    return {name: distance(output, golden[name]) for name, output in found.items()}


def distance(output: Tensor, golden: Mapping[str, Any]) -> float:
    """Largest difference of an output's 16 recorded values and of its moments."""
    values = output.detach().double().flatten()
    found = [values.mean(), values.std(correction=0), values.min(), values.max()]
    recorded = [golden[name] for name in ("mean", "std", "min", "max")] + golden["values"]
    found += list(values[golden["idx"]])
    return max(abs(value.item() - wanted) for value, wanted in zip(found, recorded, strict=True))


def case_of(config: Any) -> Case | None:
    """The recorded case of a config, whatever its random weights; None where there is none."""

    def computes(config: Any) -> dict[str, Any]:
        return asdict(config) | {"init": None}

    return next((case for case in CASES if computes(case.config) == computes(config)), None)


def _alpha(network: nn.Module, image: Tensor, trimap: Tensor) -> Answers:
    return {"alpha": network(image, trimap).alpha}


def _dim(network: nn.Module, image: Tensor, trimap: Tensor) -> Answers:
    prediction = network(image, trimap)
    if prediction.refined_from is None:
        return {"alpha1": prediction.alpha}
    return {"alpha1": prediction.refined_from, "alpha2": prediction.alpha}


def _gfm(network: nn.Module, image: Tensor, trimap: Tensor) -> Answers:
    """Glance and focus; what is fused follows an argmax, where a last digit may flip a pixel."""
    prediction = network(image, None)
    if not prediction.branches:
        return {"glance": prediction.glance_logits.sigmoid(), "focus": prediction.focus}
    answers = {}
    for branch, name in zip(prediction.branches, ("tt", "ft", "bt"), strict=True):
        answers[f"glance_{name}"] = branch.glance_logits.sigmoid()
        answers[f"focus_{name}"] = branch.focus
    return answers


def _colours(network: nn.Module, image: Tensor, trimap: Tensor) -> Answers:
    """BGR in [-1, 1], as the goldens of SampleNet are recorded."""
    described: Any = network
    further = [_dimmed(image, -0.5) for _ in described.extra_planes]
    prediction, layer = network(image, trimap, *further), described.layer
    stages = {"coarse": f"coarse_{layer}", "refined": layer}
    return {name: 2 * getattr(prediction, plane).flip(1) - 1 for name, plane in stages.items()}


def _matting(network: nn.Module, image: Tensor, trimap: Tensor) -> Answers:
    colours = (_dimmed(image, 0.5), _dimmed(image, -0.5))
    return {"alpha": network(image, trimap, *colours).alpha}


def _dimmed(image: Tensor, factor: float) -> Tensor:
    """`factor` times the picture in SampleNet's units."""
    return (factor * (2 * image - 1) + 1) / 2


CASES = (
    Case(alphagan_a6.PUBLISHED, "alphagan_a6", "default@w0.913", _alpha),
    Case(alphagan.PUBLISHED, "alphagan_001", "default", _alpha),
    Case(dim.DimConfig(), "dim", "stage1", _dim),
    Case(dim.DimConfig(refine=True), "dim", "stage3", _dim),
    *(
        Case(config_of("gfm", backbone=backbone, rosta=rosta), "gfm", option, _gfm)
        for option in GOLDENS["gfm"]
        for backbone, rosta in [option.split("@")[0].rsplit("_", 1)]
    ),
    Case(samplenet.PUBLISHED["background"], "samplenet", "bg@w0.876", _colours),
    Case(samplenet.PUBLISHED["foreground"], "samplenet", "fg", _colours, tolerance=2e-3),
    Case(samplenet.PUBLISHED["matting"], "samplenet", "matting@w0.864", _matting),
)
"""Every network and option whose outputs were recorded."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The findings of `verify`."""

    header: Header
    tensors: int
    parameters: int
    departures: dict[str, Any]
    """Options that differ from this project's defaults: mostly quirks of the published program."""
    golden: dict[str, float] | None
    """Largest difference from the published program's recorded outputs; None: none recorded."""
    tolerance: float
    finite: bool
    """All weights, and alpha on the sample picture, are finite numbers."""
    alpha: tuple[float, float, float]
    """Least, mean and greatest alpha on the sample picture."""

    @property
    def faithful(self) -> bool:
        """Finite, and equal to the published program as far as that is recorded."""
        return self.finite and (self.golden is None or max(self.golden.values()) <= self.tolerance)


def _estimates(network: Any, image: Tensor, trimap: Tensor) -> list[Tensor]:
    """The classical planes that the network corrects; planes of other networks may be left out."""
    if "prior" not in network.extra_planes:
        return []
    colours, labels = image[0].permute(1, 2, 0).numpy(), (2 * trimap[0, 0]).byte().numpy()
    planes = estimates(colours, labels, network.estimates)
    return [torch.from_numpy(planes).permute(2, 0, 1)[None]]


def verify(path: Path) -> Report:
    """Load the file strictly, try it, and compare its network with the recorded outputs."""
    header = read_header(path)
    config = header.config
    network = load(path).eval()
    case = case_of(config)
    image, trimap = sample_input()
    described: Any = network
    with torch.no_grad():
        given = trimap if described.needs_trimap else None
        alpha = network(image, given, *_estimates(described, image, trimap)).alpha
    state = network.state_dict()
    return Report(
        header=header,
        tensors=len(state),
        parameters=sum(weight.numel() for weight in network.parameters()),
        departures={
            option.name: getattr(config, option.name)
            for option in options_of(type(config))
            if getattr(config, option.name) != option.default
        },
        golden=None if case is None else parity(case),
        tolerance=0.0 if case is None else case.tolerance,
        finite=all(bool(torch.isfinite(tensor).all()) for tensor in [*state.values(), alpha]),
        alpha=(alpha.min().item(), alpha.mean().item(), alpha.max().item()),
    )
