"""What a worker process does: from the bytes of a request to the bytes of its answer.

Nothing here knows HTTP. A job is plain data, so that it crosses into the worker; pictures are
decoded there, never in the process that listens.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from mattekit.classical.foreground import estimate_foreground
from mattekit.core.errors import BadArgument, MattekitError, TooLarge
from mattekit.core.types import Alpha, Image, Trimap
from mattekit.cutouts.cutout import Cutout, cut_picture
from mattekit.imaging.compose import named_colour
from mattekit.imaging.files import encode_image, open_picture, read_alpha
from mattekit.imaging.picture import Picture, apply_existing_alpha, to_float
from mattekit.imaging.resize import cover
from mattekit.imaging.trimap import make_trimap, to_pixels
from mattekit.inference.matting import build_matting
from mattekit.subject.hints import HintConfig, hint_of

Warnings = Iterable[str]

log = logging.getLogger("mattekit.server")

Kind = Literal["cutout", "trimap", "foreground"]
Output = Literal["rgba", "alpha", "matte", "foreground", "trimap", "composite"]
CLEAN = {"rgba", "foreground", "composite"}
"""Outputs that are made of the subject's own colours."""
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
    model: str | None = None
    confidence: float | None = None
    error: MattekitError | None = None
    crashed: bool = False
    """The error is ours; its sentence says nothing about the inside."""


class JobStopped(Exception):
    """Nobody waits for the answer any more."""


Check = Callable[[], None]
"""Called between two steps of a job; raises `JobStopped` where it is not wanted any more."""


def perform(job: Job, check: Check = lambda: None) -> Answer:
    """Do a job; a failure becomes its answer."""
    try:
        return WORK[job.kind](job, check)
    except MattekitError as error:
        return Answer(error=error)
    except JobStopped:
        return Answer(error=MattekitError("the client left before the answer was there"))
    except MemoryError:
        return Answer(error=TooLarge("the picture needs more memory than a worker may take"))
    except Exception:
        log.exception("a job of the kind %s failed", job.kind)
        return Answer(
            error=MattekitError("the server failed on this picture; its log says more"),
            crashed=True,
        )


def _cutout(job: Job, check: Check) -> Answer:
    options = job.options
    background = _backdrop(job) if options.output == "composite" else None
    picture = _photo(job)
    result = cut_picture(
        picture,
        _hint(job),
        build_matting(options.model, quality=options.quality),
        clean=options.output in CLEAN,
        max_pixels=job.max_pixels,
        progress=lambda stage, share: check(),
    )
    answer = _part_of(result, job, background)
    return replace(answer, model=result.model, confidence=result.confidence)


def _part_of(result: Cutout, job: Job, background: Image | None) -> Answer:
    options, warnings = job.options, result.warnings
    match options.output:
        case "rgba":
            return _answer(result.foreground, result.alpha, options, warnings)
        case "alpha":
            return _answer(result.alpha, None, options, warnings)
        case "matte":
            return _answer(_matte(result), None, options, warnings)
        case "foreground":
            return _answer(result.foreground, None, options, warnings)
        case "trimap":
            return _trimap_answer(result.trimap, options, warnings)
        case "composite":
            assert background is not None
            behind = cover(background, result.trimap.shape) if background.ndim == 3 else background
            return _answer(result.on(behind), None, options, warnings)


def _matte(result: Cutout) -> Image:
    """Alpha in red and the error expected of it in green, 0 where the model expects none."""
    nothing = np.zeros_like(result.alpha)
    expected_error = nothing if result.expected_error is None else result.expected_error
    return np.dstack([result.alpha, expected_error, nothing])


def _trimap(job: Job, check: Check) -> Answer:
    """A band around a mask or an alpha; or of a photo with a hint what `cutout` would go by."""
    options = job.options
    if "photo" not in job.files:
        alpha = read_alpha(_part(job, "alpha"), max_pixels=job.max_pixels)
        return _trimap_answer(make_trimap(alpha, options.inner, options.outer), options, ())
    picture = _photo(job)
    subject = _hint(job).find(picture.colours, max_pixels=job.max_pixels)
    return _trimap_answer(subject.trimap, options, (*picture.warnings, *subject.warnings))


def _foreground(job: Job, check: Check) -> Answer:
    picture = _photo(job)
    alpha = read_alpha(_part(job, "alpha"), max_pixels=job.max_pixels)
    check()
    colours = to_float(estimate_foreground(picture.colours, alpha))
    return _answer(colours, None, job.options, picture.warnings)


def limit_memory(size: int) -> None:
    """Let this process have so many bytes of address space, where the system can say so."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def warm_up() -> None:
    """Make a small cut-out, so that the model is loaded and used before the first request."""
    ramp = np.linspace(0, 1, 64, dtype=np.float32)
    steps = np.repeat(np.array([0, 0.5, 1], np.float32), [22, 20, 22])
    photo = np.broadcast_to(ramp[None, :, None], (64, 64, 3))
    files = {"photo": photo, "trimap": np.broadcast_to(steps, (64, 64))}
    pngs = {name: encode_image(plane, format="png") for name, plane in files.items()}
    answer = perform(Job(kind="cutout", files=pngs, max_pixels=photo.size))
    if answer.error is not None:
        log.warning("the first cut-out of a worker failed: %s", answer.error)


WORK = {"cutout": _cutout, "trimap": _trimap, "foreground": _foreground}


def _part(job: Job, name: str) -> bytes:
    if name not in job.files:
        raise BadArgument(f"the request has no part {name!r}; send it as a file")
    return job.files[name]


def _photo(job: Job) -> Picture:
    picture = open_picture(_part(job, "photo"), max_pixels=job.max_pixels)
    return apply_existing_alpha(picture, "ignore")


def _hint(job: Job) -> HintConfig:
    return hint_of(
        trimap=job.files.get("trimap"),
        mask=job.files.get("mask"),
        box=job.options.box,
        scribbles=job.files.get("scribbles"),
        band=job.options.band,
    )


def _backdrop(job: Job) -> Image:
    """The picture or colour that a composite stands on; refused before any work."""
    if "background" in job.files:
        return open_picture(job.files["background"], max_pixels=job.max_pixels).image()
    return named_colour(job.options.background or "white")


def _answer(image: Image, alpha: Alpha | None, options: Options, warnings: Warnings) -> Answer:
    body = encode_image(image, alpha=alpha, format=options.format, bits=options.bits)
    return Answer(body=body, media_type=MEDIA_TYPES[options.format], warnings=tuple(warnings))


def _trimap_answer(trimap: Trimap, options: Options, warnings: Warnings) -> Answer:
    eight_bits = replace(options, bits=8)
    return _answer(to_float(to_pixels(trimap)), None, eight_bits, warnings)
