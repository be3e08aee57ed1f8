"""Finding the subject with a segmenter: its choice, acceptance of its mask, and confidence.

Without a hint the segmenter's confidence decides between accepting, warning and refusing. With a
box or points the user said what the subject is, so GrabCut is tried if the network fails.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.errors import BadArgument, NoSubject
from mattekit.core.prompt import Prompt
from mattekit.core.types import Alpha, Plane, Trimap
from mattekit.imaging.compose import over
from mattekit.imaging.resize import fit_within, resize
from mattekit.imaging.trimap import diagonal
from mattekit.models.registry import (
    Terms,
    check_commercial,
    describe_file,
    ranked,
    registered,
    registry,
)
from mattekit.subject.bands import grown, soft_bands
from mattekit.subject.confidence import overlap
from mattekit.subject.finder import OWN, finder
from mattekit.subject.segment import Point, Rectangle, from_box, from_points, within
from mattekit.subject.segmenters import PromptedPair, Segmentation, Segmenter, SingleFile

TAKEN = 0.75
"""A subject found without a hint is accepted without a warning from this confidence on."""
REFUSED = 0.35
"""Below it, the photo is refused."""
WEIGHT_OF_STRONGER = 0.6
"""Of an installed segmenter's mask in the mean with that of the shipped one."""
CONTRADICTS = 0.5
"""Masks that are further apart do not mean the same."""
ANOTHER = 0.5
"""Masks that overlap less show different subjects."""
SURE_OF_ANOTHER = 0.9
"""From this confidence on the shipped segmenter was never wrong (docs/subject.md)."""
STRONGER = "u2netp"
"""Offered if the shipped segmenter is unsure: small, and Apache-2.0."""

LONGEST = 320
EDGE = 0.02  # of the subject's diagonal: band of undecided pixels along a normal edge
UNDECIDED = (0.2, 0.8)
LEAST_OF_BOX = 0.05  # least share of a box that a subject fills
LEAST_SURE_IN_BOX = 0.3


@dataclass(frozen=True, kw_only=True)
class FoundSubject:
    """The trimap found from a hint, and warnings about it."""

    trimap: Trimap
    mask: Alpha | None = None
    """The segmentation that the trimap was made from, where there was one."""
    settles: bool = False
    """The mask decides where the matting is unsure."""
    confidence: float | None = None
    """From 0 to 1, for a subject found by a segmenter."""
    segmenter: str | None = None
    terms: Terms | None = None
    """Of the segmenter."""
    warnings: tuple[str, ...] = ()


def find_alone(image: Plane, name: str | None, *, commercial_only: bool = False) -> FoundSubject:
    """The subject without a hint.

    Args:
        name: of the segmenter; default: the best installed one.

    Raises:
        NoSubject: the segmenter's confidence is too low.
    """
    found, agreement = segmented(image, Prompt(), name, commercial_only=commercial_only)
    sure = certainty(found)
    if sure < REFUSED or not (found.mask > 0.5).any():
        raise NoSubject(
            f"cannot tell the subject ({found.segmenter} is {sure:.0%} sure); draw a box: "
            f"--box x,y,w,h, paint: --paint{_stronger(found.segmenter)}"
        )
    sure *= agreement
    warnings: tuple[str, ...] = ()
    if sure < TAKEN:
        warnings = (
            f"{found.segmenter} is only {sure:.0%} sure of the subject; look at the result",
        )
    return _of(image, found, sure, warnings)


def find_in_box(
    image: Plane, box: Rectangle, name: str | None, *, commercial_only: bool = False
) -> FoundSubject:
    """The subject in a box."""
    within(box, (image.shape[0], image.shape[1]))  # which refuses one outside of the photo
    found, agreement = segmented(image, Prompt(box=box), name, commercial_only=commercial_only)
    sure = certainty(found)
    filled = np.count_nonzero(found.mask > 0.5) / max(1, box[2] * box[3])
    if filled < LEAST_OF_BOX or sure < LEAST_SURE_IN_BOX:
        return _by_colours(from_box(image, box), found.segmenter)
    return _of(image, found, sure * agreement)


def find_at_points(
    image: Plane, points: Sequence[Point], name: str | None, *, commercial_only: bool = False
) -> FoundSubject:
    """The subject at some points, without what is at points of the background."""
    height, width = image.shape[:2]
    for x, y, *_ in points:
        if not (0 <= x < width and 0 <= y < height):
            raise BadArgument(
                f"the point {x},{y} is outside of the photo, which is {width}x{height}"
            )
    on, off = (
        tuple((float(x), float(y)) for x, y, *kind in points if (kind == [0]) is background)
        for background in (False, True)
    )
    if not on:
        raise BadArgument("no point is on the subject; write x,y of one pixel of it")
    prompt = Prompt(on=on, off=off)
    found, agreement = segmented(image, prompt, name, commercial_only=commercial_only)
    inside = found.mask > 0.5
    obeyed = all(inside[int(y), int(x)] for x, y in on) and not any(
        inside[int(y), int(x)] for x, y in off
    )
    if not obeyed:
        return _by_colours(from_points(image, on, off), found.segmenter)
    return _of(image, found, certainty(found) * agreement)


