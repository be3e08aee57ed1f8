"""What `predict` writes for a picture: the network's planes, and what follows from them.

The alpha keeps the picture's name, so that a folder of predictions pairs with a folder of truths;
every other plane has its own name added: `cat.png`, `cat-foreground.png`.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mattekit.classical.foreground import estimate_foreground
from mattekit.core.errors import BadArgument
from mattekit.core.types import Plane, Size, Trimap
from mattekit.imaging.compose import over
from mattekit.imaging.files import write_alpha, write_image, write_trimap
from mattekit.imaging.picture import Picture, to_float
from mattekit.imaging.resize import resize, scaled_size
from mattekit.imaging.trimap import paste_known
from mattekit.inference.network import OUTPUTS, Network
from mattekit.inference.predictor import Predictor

DERIVED = {
    "recomposition": "foreground over background with the alpha: close to the photo if all is well",
    "trimap": "the trimap as it was read",
    "rgba": "the cut-out with clean colours",
}


def needed_planes(names: Collection[str]) -> set[str]:
    """Planes of the network that the named outputs are made of."""
    needed = {name for name in names if name in OUTPUTS}
    return needed | ({"foreground", "background"} if "recomposition" in names else set())


def parse_names(text: str) -> tuple[str, ...]:
    """Names of outputs, separated by commas.

    >>> parse_names("alpha, focus")
    ('alpha', 'focus')
    """
    names = tuple(name.strip() for name in text.split(","))
    known = [*OUTPUTS, *DERIVED]
    for name in names:
        if name not in known:
            raise BadArgument(f"there is no output {name!r}; choose among {', '.join(known)}")
    return names


def check_names(names: Collection[str], network: Network) -> None:
    """Refuse an output that the network does not have, before any work."""
    allowed = [*network.outputs, "rgba"]
    allowed += ["trimap"] if network.needs_trimap else []
    allowed += ["recomposition"] if {"foreground", "background"} <= set(allowed) else []
    for name in names:
        if name not in allowed:
            raise BadArgument(f"{network.name} gives no {name}; it gives {', '.join(allowed)}")


def predict_planes(
    predictor: Predictor,
    colours: npt.NDArray[Any],
    trimap: Trimap | None,
    names: Collection[str],
    *,
    max_short_side: int | None = None,
) -> dict[str, Plane]:
    """The predictor's planes; a picture with a longer short side is predicted at a smaller size."""
    size: Size = (colours.shape[0], colours.shape[1])
    if max_short_side is None or min(size) <= max_short_side:
        return predictor.planes(colours, trimap, names)
    small = scaled_size(size, max_short_side / min(size))
    planes = predictor.planes(
        resize(to_float(colours), small),
        None if trimap is None else resize(trimap, small, "labels"),
        names,
    )
    enlarged = {name: resize(plane, size) for name, plane in planes.items()}
    if trimap is not None:
        enlarged["alpha"] = paste_known(enlarged["alpha"], trimap)
    return enlarged


def write_outputs(
    planes: dict[str, Plane],
    picture: Picture,
    trimap: Trimap | None,
    *,
    paths: dict[str, Path],
    bits: int,
) -> None:
    """Write the outputs named in `paths`, each made of the planes it needs."""
    for name, path in paths.items():
        if name == "trimap":
            assert trimap is not None
            write_trimap(path, trimap)
        elif name == "rgba":
            clean = estimate_foreground(picture.image(), planes["alpha"])
            write_image(path, clean, alpha=planes["alpha"], bits=bits)
        elif name == "recomposition":
            alpha = planes["alpha"][..., None]
            composite = over(planes["foreground"], alpha, planes["background"])
            write_image(path, composite.astype(np.float32), bits=bits)
        elif planes[name].ndim == 3:
            write_image(path, planes[name], bits=bits)
        else:
            write_alpha(path, planes[name], bits=bits)
