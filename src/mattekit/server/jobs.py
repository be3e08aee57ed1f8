"""What a worker process does: from the bytes of a request to the bytes of its answer.

Nothing here knows HTTP. A job is plain data, so that it crosses into the worker; pictures are
decoded there, never in the process that listens.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import PIL.ImageColor

from mattekit.classical.foreground import estimate_foreground
from mattekit.core.errors import BadArgument, MattekitError
from mattekit.core.types import Alpha, Image, Size, Trimap
from mattekit.imaging.files import encode_image, open_picture, read_alpha
from mattekit.imaging.picture import Picture, apply_existing_alpha, to_float
from mattekit.imaging.resize import cover
from mattekit.imaging.trimap import make_trimap, to_pixels
from mattekit.inference.cutout import cut_picture
from mattekit.inference.hints import Hints, read_hints
from mattekit.inference.mattes import Effort
from mattekit.inference.subject import subject_trimap

Warnings = Iterable[str]

log = logging.getLogger("mattekit.server")

Kind = Literal["cutout", "trimap", "foreground"]
Output = Literal["rgba", "alpha", "foreground", "trimap", "composite"]
FileFormat = Literal["png", "webp"]
MEDIA_TYPES: dict[str, str] = {"png": "image/png", "webp": "image/webp"}
DEFAULT_BAND = 10.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a request asks for beside its files."""

    output: Output = "rgba"
    format: FileFormat = "png"
    bits: Literal[8, 16] = 8
    model: str | None = None
    quality: Literal["fast", "full"] = "full"
    box: tuple[int, int, int, int] | None = None
    band: str | None = None
    inner: float = DEFAULT_BAND
    outer: float = DEFAULT_BAND
    background: str | None = None

    def __post_init__(self) -> None:
        if self.format == "webp" and self.bits == 16:
            raise BadArgument("WebP holds 8 bits; ask for format=png with bits=16, or for bits=8")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One request."""

    kind: Kind
    files: dict[str, bytes] = field(default_factory=dict)
    """Parts by name: photo, trimap, mask, scribbles, alpha, background."""
    options: Options = field(default_factory=Options)
    max_pixels: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The picture asked for, or the error that stands in its place."""

    body: bytes = b""
    media_type: str = ""
    warnings: tuple[str, ...] = ()
    error: MattekitError | None = None
    crashed: bool = False
    """The error is ours; its sentence says nothing about the inside."""


def perform(job: Job) -> Answer:
    """Do a job; a failure becomes its answer."""
    try:
        return WORK[job.kind](job)
    except MattekitError as error:
        return Answer(error=error)
    except Exception:
        log.exception("a job of the kind %s failed", job.kind)
        return Answer(
            error=MattekitError("the server failed on this picture; its log says more"),
            crashed=True,
        )


def _cutout(job: Job) -> Answer:
    options = job.options
    picture = _photo(job)
    effort = Effort(quality=options.quality)
    result = cut_picture(
        picture, _hints(job), model=options.model, band=options.band, effort=effort
    )
    if options.output == "alpha":
        return _answer(result.alpha, None, options, result.warnings)
    if options.output == "trimap":
        return _trimap_answer(result.trimap, options, result.warnings)
    if options.output == "composite":
        composite = result.on(_background(job, picture.size))
        return _answer(composite, None, options, result.warnings)
    alpha = result.alpha if options.output == "rgba" else None
    return _answer(result.foreground, alpha, options, result.warnings)


def _trimap(job: Job) -> Answer:
    """A band around a mask or an alpha; or of a photo with a hint what `cutout` would go by."""
    options = job.options
    if "photo" not in job.files:
        alpha = read_alpha(_part(job, "alpha"), max_pixels=job.max_pixels)
        return _trimap_answer(make_trimap(alpha, options.inner, options.outer), options, ())
    picture = _photo(job)
    trimap = subject_trimap(picture.colours, _hints(job), band_width=options.band)
    return _trimap_answer(trimap, options, picture.warnings)


def _foreground(job: Job) -> Answer:
    picture = _photo(job)
    alpha = read_alpha(_part(job, "alpha"), max_pixels=job.max_pixels)
    colours = to_float(estimate_foreground(picture.colours, alpha))
    return _answer(colours, None, job.options, picture.warnings)


WORK = {"cutout": _cutout, "trimap": _trimap, "foreground": _foreground}


def _part(job: Job, name: str) -> bytes:
    if name not in job.files:
        raise BadArgument(f"the request has no part {name!r}; send it as a file")
    return job.files[name]


def _photo(job: Job) -> Picture:
    picture = open_picture(_part(job, "photo"), max_pixels=job.max_pixels)
    return apply_existing_alpha(picture, "ignore")


def _hints(job: Job) -> Hints:
    return read_hints(
        trimap=job.files.get("trimap"),
        mask=job.files.get("mask"),
        box=job.options.box,
        scribbles=job.files.get("scribbles"),
        max_pixels=job.max_pixels,
    )


def _background(job: Job, size: Size) -> Image:
    """The picture or colour that a composite stands on."""
    if "background" in job.files:
        behind = open_picture(job.files["background"], max_pixels=job.max_pixels)
        return cover(behind.image(), size)
    try:
        colour = PIL.ImageColor.getrgb(job.options.background or "white")
    except ValueError as error:
        raise BadArgument(
            f"{job.options.background!r} is no colour; write a name or #rrggbb, or send a file"
        ) from error
    return np.broadcast_to(np.array(colour[:3], np.float32) / 255, (*size, 3))


def _answer(image: Image, alpha: Alpha | None, options: Options, warnings: Warnings) -> Answer:
    body = encode_image(image, alpha=alpha, format=options.format, bits=options.bits)
    return Answer(body=body, media_type=MEDIA_TYPES[options.format], warnings=tuple(warnings))


def _trimap_answer(trimap: Trimap, options: Options, warnings: Warnings) -> Answer:
    eight_bits = replace(options, bits=8)
    return _answer(to_float(to_pixels(trimap)), None, eight_bits, warnings)
