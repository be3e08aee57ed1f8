"""The main job: a photo and a hint of its subject, to alpha, clean colours and a cut-out.

Three stages: a hint finds a trimap (`subject`), a method the alpha (`inference.matting`), and the
subject's own colours follow from both (`classical.foreground`). No torch.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mattekit.classical.closed_form import Quality
from mattekit.classical.foreground import ForegroundMethod, estimate_foreground
from mattekit.core.errors import BadArgument
from mattekit.core.matte import Matte
from mattekit.core.types import Alpha, Image, Plane, Trimap
from mattekit.imaging import arrays
from mattekit.imaging.compose import named_colour, over
from mattekit.imaging.files import MAX_PIXELS, open_picture, write_image
from mattekit.imaging.picture import Picture, apply_existing_alpha, coded, to_float
from mattekit.imaging.sources import Source
from mattekit.inference.matting import Matting, build_matting
from mattekit.inference.strategies import StrategyConfig
from mattekit.models.registry import Terms
from mattekit.subject.confidence import subject_confidence
from mattekit.subject.hints import Array, HintConfig, hint_of
from mattekit.subject.hints import Trimap as TrimapHint
from mattekit.subject.segment import Point, Rectangle
from mattekit.subject.settling import settled

Progress = Callable[[str, float], None]
"""Called with the stage, `subject`, `alpha` or `colours`, and the share of it that is done."""


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """The result of `cutout`: the subject of a photo.

    >>> from mattekit.synthetic.scene import scene
    >>> picture = scene(1, 64)
    >>> cut = cutout(picture.image, trimap=picture.trimap)
    >>> cut.model, cut.alpha.shape, cut.on(np.ones(3, np.float32)).shape
    ('compact', (64, 64), (64, 64, 3))
    """

    matte: Matte
    colours: Plane
    """The subject's own colours, h w 3, in the depth of the photo; `foreground` has floats."""
    trimap: Trimap
    model: str
    strategy: str | None = None
    subject_confidence: float | None = None
    """Confidence from 0 to 1 that this is the right subject; None if a trimap was given."""
    segmenter: str | None = None
    """The segmenter that found the subject, if one did."""
    terms: Terms | None = None
    """Terms of use of the segmenter, if it is not mattekit's own."""
    model_terms: Terms | None = None
    """Terms of use of the model, if it is a public network."""
    linear: bool = False
    """Colours are linear light, not cut to [0, 1], as of an EXR photo."""
    plate: Image | None = None
    """What is behind the subject, h w 3, where that is known."""

    @property
    def alpha(self) -> Alpha:
        """The subject's share of every pixel, h w, floats in [0, 1]."""
        return self.matte.alpha

    @property
    def expected_error(self) -> Plane | None:
        """|error| that the model expects of its alpha, h w, if it states one."""
        return self.matte.expected_error

    @property
    def confidence(self) -> float | None:
        """1 less the mean expected error of the unknown pixels, if the model states one."""
        return self.matte.confidence

    @property
    def warnings(self) -> list[str]:
        """Warnings about the photo, the hint and the method."""
        return self.matte.warnings

    @property
    def foreground(self) -> Image:
        """The subject's own colours in [0, 1], not multiplied by alpha."""
        return coded(self.colours) if self.linear else to_float(self.colours)

    def rgba(self) -> Image:
        """Foreground and alpha, h w 4, floats in [0, 1], straight."""
        return np.dstack([self.foreground, self.alpha])

    def on(self, background: Array | str) -> Image:
        """The subject on another background.

        Args:
            background: h w 3 of the photo's size, or one colour: floats in [0, 1], 8 or 16 bits; a
                PIL image; or the name of a colour.

        Returns:
            h w 3, floats in [0, 1].

        Raises:
            BadArgument: it is of another size or kind, or no such colour.
        """
        behind = _background(background)
        if behind.shape not in ((), (3,), self.colours.shape):
            raise BadArgument(
                f"the background has the shape {behind.shape}; expected that of the photo's "
                f"colours, {self.colours.shape}, or one colour"
            )
        composite: Image = over(self.foreground, self.alpha[..., None], behind)
        return composite.astype(np.float32)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        bits: int = 8,
        exif: bytes = b"",
        straight: bool = False,
    ) -> None:
        """Write the RGBA picture: PNG, TIFF, WebP or EXR by the suffix.

        Args:
            path: the file to write; an existing one is replaced.
            bits: bits per value, 8 or 16; 32 for EXR.
            exif: EXIF data to store.
            straight: leave the colours of an EXR as they are; else they are multiplied by alpha, as
                compositing programs expect.

        Raises:
            BadArgument: the format cannot hold this.
            BadOutput: the file cannot be written.
        """
        write_image(
            path,
            self.colours,
            alpha=self.alpha,
            bits=bits,
            exif=exif,
            linear=self.linear,
            straight=straight,
        )


def _background(given: Array | str) -> Plane:
    """The colours behind a subject as floats."""
    if isinstance(given, str):
        return named_colour(given)
    plane = np.asarray(given)
    if plane.dtype in (np.uint8, np.uint16):
        return to_float(plane)
    if plane.dtype.kind == "f":
        return arrays.in_range(plane, "background", BadArgument)
    if plane.dtype.kind == "i" and np.isin(plane, (0, 1)).all():
        return plane
    raise BadArgument(
        f"the background is of {plane.dtype}; expected floats in [0, 1], uint8 or uint16"
    )


