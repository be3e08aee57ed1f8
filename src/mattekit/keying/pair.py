"""The exact alpha and colours of a subject that was pictured on two known colours.

C1 = a F + (1 - a) B1 and C2 = a F + (1 - a) B2, so C1 - C2 = (1 - a)(B1 - B2): alpha follows from
the two pictures and F from either (Smith and Blinn 1996). Programs mix coded values, cameras light:
the three channels agree on alpha in the one that was used.
"""

from typing import Literal

import cv2
import numpy as np

from mattekit.core.errors import BadImage
from mattekit.core.matte import Matte
from mattekit.core.types import Alpha, Image, Plane, size_text
from mattekit.cutouts.cutout import Cutout
from mattekit.imaging.compose import over, to_linear, to_srgb
from mattekit.imaging.picture import Picture, to_depth
from mattekit.imaging.trimap import labelled
from mattekit.keying.screen import border

Light = Literal["auto", "coded", "linear"]
FRAME = 0.02  # of the shorter side: where the background is looked for
LEAST_APART = 0.2  # of two backgrounds, in coded values
EVEN = 0.06  # deviation of a border that is a background
FARTHEST = 0.02  # of the longer side, and 8 pixels in any case: how far one may be moved
REMARKED = 0.3
NEARLY_WHOLE = 0.25  # pixels by which a movement may miss a whole one, which programs make
MOST_WRONG = 0.02
"""Share of pixels that may contradict each other by more than `WRONG`."""
WRONG = 0.1
SURE = 0.3  # of a movement that phase correlation finds


def pair_pictures(
    first: Picture,
    second: Picture,
    *,
    colours: tuple[Plane, Plane] | None = None,
    light: Light = "auto",
) -> Cutout:
    """The subject of two pictures that differ in the background alone.

    Args:
        colours: of the two backgrounds, sRGB-coded; by default those of the borders.
        light: in which colours were mixed.

    Raises:
        BadImage: they do not show one subject on two colours.
    """
    if first.size != second.size:
        raise BadImage(
            f"the pictures are {size_text(first.size)} and {size_text(second.size)}; a pair has "
            "one size"
        )
    images = [first.image(), second.image()]
    behind = list(colours or (_border(images[0]), _border(images[1])))
    if np.abs(behind[0] - behind[1]).max() < LEAST_APART:
        raise BadImage(
            f"both pictures have nearly one background, {_hex(behind[0])} and {_hex(behind[1])}; "
            "give one on white and one on black, or name the colours with --colours"
        )
    images[1], remarks = _aligned(images[0], images[1], behind)
    lights = ("coded", "linear") if light == "auto" else (light,)
    tried = [_solved(images, behind, name) for name in lights]
    alpha, own, wrong = min(tried, key=lambda found: found[2])
    if wrong > MOST_WRONG:
        raise BadImage(
            f"the pictures contradict each other in {wrong:.0%} of their pixels; expected the same "
            f"subject, unmoved, on {_hex(behind[0])} and {_hex(behind[1])}"
        )
    if first.bits < 32 and first.linear is None:
        own = to_depth(own, first.bits)
    return Cutout(
        matte=Matte(alpha=alpha, warnings=[*first.warnings, *second.warnings, *remarks]),
        colours=own,
        trimap=labelled(alpha >= 1 - 1 / 255, alpha <= 1 / 255),
        model="pair",
    )


def _solved(images: list[Image], behind: list[Plane], light: str) -> tuple[Alpha, Image, float]:
    """Alpha, colours, and the share of pixels that do not fit them."""
    if light == "linear":
        images, behind = [to_linear(i) for i in images], [to_linear(b) for b in behind]
    d = behind[0] - behind[1]
    alpha = (1 - (images[0] - images[1]) @ d / (d @ d)).clip(0, 1).astype(np.float32)
    alpha[alpha < 1 / 510] = 0
    alpha[alpha > 1 - 1 / 510] = 1
    share = alpha[..., None]
    own = sum(image - (1 - share) * b for image, b in zip(images, behind, strict=True)) / 2
    own = np.divide(own, share, out=np.zeros_like(own), where=share > 0).clip(0, 1)
    misses = [
        np.abs(over(own, share, b) - image).max(axis=2)
        for image, b in zip(images, behind, strict=True)
    ]
    miss = np.maximum(*misses)
    wrong = float((miss > WRONG).mean() + 1e-3 * miss.mean())
    return alpha, (to_srgb(own) if light == "linear" else own).astype(np.float32), wrong


def _border(image: Image) -> Plane:
    """The colour of the border."""
    pixels = image[border(image.shape[:2], FRAME)]
    colour: Plane = np.median(pixels, axis=0)
    spread = np.median(np.abs(pixels - colour).max(axis=1))
    if spread > EVEN:
        raise BadImage(
            "the border of a picture is not of one colour, so its background is not known; name "
            "both with --colours, such as --colours white,black"
        )
    return colour


def _aligned(first: Image, second: Image, behind: list[Plane]) -> tuple[Image, list[str]]:
    """The second picture where the first one is, and a remark where it was not."""
    height, width = first.shape[:2]
    window = cv2.createHanningWindow((width, height), cv2.CV_64F)
    here, there = _edges(first, behind[0]), _edges(second, behind[1])
    (x, y), sure = cv2.phaseCorrelate(here, there, window)
    x, y = (round(z) if abs(z - round(z)) < NEARLY_WHOLE else z for z in (x, y))
    far = float(np.hypot(x, y))
    if far < REMARKED or sure < SURE:
        return second, []
    if far > max(8, FARTHEST * max(height, width)):
        raise BadImage(
            f"the second picture is moved by {x:.1f} pixels across and {y:.1f} down; align the two"
        )
    matrix = np.array([[1, 0, -x], [0, 1, -y]], np.float64)
    moved: Plane = cv2.warpAffine(
        second, matrix, (width, height),
        flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=behind[1].tolist(),
    )  # fmt: skip
    remark = (
        f"the second picture was moved by {-x:.1f} pixels across and {-y:.1f} down to fit the "
        "first; colours are as sharp as that allows"
    )
    return moved.clip(0, 1).astype(np.float32), [remark]


def _edges(image: Image, behind: Plane) -> Plane:
    """Where the picture differs from its background, which is alike on both."""
    grey = np.abs(image - behind).max(axis=2)
    edges: Plane = cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.5).astype(np.float64), cv2.CV_64F)
    return edges


def _hex(colour: Plane) -> str:
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in colour)
