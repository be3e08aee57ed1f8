"""What a strategy needs to know of a network, whether PyTorch or ONNX Runtime computes it."""

from typing import Protocol, runtime_checkable

from mattekit.core.types import Alpha, Plane
from mattekit.inference.inputs import Batches

OUTPUTS = {
    "alpha": "the matte",
    "foreground": "colours of the subject",
    "background": "colours behind the subject",
    "glance": "what the network took for background, transition and foreground",
    "focus": "details in the transition",
    "tt": "matte of the branch that predicts a trimap",
    "ft": "matte of the branch that predicts foreground and transition",
    "bt": "matte of the branch that predicts background and transition",
    "error": "error of alpha that the network expects of itself",
}
"""Planes that a network may return, with what they mean."""


@runtime_checkable
class Network(Protocol):
    """A network as inference sees it: named batches in, named batches out."""

    name: str
    stride: int
    """Height and width of what goes in are multiples of this."""
    needs_trimap: bool
    strategies: tuple[str, ...]
    """Names of the strategies that suit the network, the usual one first."""

    def run(self, planes: Batches) -> Batches:
        """Planes named as in OUTPUTS, plus `glance_logits` where the network has a glance."""
        ...

    def fuse(self, glance_logits: Plane, focus: Plane) -> Alpha:
        """Alpha of a glance and a focus that were brought to one size; only with `hybrid`."""
        ...