def segmented(
    image: Plane, prompt: Prompt, name: str | None, *, commercial_only: bool
) -> tuple[Segmentation, float]:
    """What a segmenter finds, and how far another agrees with it, from 0.5 to 1.

    The shipped segmenter is the second opinion of every other one. A network may be sure of half a
    subject; two rarely agree on the same half. So disagreement lowers the confidence, as far as the
    other is sure itself. Where no segmenter was named, the mask is the weighted mean of both, and
    that of the shipped one if it is sure that the subject is another one; what points are on is
    left to the segmenter that understands them best.
    """
    segmenter = choose(name, prompt.kind, commercial_only=commercial_only)
    found = segmenter.segment(image, prompt)
    if segmenter.name == OWN:
        return found, 1.0
    second = finder().segment(image, prompt)
    same = overlap(found.mask > 0.5, second.mask > 0.5)
    both = name is None and prompt.kind != "points"
    if both and same < ANOTHER and certainty(second) > SURE_OF_ANOTHER:
        return second, 1 - certainty(found) * (1 - same) / 2
    agreement = 1 - certainty(second) * (1 - same) / 2
    if both:
        found = replace(found, mask=joined(found.mask, second.mask), sure=certainty(found))
    return found, agreement


def joined(mask: Alpha, second: Alpha) -> Alpha:
    """The weighted mean of two masks; where they contradict each other, all or nothing of it.

    So the second decides where the first is undecided, and nothing becomes half transparent.
    """
    mean = over(mask, np.float32(WEIGHT_OF_STRONGER), second)
    decided: Alpha = np.where(np.abs(mask - second) > CONTRADICTS, mean > 0.5, mean)
    return decided


def choose(name: str | None, kind: str, *, commercial_only: bool = False) -> Segmenter:
    """The named segmenter, or the best installed one that understands this kind of prompt."""
    if name is not None:
        segmenter = open_segmenter(name, commercial_only=commercial_only)
        if kind not in segmenter.understands:
            takes = " or ".join(sorted(segmenter.understands - {"nothing"})) or "no hint"
            raise BadArgument(
                f"{name} does not take {'points' if kind == 'points' else 'a ' + kind}; it takes "
                f"{takes}"
            )
        return segmenter
    for candidate in candidates(kind):
        if _allowed(candidate, commercial_only=commercial_only):
            return open_segmenter(candidate, commercial_only=commercial_only)
    return open_segmenter(OWN)


def candidates(kind: str) -> list[str]:
    """Installed segmenters for a kind of prompt, the best first."""
    installed = installed_segmenters()
    prompted = [name for name in installed if registered(name).kind == "prompted"]
    alone = [name for name in ranked() if name in installed]
    return {"nothing": alone, "box": [*prompted, *alone], "points": prompted}[kind]


def open_segmenter(name: str, *, commercial_only: bool = False) -> Segmenter:
    """A segmenter by its registered name or its ONNX file; `small` is the shipped one."""
    if name == OWN:
        return finder()
    path = Path(name)
    if path.suffix == ".onnx":
        if not path.is_file():
            raise BadArgument(f"there is no file {path}; give the ONNX file of a segmenter")
        arrangement, output, terms = describe_file(path)
        check_commercial(name, terms, commercial_only=commercial_only)
        return SingleFile(path.stem, path, arrangement, output, terms)
    entry = registered(name)
    if entry.kind == "trimap":
        raise BadArgument(f"{name} refines a trimap; use it as --model, not as --segmenter")
    check_commercial(name, entry.licence, commercial_only=commercial_only)
    if not entry.installed:
        raise BadArgument(f"{name} is not installed; run: mattekit models get {name}")
    if entry.kind == "prompted":
        return PromptedPair(name, entry.paths, entry.input, entry.output, entry.licence)
    return SingleFile(name, entry.paths[0], entry.input, entry.output, entry.licence)


def installed_segmenters() -> list[str]:
    """Names of installed registered segmenters, in the order of the registry."""
    return [entry.id for entry in registry().values() if entry.kind != "trimap" and entry.installed]


def certainty(found: Segmentation) -> float:
    """The segmenter's confidence: its own, or from the undecided share of its mask."""
    if found.sure is not None:
        return found.sure
    size = fit_within(found.mask.shape, LONGEST)
    small = resize(found.mask, size)
    inside = small > 0.5
    if not inside.any():
        return 0.0
    outline = cv2.morphologyEx(inside.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3)))
    edge = grown(outline > 0, max(1, round(EDGE * diagonal(inside))))
    undecided = (small > UNDECIDED[0]) & (small < UNDECIDED[1]) & ~edge
    return max(0.0, 1 - float(np.count_nonzero(undecided) / np.count_nonzero(inside)))


def _of(
    image: Plane, found: Segmentation, sure: float, warnings: tuple[str, ...] = ()
) -> FoundSubject:
    return FoundSubject(
        trimap=soft_bands(image, found.mask, found=True),
        mask=found.mask,
        settles=True,
        confidence=sure,
        segmenter=found.segmenter,
        terms=found.terms,
        warnings=warnings,
    )


def _by_colours(trimap: Trimap, name: str) -> FoundSubject:
    return FoundSubject(
        trimap=trimap,
        warnings=(f"{name} found nothing there; the subject was found by its colours",),
    )


def _allowed(name: str, *, commercial_only: bool) -> bool:
    try:
        check_commercial(name, registered(name).licence, commercial_only=commercial_only)
    except BadArgument:
        return False
    return True


def _stronger(used: str) -> str:
    offered = used == OWN and STRONGER not in installed_segmenters()
    return f", or get a stronger segmenter: mattekit models get {STRONGER}" if offered else ""
