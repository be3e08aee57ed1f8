"""How different two pictures look to a VGG-16 that knows ImageNet: a metric, never a loss.

The published AlphaGAN of 2026 chose its best checkpoint by it: the mean, over four of the network's
layers, of the mean absolute difference of their values. Composites of the predicted and of the true
alpha are compared; the published program multiplied its foreground by the true alpha first.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mattekit.core.errors import BadWeights
from mattekit.core.types import Alpha, Image
from mattekit.imaging.compose import over
from mattekit.networks.parts.preprocessing import IMAGENET, Preprocess
from mattekit.networks.published.checkpoints import imagenet_weights, read_tensors

TIMM = "timm"
"""Stands for the weights that timm keeps."""
STAGES = (((0, 2), 1), ((5, 7), 2), ((10, 12), 4), ((14,), 4))
"""Numbers of convolutions in torchvision's `features`, each list ending in a layer that is
compared, and how many pixels a value of it stands for. A pooling precedes each new size."""
KINDS = ("weight", "bias")
ROWS, CONTEXT = 512, 32
"""Rows that are compared at once, and those above and below that their values depend on."""


class PerceptualDistance:
    """VGG-16 up to its seventh convolution."""

    def __init__(self, state: Mapping[str, Tensor], source: str, device: str) -> None:
        numbers = [number for stage, _ in STAGES for number in stage]
        names = [f"features.{number}.{kind}" for number in numbers for kind in KINDS]
        missing = [name for name in names if name not in state]
        if missing:
            raise BadWeights(
                f"{source} is no VGG-16: it has no {missing[0]}; name a file in torchvision's "
                "names, such as vgg16-397923af.pth"
            )
        self.device = torch.device(device)
        self.weights = {name: state[name].float().to(self.device) for name in names}
        self.preprocess = Preprocess(IMAGENET).to(self.device)

    def of_alphas(self, predicted: Alpha, true: Alpha, layers: tuple[Image, Image]) -> float:
        """The distance of the composites of two alphas with the true foreground and background."""
        return self(*(over(layers[0], alpha[..., None], layers[1]) for alpha in (predicted, true)))

    @torch.inference_mode()
    def __call__(self, first: Image, second: Image) -> float:
        """The distance of two pictures (h w 3, in [0, 1]) of one size, strip by strip."""
        height = first.shape[0]
        sums, counts = np.zeros(len(STAGES)), np.zeros(len(STAGES))
        for top in range(0, height, ROWS):
            start, end = max(top - CONTEXT, 0), min(top + ROWS, height)
            both = np.stack([first[start : end + CONTEXT], second[start : end + CONTEXT]])
            for number, values in enumerate(self._layers(both)):
                step = STAGES[number][1]
                own = values[:, :, (top - start) // step : -((start - end) // step)]
                sums[number] += float((own[0] - own[1]).abs().sum(dtype=torch.float64))
                counts[number] += own[0].numel()
        return float((sums / np.maximum(counts, 1)).mean())

    def _layers(self, pictures: np.ndarray) -> list[Tensor]:
        x = torch.from_numpy(pictures.astype(np.float32)).to(self.device).permute(0, 3, 1, 2)
        x = (x - self.preprocess.mean) / self.preprocess.std
        found, size = [], 1
        for numbers, step in STAGES:
            if step > size:
                x, size = F.max_pool2d(x, 2), step
            for number in numbers:
                weight, bias = (self.weights[f"features.{number}.{kind}"] for kind in KINDS)
                x = F.relu(F.conv2d(x, weight, bias, padding=1))
            found.append(x)
        return found


@lru_cache(1)
def perceptual_distance(weights: str, device: str = "cpu") -> PerceptualDistance:
    """The metric with its weights: `timm`, or a file in torchvision's names; opened once."""
    if weights == TIMM:
        return PerceptualDistance(imagenet_weights("vgg16.tv_in1k"), "timm's vgg16", device)
    return PerceptualDistance(read_tensors(Path(weights)), weights, device)
