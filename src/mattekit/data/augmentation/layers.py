"""The layers of a sample, and recomposing the image after a step changed one.

A composed sample is a subject (foreground, alpha, trimap) over a background. A step that
changes one of the two recomposes the image, so that I = aF + (1-a)B stays true. That discards
changes of the image alone, so JPEG, resampling and camera effects come last.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from mattekit.core.errors import BadData
from mattekit.core.types import Image, Interpolation, Plane, Sample
from mattekit.imaging.compose import over

Layer = Literal["picture", "subject", "background"]
"""Subject and background together, or only one of them."""

COLOURS_OF: dict[Layer, tuple[str, ...]] = {
    "picture": ("foreground", "background"),
    "subject": ("foreground",),
    "background": ("background",),
}


def moved(sample: Sample, layer: Layer, how: Callable[[Plane, Interpolation], Plane]) -> Sample:
    """The sample with one geometric transform applied to every plane of a layer."""
    if layer == "picture":
        return sample.warp(how)
    foreground, background = layers_of(sample)
    if layer == "background":
        return recomposed(sample, background=how(background, "smooth"))
    return recomposed(
        sample,
        foreground=how(foreground, "smooth"),
        alpha=how(sample.alpha, "smooth"),
        trimap=None if sample.trimap is None else how(sample.trimap, "labels"),
    )


def recoloured(sample: Sample, layer: Layer, how: Callable[[Image], Image]) -> Sample:
    """The sample with other colours in a layer; for a photo, in the image and in known layers."""
    planes = {name: getattr(sample, name) for name in COLOURS_OF[layer]}
    changed: dict[str, Any] = {
        name: how(plane) for name, plane in planes.items() if plane is not None
    }
    if layer == "picture" and len(changed) < len(planes):
        return with_image(replace(sample, **changed), how(sample.image))
    return recomposed(sample, **changed)


def recomposed(sample: Sample, **planes: Any) -> Sample:
    """The sample with other planes and the image composed of them."""
    changed = replace(sample, **planes)
    foreground, background = layers_of(changed)
    return with_image(changed, over(foreground, changed.alpha[..., None], background))


def with_image(sample: Sample, image: Image) -> Sample:
    """The sample with another image."""
    if sample.prior is not None:
        raise BadData(
            f"the sample {sample.name} has classical estimates, which do not fit a changed image; "
            "leave out the steps that change colours or move a layer"
        )
    return replace(sample, image=image)


def layers_of(sample: Sample) -> tuple[Image, Image]:
    """Foreground and background of a composed sample."""
    if sample.foreground is None or sample.background is None:
        raise BadData(
            f"the sample {sample.name} has no foreground and background of its own, which a step "
            "of the recipe changes; use a source that composites, or set layer=picture"
        )
    return sample.foreground, sample.background
