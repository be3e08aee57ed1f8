"""The network that finds subjects as the ONNX file that `subject.finder` opens.

Weights are stored in half precision, at half the size, and cast back when the file is opened;
batch and size are free.
"""

import warnings
from pathlib import Path

import numpy as np
import onnx_ir as ir
import torch
from torch import Tensor, nn

from mattekit.core.atomic import replacing
from mattekit.core.errors import BadWeights
from mattekit.core.types import PROMPT_STEP
from mattekit.inference.export_onnx import Parity, store_in_half
from mattekit.inference.torch_network import TorchNetwork
from mattekit.models.runtime import open_session

WITHIN = 0.02
"""How far a mask may be from PyTorch's: what rounding the weights costs."""
BATCH, ACROSS = {0: "batch"}, {2: "height", 3: "width"}
SMALLER = {2: "prompt height", 3: "prompt width"}


class _Found(nn.Module):
    """Mask, and how likely there is one subject."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, image: Tensor, prompt: Tensor) -> tuple[Tensor, Tensor]:
        prediction = self.module(image, None, prompt)
        return prediction.alpha, prediction.single.sigmoid()


def export_subject(network: TorchNetwork, path: Path) -> list[Parity]:
    """Write the network to `path` and compare three sizes; nothing is written if they differ."""
    found = _Found(network.module).eval()
    stride = network.stride
    with replacing(path) as aside:
        _export(found, _inputs(2, (2 * stride, 3 * stride)), aside)
        model = ir.load(aside)
        store_in_half(model.graph, exact=False)
        ir.save(model, aside)
        session = open_session(aside)
        parities = []
        for count, rows, columns in ((1, 1, 1), (2, 8, 8), (3, 10, 4)):
            image, prompt = _inputs(count, (rows * stride, columns * stride))
            feed = {"image": image.numpy(), "prompt": prompt.numpy()}
            with torch.inference_mode():
                expected = [plane.numpy() for plane in found(image, prompt)]
            outputs = session.run(["mask", "single"], feed)
            apart = [np.abs(a - b) for a, b in zip(outputs, expected, strict=True)]
            parities.append(
                Parity(
                    height=rows * stride,
                    width=columns * stride,
                    share_within=float((apart[0] <= WITHIN).mean()),
                    largest=max(float(each.max()) for each in apart),
                )
            )
        worst = max(parities, key=lambda parity: parity.largest)
        if worst.largest > WITHIN:
            raise BadWeights(
                f"{network.name} computes something else in ONNX Runtime: a mask of "
                f"{worst.width}x{worst.height} differs by {worst.largest:.2g}, more than the "
                f"{WITHIN:g} that half precision explains; please report it"
            )
    return parities


def _export(found: nn.Module, planes: tuple[Tensor, Tensor], path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, about its own successor
        torch.onnx.export(
            found,
            planes,
            path,
            input_names=["image", "prompt"],
            output_names=["mask", "single"],
            dynamic_axes={
                "image": BATCH | ACROSS,
                "prompt": BATCH | SMALLER,
                "mask": BATCH | ACROSS,
                "single": BATCH,
            },
            dynamo=False,  # its successor cannot leave the size free in this encoder
        )


def _inputs(count: int, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Random photographs, every second one with a box."""
    image = torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(0))
    prompt = torch.zeros(count, 3, size[0] // PROMPT_STEP, size[1] // PROMPT_STEP)
    prompt[1::2, 0] = -1
    prompt[1::2, 0, 2:-2, 2:-2] = 1
    return image, prompt
