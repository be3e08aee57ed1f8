"""What a worker process does: from the bytes of a request to the bytes of its answer.

Nothing here knows HTTP. A job is plain data, so that it crosses into the worker; pictures are
decoded there, never in the process that listens.
"""

import logging
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mattekit.classical.foreground import estimate_foreground
from mattekit.core.errors import BadArgument, MattekitError, TooLarge
from mattekit.core.types import Image, Plane
from mattekit.cutouts.cutout import Cutout, Progress, cut_picture, seen_colours
from mattekit.cutouts.finishing import check_result, finish
from mattekit.cutouts.repair import cutout_of_alpha, read_strokes, repaired_cutout
from mattekit.cutouts.save import Backdrop, sentences_of, with_description
from mattekit.imaging.compose import named_colour
from mattekit.imaging.files import encode_image, open_picture, read_alpha
from mattekit.imaging.picture import Picture, apply_existing_alpha, to_float
from mattekit.imaging.trimap import make_trimap, to_pixels
from mattekit.inference.matting import Matting, build_matting
from mattekit.server.cost import InTime
from mattekit.server.forms import (
    FILE_HINTS,
    NAMES,
    CutoutForm,
    ForegroundForm,
    Form,
    Kind,
    Output,
    PhotoForm,
    TrimapForm,
)
from mattekit.server.limits import Crashed
from mattekit.subject.hints import HintConfig, hint_of

log = logging.getLogger("mattekit.server")

CLEAN: set[Output] = {"rgba", "foreground", "composite"}
"""Outputs that are made of the subject's own colours."""
OUT_OF_MEMORY = re.compile("insufficient memory|bad_?alloc|failed to allocate", re.IGNORECASE)
"""As OpenCV and ONNX Runtime say it."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One request."""

    kind: Kind
    form: Form
    files: dict[str, bytes] = field(default_factory=dict)
    """By the names of `forms.FILES`."""
    hints: dict[str, Any] = field(default_factory=dict)
    """Those that are written, such as a box."""
    max_pixels: int
    seconds: float = math.inf
    """That the work may take."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The picture asked for, or the error that stands in its place."""

    body: bytes = b""
    media_type: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    """What there is to say of it: model, confidence, warnings and the like."""
    error: MattekitError | None = None


class JobStopped(Exception):
    """Nobody waits for the answer any more; it is raised wherever the job is."""


STOPPED = Answer(error=MattekitError("the work was stopped before the answer was there"))


def no_progress(stage: str, share: float) -> None:
    """A progress that nobody follows."""


def perform(job: Job, progress: Progress = no_progress) -> Answer:
    """Do a job; a failure becomes its answer."""
    try:
        return WORK[job.kind](job, job.form, progress)
    except MattekitError as error:
        error.args = tuple(in_fields(str(argument)) for argument in error.args)
        return Answer(error=error)
    except JobStopped:
        return STOPPED
    except Exception as error:
        if isinstance(error, MemoryError) or OUT_OF_MEMORY.search(str(error)):
            return Answer(error=TooLarge("the picture needs more memory than a worker may take"))
        log.exception("a job of the kind %s failed", job.kind)
        return Answer(error=Crashed("the server failed on this picture; its log says more"))


OTHERWISE = {"paint": "scribbles", "longest": "size"}
"""Option of the command line -> the field that does the same, where it has another name."""


def in_fields(sentence: str) -> str:
    """A sentence that names options of the command line, with the names of the form's fields.

    >>> in_fields("draw a box: --box x,y,w,h, or give --not-point; --max-pixels raises the limit")
    'draw a box: box x,y,w,h, or give not_point; --max-pixels raises the limit'
    >>> in_fields("paint: --paint")
    'paint: scribbles'
    """

    def renamed(option: re.Match[str]) -> str:
        name = OTHERWISE.get(option[1], option[1].replace("-", "_"))
        return name if name in NAMES else option[0]

    return re.sub(r"--([a-z][a-z-]*)", renamed, sentence)


def cut_out(job: Job, form: CutoutForm, progress: Progress) -> Answer:
    """The cut-out of a photo, or the correction of one by strokes."""
    deadline = time.monotonic() + job.seconds
    background = job.files.get("background") or form.background
    output = form.output or ("rgba" if background is None else "composite")
    form = replace(form, output=output)  # refuses what the format cannot hold
    backdrop = _backdrop(job, form, background or "white") if output == "composite" else None
    fast = form.quality == "fast"
    method = build_matting(form.model, quality="fast") if fast else InTime(form.model, deadline)
    picture = _photo(job)
    check_result(form.finishing, picture.size, max_pixels=job.max_pixels)
    if {"repair", "alpha"} & job.files.keys():
        result = _repaired(job, form, picture, method, progress)
    else:
        result = cut_picture(
            picture, _hint(job, form), method, clean=output in CLEAN,
            max_pixels=job.max_pixels, progress=progress,
        )  # fmt: skip
    if form.finishing.changes:
        photo = seen_colours(picture)
        result = finish(result, photo, form.finishing, max_pixels=job.max_pixels)
    terms = sentences_of(result) if output == "rgba" else []
    about = {
        "model": result.model,
        "confidence": result.confidence,
        "subject_confidence": result.subject_confidence,
        "segmenter": result.segmenter,
        "terms": None if result.terms is None else result.terms.sentence,
        "warnings": result.warnings,
    }
    return picture_of(
        _shown(result, output, backdrop),
        form.format,
        about,
        alpha=result.alpha if output == "rgba" else None,
        bits=8 if output == "trimap" else form.bits,
        exif=with_description(b"", terms) if terms else b"",
    )


