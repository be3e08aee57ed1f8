"""The whole picture at once: padded by reflection to the network's stride, and cropped back."""

from collections.abc import Collection
from typing import Literal

from mattekit.core.config import config
from mattekit.core.types import Plane, Size
from mattekit.imaging.resize import fit_within, resize
from mattekit.inference.inputs import Batches, Inputs
from mattekit.inference.network import Network


@config
class Whole:
    """The whole picture at once."""

    name: Literal["whole"] = "whole"
    max_size: int | None = None
    """Longest side in pixels; larger pictures are shrunk with their aspect kept."""

    def apply(self, network: Network, inputs: Inputs, wanted: Collection[str]) -> dict[str, Plane]:
        """Those wanted planes that the network gives, at the picture's size."""
        size = inputs.size if self.max_size is None else fit_within(inputs.size, self.max_size)
        return at_size(network, inputs, size, wanted)


def at_size(
    network: Network, inputs: Inputs, size: Size, wanted: Collection[str]
) -> dict[str, Plane]:
    """Run the network on the picture resized to `size`; planes come back at the picture's size."""
    planes = network.run(inputs.resized(size).whole(network.stride))
    return {
        name: resize(plane[: size[0], : size[1]], inputs.size)
        for name, plane in unbatched(planes).items()
        if name in wanted
    }


def unbatched(planes: Batches) -> dict[str, Plane]:
    """Planes of a batch of one as arrays: h w, or h w c where there are several channels."""
    return {
        name: plane[0, 0] if plane.shape[1] == 1 else plane[0].transpose(1, 2, 0)
        for name, plane in planes.items()
    }
