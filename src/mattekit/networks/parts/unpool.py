"""Max pooling that remembers where each maximum was, and the way back up.

torch's own pair scatters by index: with overlapping windows two of them may name one pixel, and
which one wins is then up to the device. So those are written with slices, comparisons and a pixel
shuffle: the same on every device, and what goes into ONNX. Windows that do not overlap are torch's
outside of an export, several times faster.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

Window = Literal["2x2", "3x3"]
"""Windows of two pixels side by side, or the published ones of three that overlap by one."""


def pool(
    planes: Float[Tensor, "b c h w"], window: Window
) -> tuple[Float[Tensor, "b c h2 w2"], Int[Tensor, "b c h2 w2"]]:
    """Maxima over windows with stride 2, and the place of each, for `unpool` to read.

    Among equals the first counts, as torch does.
    """
    if _scatters(window):
        maxima, places = F.max_pool2d(planes, 2, return_indices=True)
        return maxima, places
    side, margin = (2, 0) if window == "2x2" else (3, 1)
    rows, columns = planes.shape[-2] // 2, planes.shape[-1] // 2
    padded = F.pad(planes, [margin] * 4, value=-torch.inf)
    shifted = [
        padded[..., y : y + 2 * rows - 1 : 2, x : x + 2 * columns - 1 : 2]
        for y in range(side)
        for x in range(side)
    ]
    maxima, places = torch.stack(shifted).max(dim=0)
    return maxima, places


def unpool(
    planes: Float[Tensor, "b c h w"], places: Int[Tensor, "b c h w"], window: Window
) -> Float[Tensor, "b c h2 w2"]:
    """Put each value where its window had the maximum, zero elsewhere; twice the size.

    Where two windows of 3x3 name one pixel, the later one wins (row by row, as torch on the CPU).
    """
    if _scatters(window):
        return F.max_unpool2d(planes, places, [2, 2])
    if window == "2x2":
        none = torch.zeros_like(planes)
        quarters = [torch.where(places == place, planes, none) for place in range(4)]
    else:
        quarters = _quarters_of_overlapping_windows(planes, places)
    return F.pixel_shuffle(torch.stack(quarters, dim=2).flatten(1, 2), 2)


def _scatters(window: Window) -> bool:
    return window == "2x2" and not torch.compiler.is_exporting()


def _quarters_of_overlapping_windows(planes: Tensor, places: Tensor) -> list[Tensor]:
    """The pixels (even, even), (even, odd), (odd, even), (odd, odd) of the result.

    Window (r, s) covers the rows 2r-1, 2r, 2r+1 and likewise the columns: an even row belongs to
    one window, an odd row to the windows r (as its last row) and r+1 (as its first).
    """
    planes = F.pad(planes, [0, 1, 0, 1])
    places = F.pad(places, [0, 1, 0, 1], value=-1)
    below, right = slice(1, None), slice(1, None)
    here = slice(None, -1)
    # per quarter: the windows that reach it and the place it has there, latest window first
    reaching = [
        [(here, here, 4)],
        [(here, right, 3), (here, here, 5)],
        [(below, here, 1), (here, here, 7)],
        [(below, right, 0), (below, here, 2), (here, right, 6), (here, here, 8)],
    ]
    quarters = []
    for windows in reaching:
        quarter = torch.zeros_like(planes[..., here, here])
        for rows, columns, place in reversed(windows):
            named = places[..., rows, columns] == place
            quarter = torch.where(named, planes[..., rows, columns], quarter)
        quarters.append(quarter)
    return quarters