def cutout(
    photo: Source | Array,
    *,
    trimap: Source | Array | None = None,
    mask: Source | Array | None = None,
    box: Rectangle | None = None,
    points: Sequence[Point] | None = None,
    scribbles: Source | Array | None = None,
    band: str | float | None = None,
    label: int | Literal["any"] | None = None,
    segmenter: str | None = None,
    commercial_only: bool = False,
    model: str | os.PathLike[str] | None = None,
    quality: Quality = "full",
    strategy: str | StrategyConfig | None = None,
    max_memory: int | None = None,
    progress: Progress | None = None,
) -> Cutout:
    """Cut the subject out of a photo.

    Args:
        photo: a file, its bytes, or an array h w 3 of floats in [0, 1] or of 8 or 16 bits.
        trimap: a file, or labels 0 background, 1 unknown, 2 foreground.
        mask: any segmentation of the subject: a file, or an array of booleans, of labels 0 and 1
            or of [0, 1].
        box: x, y, width, height around the subject.
        points: (x, y) on the subject and (x, y, 0) on the background.
        scribbles: white strokes on the subject, black ones on the background: a file, or labels
            as of a trimap.
        band: width of the unknown edge of a mask, in pixels or as a share such as `2%`; by
            default as wide as the edge is soft.
        label: for a mask with one value per subject and 0 for background: the value of this
            subject, or `any` for all of them together.
        segmenter: finds the subject without a hint, in a box or from points: a registered name
            or an ONNX file; default: the best installed one, else the shipped one.
        commercial_only: refuse segmenters whose terms do not clearly allow commercial use.
        model: a model's name or file; default: the shipped networks.
        quality: `fast` is closed-form at a reduced size in place of the shipped networks.
        strategy: how a network processes the photo (`whole`, `tile`, `resize`, `hybrid`, or a
            config); default: the one that suits network and size.
        max_memory: bytes that the whole process may hold.
        progress: called with a stage and the share of it that is done.

    Returns:
        Alpha, clean colours and the trimap that was used.

    Raises:
        NoSubject: without a hint, no subject was found with enough confidence.
        MattekitError: a file, array or option is not valid; the message says what to do.

    >>> from mattekit.synthetic.scene import scene
    >>> picture = scene(1, 64)
    >>> cutout(picture.image, trimap=picture.trimap).rgba().shape
    (64, 64, 4)
    """
    hint = hint_of(
        trimap=trimap,
        mask=mask,
        box=box,
        points=points,
        scribbles=scribbles,
        band=band,
        label=label,
        segmenter=segmenter,
        commercial_only=commercial_only,
    )
    method = build_matting(model, quality=quality, strategy=strategy, max_memory=max_memory)
    return cut_picture(opened(photo), hint, method, progress=progress)


def cut_picture(
    picture: Picture,
    hint: HintConfig,
    method: Matting,
    *,
    clean: bool = True,
    max_pixels: int = MAX_PIXELS,
    progress: Progress | None = None,
) -> Cutout:
    """Cut the subject out of an opened photo; an alpha that it has is multiplied in.

    Args:
        method: see `build_matting`; built once for many photos.
        clean: estimate the subject's own colours, which takes time; else use the photo's.
        max_pixels: of a hint that comes as a file.
    """
    report = progress or (lambda stage, share: None)
    report("subject", 0.0)
    subject = hint.find(picture.colours, max_pixels=max_pixels)
    report("subject", 1.0)
    report("alpha", 0.0)
    matte = method.matte(picture.colours, subject.trimap, done=lambda share: report("alpha", share))
    if subject.settles and subject.mask is not None:
        matte = settled(matte, subject.mask, subject.trimap)
    report("alpha", 1.0)
    alpha = matte.alpha if picture.alpha is None else matte.alpha * picture.alpha_window()
    report("colours", 0.0)
    colours = own_colours(picture, alpha) if clean else seen_colours(picture)
    report("colours", 1.0)
    warnings = [*picture.warnings, *subject.warnings, *matte.warnings]
    return Cutout(
        matte=replace(matte, alpha=alpha, warnings=warnings),
        colours=colours,
        trimap=subject.trimap,
        model=method.name,
        strategy=None if method.strategy is None else method.strategy.name,
        subject_confidence=None
        if isinstance(hint, TrimapHint)
        else subject_confidence(
            matte.alpha, subject.trimap, mask=subject.mask, sure=subject.confidence
        ),
        segmenter=subject.segmenter,
        terms=subject.terms,
        model_terms=method.terms,
        linear=picture.linear is not None,
    )


def opened(photo: Source | Array) -> Picture:
    """A photo as a picture; an alpha that it has is ignored, with a warning."""
    picture = arrays.as_picture(photo) if arrays.is_array(photo) else open_picture(photo)
    return apply_existing_alpha(picture, "ignore")


def seen_colours(picture: Picture) -> Plane:
    """The photo's colours; of a photo in linear light, in that light."""
    return picture.colours if picture.linear is None else picture.linear


def own_colours(picture: Picture, alpha: Alpha, method: ForegroundMethod = "multilevel") -> Plane:
    """The subject's colours; of a photo in linear light, values above 1 included, in that light."""
    if picture.linear is None:
        return estimate_foreground(picture.colours, alpha, method=method)
    brightest = max(float(picture.linear.max()), 1.0)
    return estimate_foreground(picture.linear / brightest, alpha, method=method) * brightest