def picture_of(shown: Plane, format: str, about: dict[str, Any], **options: Any) -> Answer:
    """A picture as an answer; options are those of `encode_image`."""
    body = encode_image(shown, format=format, **options)
    return Answer(body=body, media_type=f"image/{format}", about=about)


def _repaired(
    job: Job, form: CutoutForm, picture: Picture, method: Matting, progress: Progress
) -> Cutout:
    """Of an alpha that is known, with the strokes that correct it, if there are any."""
    given = job.hints.keys() | (job.files.keys() & FILE_HINTS.keys())
    if given:
        raise BadArgument(f"repair corrects an alpha, and {min(given)} is a hint; send one of them")
    alpha = read_alpha(_part(job, "alpha"), max_pixels=job.max_pixels)
    clean = form.output in CLEAN
    if "repair" not in job.files:
        progress("colours", 0.0)
        return cutout_of_alpha(picture, alpha, clean=clean)
    strokes = read_strokes(_part(job, "repair"), max_pixels=job.max_pixels)
    return repaired_cutout(picture, alpha, strokes, method, clean=clean, progress=progress)


def _shown(result: Cutout, output: Output, backdrop: Backdrop | None) -> Plane:
    match output:
        case "rgba" | "foreground":
            return result.foreground
        case "alpha":
            return result.alpha
        case "matte":
            nothing = np.zeros_like(result.alpha)
            error = nothing if result.expected_error is None else result.expected_error
            return np.dstack([result.alpha, error, nothing])
        case "trimap":
            return to_pixels(result.trimap)
        case "composite":
            assert backdrop is not None
            return result.on(backdrop.at(result.trimap.shape))


def find_trimap(job: Job, form: TrimapForm, progress: Progress) -> Answer:
    """A band around a mask or an alpha; or of a photo with a hint what `cutout` would go by."""
    about: dict[str, Any] = {}
    if "photo" in job.files:
        picture = _photo(job)
        progress("subject", 0.0)
        subject = _hint(job, form).find(picture.colours, max_pixels=job.max_pixels)
        trimap = subject.trimap
        about = {
            "subject_confidence": subject.confidence,
            "segmenter": subject.segmenter,
            "warnings": [*picture.warnings, *subject.warnings],
        }
    else:
        alpha = read_alpha(_part(job, "alpha"), max_pixels=job.max_pixels)
        trimap = make_trimap(alpha, form.inner, form.outer)
    return picture_of(to_pixels(trimap), form.format, about)


def find_foreground(job: Job, form: ForegroundForm, progress: Progress) -> Answer:
    """The subject's own colours for an alpha."""
    picture = _photo(job)
    alpha = read_alpha(_part(job, "alpha"), max_pixels=job.max_pixels)
    progress("colours", 0.0)
    colours = to_float(estimate_foreground(picture.colours, alpha))
    return picture_of(colours, form.format, {"warnings": [*picture.warnings]}, bits=form.bits)


def look_at_photo(job: Job, form: PhotoForm, progress: Progress) -> Answer:
    """The size of a photo that can be read."""
    height, width = _photo(job).size
    return Answer(about={"width": width, "height": height})


def show_photo(job: Job, form: PhotoForm, progress: Progress) -> Answer:
    """A photo upright and in sRGB, which every browser can show."""
    return picture_of(_photo(job).colours, "png", {}, bits=8)


WORK: dict[Kind, Callable[[Job, Any, Progress], Answer]] = {
    "cutout": cut_out,
    "trimap": find_trimap,
    "foreground": find_foreground,
    "photo": look_at_photo,
    "preview": show_photo,
}


def _part(job: Job, name: str) -> bytes:
    if name not in job.files:
        raise BadArgument(f"the request has no part {name!r}; send it as a file")
    return job.files[name]


def _photo(job: Job) -> Picture:
    picture = open_picture(_part(job, "photo"), max_pixels=job.max_pixels)
    return apply_existing_alpha(picture, "ignore")


def _hint(job: Job, form: CutoutForm | TrimapForm) -> HintConfig:
    files: dict[str, Any] = {name: job.files.get(name) for name in FILE_HINTS}
    return hint_of(
        **files,
        **job.hints,
        band=form.band,
        segmenter=form.segmenter,
        commercial_only=form.commercial_only,
    )


def _backdrop(job: Job, form: CutoutForm, given: bytes | str) -> Backdrop:
    """The picture or colour that a composite stands on; refused before any work."""
    if isinstance(given, str):
        colours: Image = named_colour(given)
    else:
        colours = open_picture(given, max_pixels=job.max_pixels).image()
    return Backdrop(name="background", colours=colours, fit=form.fit)
