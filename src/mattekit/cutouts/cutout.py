"""The main job: a photo and what is known of its subject, to alpha, clean colours and a cut-out.

No torch. How hints become a trimap: `hints`, `subject`; which models there are: `mattes`; the
picture that shows what was done: `preview`.
"""

import os
from dataclasses import dataclass, field

import numpy as np

from mattekit.classical.foreground import ForegroundMethod, estimate_foreground
from mattekit.core.errors import BadImage
from mattekit.core.types import Alpha, Image, Plane, Trimap
from mattekit.imaging.compose import over
from mattekit.imaging.files import Picture, Source, apply_existing_alpha, open_picture, write_image
from mattekit.imaging.picture import coded, to_float
from mattekit.inference.confidence import confidence
from mattekit.inference.mattes import Effort, find_alpha
from mattekit.subject.hints import Array, Hints, read_hints
from mattekit.subject.segment import Box
from mattekit.subject.trimap import subject_trimap


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """The subject of a photo on its own."""

    alpha: Alpha
    colours: Plane
    """The subject's own colours, h w 3, in the depth of the photo; `foreground` has floats."""
    trimap: Trimap
    model: str
    strategy: str | None = None
    expected_error: Plane | None = None
    """|error| that the model expects of its alpha, h w, where it says so."""
    linear: bool = False
    """Colours are linear light, not cut to [0, 1], as of an EXR photo."""
    warnings: list[str] = field(default_factory=list)

    @property
    def confidence(self) -> float | None:
        """1 less the mean expected error of the unknown pixels, where the model says so."""
        return None if self.expected_error is None else confidence(self.expected_error)

    @property
    def foreground(self) -> Image:
        """The subject's own colours in [0, 1], not multiplied by alpha."""
        return coded(self.colours) if self.linear else to_float(self.colours)

    def rgba(self) -> Image:
        """Foreground and alpha, h w 4."""
        return np.dstack([self.foreground, self.alpha])

    def on(self, background: Image) -> Image:
        """The subject on another background: h w 3, or one colour."""
        composite: Image = over(self.foreground, self.alpha[..., None], background)
        return composite.astype(np.float32)

    def save(self, path: str | os.PathLike[str], *, bits: int = 8, exif: bytes = b"") -> None:
        """Write the RGBA picture: PNG, TIFF, WebP or EXR by the suffix."""
        write_image(path, self.colours, alpha=self.alpha, bits=bits, exif=exif, linear=self.linear)


def cutout(
    photo: Source | Array,
    *,
    trimap: Source | Array | None = None,
    mask: Source | Array | None = None,
    box: Box | None = None,
    scribbles: Source | Array | None = None,
    model: str | None = None,
    band: str | float | None = None,
    effort: Effort | None = None,
) -> Cutout:
    """Cut the subject out of a photo.

    Args:
        photo: a file, its bytes, or an array h w 3 of floats in [0, 1] or of 8 or 16 bits.
        trimap: a file, or labels 0 background, 1 unknown, 2 foreground.
        mask: any segmentation of the subject: a file, or an array of booleans or of [0, 1].
        box: x, y, width, height around the subject.
        scribbles: white strokes on the subject, black ones on the background: a file, or labels
            as of a trimap.
        model: default: the best one measured, `inference.default`.
        band: width of the unknown edge of a mask, in pixels or as a share such as `2%`.

    >>> from mattekit.synthetic.scene import scene
    >>> picture = scene(1, 64)
    >>> cutout(picture.image, trimap=picture.trimap).rgba().shape
    (64, 64, 4)
    """
    hints = read_hints(trimap=trimap, mask=mask, box=box, scribbles=scribbles)
    return cut_picture(as_picture(photo), hints, model=model, band=band, effort=effort)


def cut_picture(
    picture: Picture,
    hints: Hints,
    *,
    model: str | None = None,
    band: str | float | None = None,
    effort: Effort | None = None,
    clean: bool = True,
) -> Cutout:
    """Cut the subject out of an opened photo; an alpha that it still has is multiplied in.

    Args:
        clean: find the subject's own colours, which takes time; else those of the photo stand in.
    """
    trimap = subject_trimap(picture.colours, hints, band_width=band)
    matte = find_alpha(picture.colours, trimap, model=model, effort=effort)
    alpha = matte.alpha if picture.alpha is None else matte.alpha * picture.alpha_window()
    return Cutout(
        alpha=alpha,
        colours=own_colours(picture, alpha) if clean else seen_colours(picture),
        trimap=trimap,
        model=matte.model,
        strategy=matte.strategy,
        expected_error=matte.expected_error,
        linear=picture.linear is not None,
        warnings=[*picture.warnings, *hints.warnings, *matte.warnings],
    )


def as_picture(photo: Source | Array) -> Picture:
    """An opened photo; an alpha that it has is left aside, with a warning."""
    if not isinstance(photo, np.ndarray):
        return apply_existing_alpha(open_picture(photo), "ignore")
    if photo.ndim != 3 or photo.shape[2] != 3 or photo.dtype not in ("u1", "u2", "f4", "f8"):
        raise BadImage(
            f"the photo is {photo.dtype} with shape {photo.shape}; "
            "expected h w 3 of floats in [0, 1] or of 8 or 16 bits"
        )
    return Picture(colours=photo.astype(np.float32) if photo.dtype.kind == "f" else photo)


def seen_colours(picture: Picture) -> Plane:
    """The photo's colours; of a photo in linear light, in that light."""
    return picture.colours if picture.linear is None else picture.linear


def own_colours(picture: Picture, alpha: Alpha, method: ForegroundMethod = "multilevel") -> Plane:
    """The subject's colours; of a photo in linear light, values above 1 included, in that light."""
    if picture.linear is None:
        return estimate_foreground(picture.colours, alpha, method=method)
    brightest = max(float(picture.linear.max()), 1.0)
    return estimate_foreground(picture.linear / brightest, alpha, method=method) * brightest
