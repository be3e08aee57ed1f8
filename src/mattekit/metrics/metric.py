"""What a metric is: a name, words for a reader, and a function of two mattes made ready for it.

Adding one takes a file with the function and its `Metric`, and an entry in
`mattekit.metrics.METRICS`; the command, the table, the report and `mattekit.metrics.NAME` follow.
Mattes are checked, brought to [0, 1] and pasted here alone, so bad input is refused in one place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from mattekit.core.errors import BadImage, BadTrimap
from mattekit.core.types import BACKGROUND, FOREGROUND, Mask, Plane, Region, region_mask, size_text
from mattekit.metrics.protocols import Protocol, choose_protocol

Values = npt.NDArray[np.float64]  # h w, [0, 1]

ROUNDING = 1e-6  # how far outside [0, 1] a value may be and still count as rounding


@dataclass(frozen=True, kw_only=True)
class MattePair:
    """A predicted and a true matte that may be compared pixel by pixel."""

    predicted: Values
    true: Values
    inside: Mask
    """True where the protocol measures."""
    count: int
    """Number of pixels inside."""

    def window(self, margin: int = 0) -> tuple[slice, slice]:
        """The rows and columns that hold the region and a margin; one pixel where it is empty."""
        left, top, width, height = cv2.boundingRect(self.inside.view(np.uint8))
        rows = slice(max(top - margin, 0), top + max(height, 1) + margin)
        return rows, slice(max(left - margin, 0), left + max(width, 1) + margin)

    @cached_property
    def difference_inside(self) -> Values:
        """p - g in the window of the region, 0 outside the region."""
        window = self.window()
        difference = self.predicted[window] - self.true[window]
        difference *= self.inside[window]
        return difference


@dataclass(frozen=True, kw_only=True)
class Metric:
    """An error of a predicted matte; called with planes it gives the number."""

    name: str
    title: str
    """What tables call it."""
    meaning: str
    """One sentence for the reader of a report."""
    of: Callable[[MattePair, Protocol], float]
    higher_is_better: bool = False
    default: bool = True
    """Whether it is measured when nobody says what to measure."""

    def __call__(
        self,
        predicted: Plane,
        true: Plane,
        trimap: Plane | None = None,
        protocol: str | Protocol = "official",
        region: Region | None = None,
    ) -> float:
        """The number for two mattes of the same size.

        Args:
            predicted: h w, floats in [0, 1], or 8 or 16 bits.
            true: of the same size.
            trimap: h w labels, needed by protocols that measure the unknown region.
            protocol: a name of `PROTOCOLS`, or a `Protocol` of your own.
            region: `unknown` or `whole`, instead of the protocol's.
        """
        chosen = choose_protocol(protocol, region)
        return self.of(make_pair(predicted, true, trimap, chosen), chosen)


def make_pair(predicted: Plane, true: Plane, trimap: Plane | None, protocol: Protocol) -> MattePair:
    """Check both mattes and the trimap, paste what the protocol pastes, mark its region."""
    predicted_matte = _as_matte(predicted, "predicted")
    true_matte = _as_matte(true, "true")
    _check_same_size(predicted_matte, "predicted matte", true_matte)
    if trimap is None:
        if protocol.needs_trimap:
            raise missing_trimap(protocol)
        inside = np.ones(true_matte.shape, dtype=np.bool_)
    else:
        labels = _as_labels(trimap)
        _check_same_size(labels, "trimap", true_matte)
        if protocol.known_pixels == "pasted from the trimap":
            predicted_matte = predicted_matte.copy()
            np.copyto(predicted_matte, 0.0, where=labels == BACKGROUND)
            np.copyto(predicted_matte, 1.0, where=labels == FOREGROUND)
        inside = region_mask(protocol.region, labels)
    return MattePair(
        predicted=predicted_matte,
        true=true_matte,
        inside=inside,
        count=int(np.count_nonzero(inside)),
    )


def missing_trimap(protocol: Protocol) -> BadTrimap:
    """What to say when there is no trimap and the protocol needs one."""
    return BadTrimap(
        f"protocol '{protocol.title}' needs a trimap and none was given; give one, or measure the"
        " whole picture with protocol 'gfm'"
    )


def _as_matte(plane: Plane, which: str) -> Values:
    if plane.ndim != 2 or plane.size == 0:
        raise BadImage(f"the {which} matte has shape {plane.shape}; give one channel, height width")
    if np.issubdtype(plane.dtype, np.unsignedinteger):
        return plane / np.float64(np.iinfo(plane.dtype).max)
    if plane.dtype != np.bool_ and not np.issubdtype(plane.dtype, np.floating):
        raise BadImage(
            f"the {which} matte holds {plane.dtype} numbers; give floats in [0, 1], uint8 or uint16"
        )
    matte = plane.astype(np.float64, copy=False)
    lowest, highest = float(matte.min()), float(matte.max())
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        wrong = matte.size - int(np.count_nonzero(np.isfinite(matte)))
        raise BadImage(
            f"the {which} matte has {wrong} values that are not numbers (NaN or infinite);"
            " every value must be in [0, 1]"
        )
    if lowest < -ROUNDING or highest > 1 + ROUNDING:
        raise BadImage(
            f"the {which} matte has values from {lowest:g} to {highest:g};"
            " bring them to [0, 1] first (divide 8-bit values by 255, clip an overshoot)"
        )
    return np.clip(matte, 0, 1) if lowest < 0 or highest > 1 else matte


def _as_labels(trimap: Plane) -> npt.NDArray[np.uint8]:
    if trimap.dtype != np.uint8 or trimap.ndim != 2 or (trimap.size and trimap.max() > FOREGROUND):
        found = ", ".join(f"{value:g}" for value in np.unique(trimap)[:5])
        raise BadTrimap(
            f"the trimap is {trimap.dtype} of shape {trimap.shape} with values {found}; give uint8"
            " labels 0 background, 1 unknown, 2 foreground, as read_trimap returns them"
        )
    return trimap


def _check_same_size(plane: Plane, which: str, true: Values) -> None:
    if plane.shape != true.shape:
        raise BadImage(
            f"the {which} is {size_text(plane.shape)} pixels and the true matte "
            f"{size_text(true.shape)}; both must be the same"
        )
