"""A network as strategies see it, whether PyTorch or ONNX Runtime computes it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property

import numpy as np

from mattekit.core.errors import BadWeights
from mattekit.core.types import PROMPT_STEP, Alpha, Plane, Size
from mattekit.inference.inputs import Batches
from mattekit.models.registry import Terms

OUTPUTS = {
    "alpha": "the matte",
    "foreground": "colours of the subject",
    "background": "colours behind the subject",
    "glance": "the network's classes: background, transition, foreground",
    "focus": "details in the transition",
    "tt": "matte of the branch that predicts a trimap",
    "ft": "matte of the branch that predicts foreground and transition",
    "bt": "matte of the branch that predicts background and transition",
    "error": "the error of alpha that the network expects",
}
"""Planes that a network may return, with what they mean."""


class Network(ABC):
    """Named batches in, named batches out; safe from several threads."""

    name: str
    stride: int
    """Heights and widths of its inputs are multiples of this."""
    needs_trimap: bool
    strategies: tuple[str, ...]
    """Names of the strategies that suit the network, the usual one first."""
    extra_planes: tuple[str, ...] = ()
    """Planes beyond image and trimap that it takes."""
    estimates: tuple[str, ...] = ()
    """Which estimates make up the plane `prior`, where it takes one."""
    terms: Terms | None = None
    """On which terms a public network may be used."""

    @abstractmethod
    def run(self, planes: Batches) -> Batches:
        """Planes named as in OUTPUTS, plus `glance_logits` where the network has a glance."""

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """Names of the planes that it gives, found by a run on small random planes."""
        planes = self.run(random_planes(self, (4 * self.stride, 4 * self.stride)))
        return tuple(name for name in OUTPUTS if name in planes)

    def global_statistics_from(self, planes: Callable[[], Batches]) -> AbstractContextManager[None]:
        """In this context, statistics over a whole picture are those of these planes, a reduced
        copy of the picture whose windows are run. Planes are made only if the network needs them.
        """
        return nullcontext()

    def calibrated(self, error: Plane) -> Plane:
        """What the error of the final alpha is on average where the network expects this one."""
        return error

    def fuse(self, glance: Plane, focus: Plane) -> Alpha:
        """Alpha of a glance in [0, 1] and a focus at one size; for `hybrid`."""
        raise BadWeights(f"{self.name} has no glance and focus; use whole, tile or resize")


def random_planes(network: Network, size: Size, *, seed: int = 0) -> Batches:
    """Random planes to try a network on, with all three labels of the trimap."""
    rng = np.random.default_rng(seed)
    planes: Batches = {"image": rng.random((1, 3, *size), dtype=np.float32)}
    if network.needs_trimap:
        rows = np.linspace(0, 1, size[0], dtype=np.float32)
        planes["trimap"] = np.tile(np.round(rows * 2)[None, None, :, None] / 2, (1, 1, 1, size[1]))
    for name in network.extra_planes:
        shape = (len(network.estimates) if name == "prior" else 3, *size)
        if name == "prompt":
            shape = (3, size[0] // PROMPT_STEP, size[1] // PROMPT_STEP)
        planes[name] = rng.random((1, *shape), dtype=np.float32)
    return planes
