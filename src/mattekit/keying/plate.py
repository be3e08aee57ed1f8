"""A picture of the empty background, brought to where and how bright the photo shows it.

A camera that was touched moves by a few pixels, and its exposure drifts: both are found where photo
and plate agree, so that the subject has no say.
"""

import cv2
import numpy as np

from mattekit.core.errors import BadImage
from mattekit.core.types import Image, Mask, Plane, size_text
from mattekit.imaging.compose import to_linear, to_srgb
from mattekit.imaging.picture import Picture
from mattekit.imaging.resize import fit_within, resize

LONGEST = 1024  # side of the copies that are laid over each other
FARTHEST = 0.03  # of the longer side: how far the plate may have moved
REMARKED = 0.5  # pixels of movement that the user is told of
STEPS = (60, 1e-5)  # of the search
LIKE = 0.06  # difference of what is the same in both
LEAST_LIKE = 0.15  # share of the picture that must be
ROUNDS = 3
WINDOW = (5, 5)  # of the half size, in which colour follows brightness
NOISE = 1e-4  # variance of brightness that says nothing about colour
COMPLETE = 0.9
"""Share of the detail from which on the colours of a picture have it all."""


def fitted_to(light: Image, plate: Picture) -> tuple[Image, list[str]]:
    """The plate's linear light as the photo would show it, and remarks on what was done.

    Raises:
        BadImage: another size, or another background.
    """
    height, width = light.shape[:2]
    if plate.size != (height, width):
        raise BadImage(
            f"the plate is {size_text(plate.size)} and the photo {size_text(light.shape)}; take "
            "both with the same camera settings, or resize one"
        )
    behind = light_of(plate)
    behind = behind * _gains(light, behind)
    matrix, moved = _movement(light, behind)
    remarks = []
    if moved > REMARKED:
        behind = cv2.warpPerspective(
            behind, matrix, (width, height),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        ).clip(0)  # fmt: skip
        remarks.append(f"the plate was moved by up to {moved:.1f} pixels to fit the photo")
    gains = _gains(light, behind)
    behind = (behind * gains).astype(np.float32)
    if _alike(light, behind).mean() < LEAST_LIKE:
        raise BadImage(
            f"the plate shows another background: less than {LEAST_LIKE:.0%} of the photo agrees "
            "with it; give a picture of the same place from the same spot"
        )
    return behind, remarks


def light_of(picture: Picture) -> Image:
    """Linear light, with the detail of colour that the file may have left out."""
    return to_linear(sharpened(picture.image())) if picture.linear is None else picture.linear


def sharpened(image: Image) -> Image:
    """The picture with the detail of colour that its brightness tells and it does not have yet.

    JPEG and video keep brightness for every pixel, colour for every second one (4:2:0): a hair
    before a screen is sharp in brightness, and its colour a smear. Around every pixel colour
    follows brightness along a line; that line gives the detail back.
    """
    parts: Plane = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    bright, colours = np.ascontiguousarray(parts[..., 0]), parts[..., 1:]
    height, width = bright.shape
    half = (-(-width // 2), -(-height // 2))
    small, coarse = (
        cv2.resize(plane, half, interpolation=cv2.INTER_AREA) for plane in (bright, colours)
    )

    def whole(plane: Plane) -> Plane:
        return cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)

    detail = whole(_slopes(small, coarse)) * (bright - whole(small))[..., None]
    own = colours - whole(coarse)
    known = float((detail * own).sum()) / max(float(np.square(detail).sum()), 1e-9)
    if known > COMPLETE:
        return image
    parts[..., 1:] += (1 - max(known, 0.0)) * detail
    finer: Image = cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB).clip(0, 1)
    return finer


def _slopes(bright: Plane, colours: Plane) -> Plane:
    """By how much both colours change with the brightness around every pixel; h w 2."""
    mean, means = cv2.blur(bright, WINDOW), cv2.blur(colours, WINDOW)
    variance = cv2.blur(bright * bright, WINDOW) - mean * mean + NOISE
    together = cv2.blur(colours * bright[..., None], WINDOW) - means * mean[..., None]
    slopes: Plane = together / variance[..., None]
    return slopes


def _alike(light: Image, behind: Image) -> Mask:
    apart = np.abs(to_srgb(light.clip(0)) - to_srgb(behind.clip(0))).max(axis=2)
    alike: Mask = cv2.blur(apart, (5, 5)) < LIKE
    return alike


def _gains(light: Image, behind: Image) -> Plane:
    """How much brighter the photo is in each channel, where it shows the plate."""
    size = fit_within(light.shape[:2], LONGEST // 4)
    bright = resize(behind, size), resize(light, size)
    usable = (np.minimum(*bright) > 0.005).all(axis=2)
    if not usable.any():
        return np.ones(3, np.float32)
    ratio = np.log(bright[1][usable] / bright[0][usable])
    level = ratio.mean(axis=1)
    counts, edges = np.histogram(level, 60, (-1.5, 1.5))
    middle = edges[:-1][np.convolve(counts, np.ones(3), "same").argmax()] + 0.025
    for reach in (0.3, 0.15, 0.1):
        near = np.abs(level - middle) < reach
        if near.any():
            middle = float(np.median(level[near]))
    near = np.abs(ratio - middle).max(axis=1) < 0.3
    gains: Plane = np.exp(np.median(ratio[near], axis=0)) if near.any() else np.ones(3)
    return gains.astype(np.float32)


def _movement(light: Image, behind: Image) -> tuple[Plane, float]:
    """The homography from the photo's places to the plate's, and how far it moves a corner."""
    height, width = light.shape[:2]
    size = fit_within((height, width), LONGEST)
    photo, plate = (
        cv2.cvtColor(to_srgb(resize(plane, size).clip(0, 1)), cv2.COLOR_RGB2GRAY)
        for plane in (light, behind)
    )
    shift, _ = cv2.phaseCorrelate(photo.astype(np.float64), plate.astype(np.float64))
    found = np.eye(3, dtype=np.float32)
    if max(map(abs, shift)) < FARTHEST * max(size):
        found[:2, 2] = shift
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, *STEPS)
    for _ in range(ROUNDS):
        moved = cv2.warpPerspective(plate, found, size[::-1], flags=cv2.WARP_INVERSE_MAP)
        agree = (np.abs(cv2.blur(moved - photo, (5, 5))) < LIKE).astype(np.uint8)
        if agree.mean() < LEAST_LIKE:
            break
        try:
            _, better = cv2.findTransformECC(
                photo, plate, found, cv2.MOTION_HOMOGRAPHY, criteria, agree, 3
            )
            found = np.asarray(better, np.float32)
        except cv2.error:  # nothing in the background to hold on to
            break
    scale = np.diag([width / size[1], height / size[0], 1]).astype(np.float32)
    matrix = scale @ found @ np.linalg.inv(scale)
    corners = np.array([[[0, 0], [width, 0], [0, height], [width, height]]], np.float32)
    far = np.linalg.norm(cv2.perspectiveTransform(corners, matrix) - corners, axis=2).max()
    if not far < FARTHEST * max(height, width):
        return np.eye(3, dtype=np.float32), 0.0
    return matrix.astype(np.float32), float(far)
