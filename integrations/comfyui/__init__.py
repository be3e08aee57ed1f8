"""A node of ComfyUI: a picture, and a mask or trimap, to clean colours, alpha and confidence.

Put this folder into `custom_nodes` of ComfyUI and `pip install -r requirements.txt` there. It
downloads nothing at run time.
"""

import logging
from typing import Any

import numpy as np
import torch

import mattekit
from mattekit.inference.matting import MODELS

log = logging.getLogger("mattekit.comfyui")


class MattekitCutout:
    """Cut the subject out; without mask and trimap a small network finds it."""

    CATEGORY = "mask/mattekit"
    DESCRIPTION = (
        "Matting at full size with the subject's own colours. A mask needs to be right within its "
        "edge only; a trimap is a mask of 0, 0.5 (unknown) and 1. Confidence is 1 less the error "
        "that the network expects."
    )
    FUNCTION = "cut_out"
    RETURN_TYPES = ("IMAGE", "MASK", "MASK", "FLOAT")
    RETURN_NAMES = ("foreground", "alpha", "confidence_map", "confidence")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """What ComfyUI draws."""
        return {
            "required": {"image": ("IMAGE",), "model": (list(MODELS),)},
            "optional": {"mask": ("MASK",), "trimap": ("MASK",)},
        }

    def cut_out(
        self,
        image: torch.Tensor,
        model: str,
        mask: torch.Tensor | None = None,
        trimap: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, float]:
        """The pictures of a batch one after the other; a single mask serves all of them."""
        cuts = [
            mattekit.cutout(
                photo.cpu().numpy()[..., :3],
                mask=_of(mask, number),
                trimap=_labels(_of(trimap, number)),
                model=model,
            )
            for number, photo in enumerate(image)
        ]
        for number, cut in enumerate(cuts):
            for warning in cut.warnings:
                log.warning("picture %d: %s", number, warning)
        sure = [
            np.ones_like(cut.alpha) if cut.expected_error is None else 1 - cut.expected_error
            for cut in cuts
        ]
        confidence = min(1.0 if cut.confidence is None else cut.confidence for cut in cuts)
        alphas = [cut.alpha for cut in cuts]
        return _batch([cut.foreground for cut in cuts]), _batch(alphas), _batch(sure), confidence


def _of(masks: torch.Tensor | None, number: int) -> np.ndarray | None:
    """The plane of one picture: ComfyUI gives h w, or b h w with b = 1 for all."""
    if masks is None:
        return None
    planes = masks.cpu().numpy().reshape(-1, *masks.shape[-2:])
    return planes[number if len(planes) > 1 else 0]


def _labels(trimap: np.ndarray | None) -> np.ndarray | None:
    """0, 1 and 2 of 0, 0.5 and 1."""
    return None if trimap is None else np.round(2 * trimap).astype(np.uint8)


def _batch(planes: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(planes).astype(np.float32))


NODE_CLASS_MAPPINGS = {"MattekitCutout": MattekitCutout}
NODE_DISPLAY_NAME_MAPPINGS = {"MattekitCutout": "Cut out (mattekit)"}
