"""A public network that takes photo and trimap as one input of four channels, such as ViTMatte.

How the photo is made ready is said by the registry, or by a YAML file beside the user's ONNX file,
as for segmenters. A file of one fixed size is shown the whole photo at that size.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np

from mattekit.core.errors import BadWeights
from mattekit.core.types import Alpha, Plane, Size
from mattekit.imaging.resize import resize
from mattekit.inference.inputs import Batches
from mattekit.models.registry import InputConfig, OutputConfig, Terms
from mattekit.models.runtime import Session

CHANNELS = 4


class TrimapNetwork:
    """Photo and trimap in, alpha out; the trimap as 0, 1/2 and 1 behind the colours."""

    needs_trimap = True
    extra_planes: tuple[str, ...] = ()
    estimates: tuple[str, ...] = ()

    def __init__(
        self,
        path: Path,
        session: Session,
        input: InputConfig,
        output: OutputConfig,
        terms: Terms | None,
    ) -> None:
        self.session = session
        self.name, self.input, self.terms = path.stem, input, terms
        taken, given = self.session.get_inputs(), self.session.get_outputs()
        shape = taken[0].shape
        if len(taken) != 1 or len(shape) != 4 or shape[1] != CHANNELS:
            raise BadWeights(
                f"{path} takes {len(taken)} input(s), the first of shape {shape}; a network for "
                "--model takes one of [batch, 4, height, width], colours and trimap"
            )
        names = [value.name for value in given]
        self.output = names[output.output] if isinstance(output.output, int) else output.output
        if self.output not in names:
            raise BadWeights(f"{path} has no output '{self.output}'; it has {', '.join(names)}")
        fixed = all(isinstance(side, int) for side in shape[2:])
        self.size: Size | None = (shape[2], shape[3]) if fixed else None
        self.stride = 1 if fixed else input.multiple
        self.strategies: tuple[str, ...] = ("whole",) if fixed else ("whole", "tile")
        self._taken = taken[0].name

    def run(self, planes: Batches) -> Batches:
        """The alpha of every picture of a batch, at its size."""
        mean, std = (
            np.array(x, np.float32)[:, None, None] for x in (self.input.mean, self.input.std)
        )
        colours = (planes["image"] * np.float32(255 * self.input.scale) - mean) / std
        given = np.concatenate([colours, planes["trimap"]], axis=1)
        alphas = [self._alpha(picture) for picture in given]
        return {"alpha": np.stack(alphas)[:, None]}

    def _alpha(self, picture: Plane) -> Alpha:
        """Of four channels, h w."""
        size = (picture.shape[1], picture.shape[2])
        if self.size is not None:
            picture = np.stack([resize(np.ascontiguousarray(p), self.size) for p in picture])
        found = self.session.run([self.output], {self._taken: picture[None].astype(np.float32)})[0]
        alpha: Alpha = np.asarray(found).reshape(found.shape[-2:]).astype(np.float32)
        return alpha if alpha.shape == size else resize(alpha, size)

    def global_statistics_from(self, planes: Callable[[], Batches]) -> AbstractContextManager[None]:
        """It has no statistics that could be fixed."""
        return nullcontext()

    def fuse(self, glance_logits: Plane, focus: Plane) -> Alpha:
        """It has no glance; `hybrid` is not among its strategies."""
        raise BadWeights(f"{self.name} has no glance and focus; use whole or tile")
