"""The planes as batches of tensors, and what a network returns. The only core module with torch."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from mattekit.core.types import LABEL_OF_REGION, Region

TRIMAP_STEP = 0.5  # a label l is 0.5 * l in a batch: 0 background, 0.5 unknown, 1 foreground


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Planes of several samples, stacked; missing ones are None."""

    image: Float[Tensor, "b 3 h w"]
    alpha: Float[Tensor, "b 1 h w"]
    trimap: Float[Tensor, "b 1 h w"]
    foreground: Float[Tensor, "b 3 h w"] | None = None
    background: Float[Tensor, "b 3 h w"] | None = None
    prior: Float[Tensor, "b c h w"] | None = None
    """Classical estimates, for networks that correct them; the first is an alpha."""
    prompt: Float[Tensor, "b 3 h//4 w//4"] | None = None
    """What a user pointed at, a quarter of the size."""
    names: tuple[str, ...] = ()

    def pin_memory(self) -> "Batch":
        """The same batch in page-locked memory; PyTorch's loader calls this method by name."""
        return self._changed(lambda plane: plane.pin_memory())

    def to(self, device: torch.device | str, **options: Any) -> "Batch":
        """The same batch on another device."""
        return self._changed(lambda plane: plane.to(device, **options))

    def part(self, samples: slice) -> "Batch":
        """Some of its samples."""
        return replace(self._changed(lambda plane: plane[samples]), names=self.names[samples])

    def _changed(self, change: Callable[[Tensor], Tensor]) -> "Batch":
        planes = {field.name: getattr(self, field.name) for field in fields(self)}
        changed: dict[str, Any] = {
            name: change(plane) for name, plane in planes.items() if isinstance(plane, Tensor)
        }
        return replace(self, **changed)


Precision = Literal["32", "bf16", "fp16"]
"""Of a network's arithmetic; its results are float32 in any case."""
HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


def autocast(device: torch.device, precision: Precision) -> torch.autocast:
    """Half precision where it is asked for."""
    return torch.autocast(device.type, HALF.get(precision), enabled=precision in HALF)


Representation = Literal["TT", "FT", "BT"]
Rosta = Literal["TT", "FT", "BT", "RIM"]
"""What GFM's glance separates: the three labels of a trimap, certain foreground from the rest,
certain background from the rest; RIM is all three."""
CLASSES: dict[Representation, int] = {"TT": 3, "FT": 2, "BT": 2}


def representations_of(rosta: Rosta) -> tuple[Representation, ...]:
    """The representations that a network with that RoSTa predicts."""
    return ("TT", "FT", "BT") if rosta == "RIM" else (rosta,)


IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a network predicts: always `alpha`, the rest only from networks that have it."""

    alpha: Float[Tensor, "b 1 h w"]
    refined_from: Float[Tensor, "b 1 h w"] | None = None
    """The alpha before a refinement stage (Deep Image Matting, stages 2 and 3)."""
    glance_logits: Float[Tensor, "b c h w"] | None = None
    focus: Float[Tensor, "b 1 h w"] | None = None
    branches: "tuple[Prediction, ...]" = ()
    """One prediction per representation (GFM with RIM)."""
    foreground: Float[Tensor, "b 3 h w"] | None = None
    background: Float[Tensor, "b 3 h w"] | None = None
    coarse_foreground: Float[Tensor, "b 3 h w"] | None = None
    coarse_background: Float[Tensor, "b 3 h w"] | None = None
    log_error: Float[Tensor, "b 1 h w"] | None = None
    """Logarithm of the error of alpha that the network expects of itself."""
    alpha_logits: Float[Tensor, "b 1 h w"] | None = None
    single: Float[Tensor, "b 1"] | None = None
    """Logit of how likely the picture shows one subject."""


def region_weight(region: Region, trimap: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """1 where a pixel belongs to the region of the trimap, else 0."""
    if region == "whole":
        return torch.ones_like(trimap)
    distance = (trimap - TRIMAP_STEP * LABEL_OF_REGION[region]).abs()
    return (distance < TRIMAP_STEP / 2).to(trimap.dtype)
