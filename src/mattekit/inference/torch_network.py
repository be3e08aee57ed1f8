"""A PyTorch network: numpy batches in, named numpy batches out, on the device that was asked for.

Group norms take mean and variance over all that they are given, and a window has others than the
picture that it is cut from. So a reduced copy of the picture is run first, and the statistics of
that run stand while the windows are run.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mattekit.core.errors import BadArgument, TooLarge
from mattekit.core.tensors import Precision, Prediction, autocast
from mattekit.core.types import Alpha, Plane
from mattekit.inference.inputs import Batches
from mattekit.inference.network import Network

BRANCHES = ("tt", "ft", "bt")
Statistics = tuple[Tensor, Tensor]
"""Mean and variance of every channel, equal within a group."""


class TorchNetwork(Network):
    """A network in evaluation mode on one device; it takes the module over.

    Threads run it one after the other.
    """

    def __init__(
        self, module: nn.Module, *, name: str, device: torch.device, precision: Precision = "32"
    ) -> None:
        if precision == "fp16" and device.type == "cpu":
            raise BadArgument("the precision fp16 needs a GPU; on the CPU use 32 or bf16")
        self.name = name
        self.device = device
        self.precision = precision
        described: Any = module
        self.stride = described.stride
        self.needs_trimap = described.needs_trimap
        self.extra_planes = described.extra_planes
        self.estimates = getattr(module, "estimates", ())
        self.strategies = described.strategies
        self.module = module.eval().to(device).to(memory_format=torch.channels_last)
        self.lock = threading.RLock()  # fixed statistics are of one picture at a time

    def run(self, planes: Batches) -> Batches:
        """Every plane that the network predicts."""
        inputs = [
            torch.from_numpy(planes[name]).to(self.device, memory_format=torch.channels_last)
            if name in planes
            else None
            for name in ("image", "trimap", *self.extra_planes)
        ]
        try:
            with self.lock, torch.inference_mode(), autocast(self.device, self.precision):
                prediction = self.module(*inputs)
        except torch.OutOfMemoryError as error:
            height, width = planes["image"].shape[2:]
            raise TooLarge(
                f"{self.device} has too little memory for {width}x{height} pixels at once; "
                "use --strategy tile with a smaller --tile or --max-memory"
            ) from error
        return {name: plane.float().cpu().numpy() for name, plane in named(prediction).items()}

    @contextmanager
    def global_statistics_from(self, planes: Callable[[], Batches]) -> Iterator[None]:
        """In this context, group norms have the statistics that they have on these planes."""
        norms = [layer for layer in self.module.modules() if isinstance(layer, nn.GroupNorm)]
        if not norms:
            yield
            return
        with self.lock:
            found = _statistics_during(lambda: self.run(planes()), norms)
            for norm, (mean, variance) in found.items():
                # with fixed statistics, a group norm is a batch norm
                norm.forward = partial(  # type: ignore[method-assign]
                    F.batch_norm,
                    running_mean=mean,
                    running_var=variance,
                    weight=norm.weight,
                    bias=norm.bias,
                    eps=norm.eps,
                )
            try:
                yield
            finally:
                for norm in found:
                    del norm.forward

    def fuse(self, glance: Plane, focus: Plane) -> Alpha:
        """Alpha of a glance in [0, 1] and a focus (both h w) of one size."""
        module: Any = self.module
        planes = (torch.from_numpy(plane)[None, None] for plane in (glance, focus))
        alpha: Alpha = module.fuse(*planes)[0, 0].numpy()
        return alpha


def named(prediction: Prediction) -> dict[str, Tensor]:
    """The planes of a prediction under the names of `network.OUTPUTS`."""
    planes = {
        "alpha": prediction.alpha,
        "foreground": prediction.foreground,
        "background": prediction.background,
        "glance_logits": prediction.glance_logits,
        "focus": prediction.focus,
        "error": None if prediction.log_error is None else prediction.log_error.exp(),
    }
    if prediction.glance_logits is not None:
        classes = prediction.glance_logits.shape[1]
        glance = prediction.glance_logits.argmax(dim=1, keepdim=True)
        planes["glance"] = glance / (classes - 1)
    planes |= {
        name: branch.alpha for name, branch in zip(BRANCHES, prediction.branches, strict=False)
    }
    return {name: plane for name, plane in planes.items() if plane is not None}


def find_device(wanted: str = "auto") -> torch.device:
    """The device named `auto` (the best one), `cpu`, `cuda`, `cuda:N` or `mps`."""
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, _, number = wanted.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not (kind == "cuda" and number.isdigit())):
        raise BadArgument(
            f"there is no device called {wanted!r}; choose auto, cpu, cuda, cuda:N or mps"
        )
    found = {
        "cpu": 1,
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
    }[kind]
    if int(number or 0) >= found:
        raise BadArgument(
            f"the device {wanted} was asked for, but this machine has {found} of the kind {kind}; "
            "use --device auto or --device cpu"
        )
    return torch.device(wanted)


def _statistics_during(
    work: Callable[[], object], norms: list[nn.GroupNorm]
) -> dict[nn.GroupNorm, Statistics]:
    found: dict[nn.GroupNorm, Statistics] = {}

    def note(norm: nn.Module, given: tuple[Tensor]) -> None:
        assert isinstance(norm, nn.GroupNorm)
        planes = given[0]
        repeats = planes.shape[1] // norm.num_groups
        variance, mean = torch.var_mean(planes.reshape(norm.num_groups, -1), dim=1, correction=0)
        found[norm] = mean.repeat_interleave(repeats), variance.repeat_interleave(repeats)

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    try:
        work()
    finally:
        for hook in hooks:
            hook.remove()
    return found
