"""A PyTorch network as inference sees it: numpy batches in, named numpy batches out."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mattekit.core.errors import TooLarge
from mattekit.core.tensors import Prediction
from mattekit.core.types import Alpha, Plane
from mattekit.inference.group_statistics import group_statistics_of
from mattekit.inference.inputs import Batches

BRANCHES = ("tt", "ft", "bt")


class TorchNetwork:
    """A network in evaluation mode on one device."""

    def __init__(self, module: nn.Module, *, name: str, device: torch.device) -> None:
        self.name = name
        self.device = device
        described: Any = module
        self.stride: int = described.stride
        self.needs_trimap: bool = described.needs_trimap
        self.extra_planes: tuple[str, ...] = described.extra_planes
        self.strategies: tuple[str, ...] = described.strategies
        self.module = module.eval().to(device).to(memory_format=torch.channels_last)

    def run(self, planes: Batches) -> Batches:
        """Every plane that the network predicts."""
        names = ("image", "trimap", *self.extra_planes)
        inputs = [self._tensor(planes[name]) if name in planes else None for name in names]
        try:
            with torch.inference_mode():
                prediction = self.module(*inputs)
        except torch.OutOfMemoryError as error:
            height, width = planes["image"].shape[2:]
            raise TooLarge(
                f"{self.device} has too little memory for {width}x{height} pixels at once; "
                "use --strategy tile with a smaller --tile or --max-memory"
            ) from error
        return {name: plane.float().cpu().numpy() for name, plane in named(prediction).items()}

    def looking_at(self, planes: Callable[[], Batches]) -> AbstractContextManager[None]:
        """Meanwhile, group norms have the statistics that they have on these planes."""
        return group_statistics_of(lambda: self.run(planes()), self.module)

    def fuse(self, glance_logits: Plane, focus: Plane) -> Alpha:
        """Alpha of a glance (h w c) and a focus (h w) of one size."""
        logits = torch.from_numpy(np.ascontiguousarray(glance_logits.transpose(2, 0, 1)))[None]
        module: Any = self.module
        alpha: Alpha = module.fuse(logits, torch.from_numpy(focus)[None, None])[0, 0].numpy()
        return alpha

    def _tensor(self, plane: Plane) -> Tensor:
        return torch.from_numpy(plane).to(self.device, memory_format=torch.channels_last)


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
