"""The shipped segmenter: two small networks that find the subject of ordinary photographs.

Each is run at two sizes and on the mirrored photo. GrabCut, started from the mean of these masks,
moves the edge of the mask to edges of the picture. Their agreement gives the confidence.
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.prompt import Prompt, prompt_planes
from mattekit.core.types import PROMPT_STEP, Alpha, Mask, Plane
from mattekit.imaging.picture import to_depth
from mattekit.imaging.resize import fit_within, resize
from mattekit.models.files import SHIPPED
from mattekit.models.runtime import open_session
from mattekit.subject.confidence import overlap
from mattekit.subject.segmenters import Segmentation

OWN = "small"
SIDES = {"subject-1.onnx": (256, 320), "subject-2.onnx": (320, 384)}
"""File -> the sizes at which its network is run, about those that it learnt from. The networks have
different encoders: where one is wrong the other often is not."""
USUAL_SIDES = (256, 320)
"""Of a network trained by the recipe."""

COMMON_SIDE = 320  # of the masks that are averaged
WORKING = 400  # longest side of the picture in which GrabCut moves the edge
SURE = 0.95  # soft values beyond it are fixed
ROUNDS = 3
SURE_OF_HOLE = 0.75  # holes whose mean soft value is above this are filled


class Finder:
    """Finds the subject without a hint, in a box, or from points."""

    name = OWN
    understands = frozenset({"nothing", "box", "points"})

    def __init__(self, path: Path | None = None) -> None:
        """Open the shipped files, or one that `mattekit export` wrote."""
        files = {SHIPPED / name: sides for name, sides in SIDES.items()}
        self.looks = []
        for file, sides in files.items() if path is None else [(path, USUAL_SIDES)]:
            session = open_session(file)
            self.looks += [(session, side) for side in sides]

    def segment(self, image: Plane, prompt: Prompt) -> Segmentation:
        """The mask, soft where its edge is, and its confidence."""
        pixels = to_depth(image, 8)
        masks, single = self._looks(pixels, prompt)
        soft = np.mean(masks, axis=0)
        agreement = np.mean([overlap(mask > 0.5, soft > 0.5) for mask in masks])
        small = resize(pixels, fit_within((pixels.shape[0], pixels.shape[1]), WORKING))
        soft = resize(soft, (small.shape[0], small.shape[1]))
        cut = cut_along_edges(small, soft)
        sure = single * agreement * overlap(cut, soft > 0.5)
        mask = resize(smoothed(cut, soft), (image.shape[0], image.shape[1]))
        return Segmentation(mask=mask, segmenter=self.name, sure=float(sure))

    def _looks(self, pixels: Plane, prompt: Prompt) -> tuple[list[Alpha], float]:
        """Soft masks of one size from every network at each of its sizes, plain and mirrored; the
        score of one subject."""
        masks, singles = [], []
        for session, side in self.looks:
            image = resize(pixels, (side, side)).astype(np.float32).transpose(2, 0, 1) / 255
            planes = prompt_planes(prompt, (pixels.shape[0], pixels.shape[1]), side // PROMPT_STEP)
            batch = {
                "image": np.stack([image, image[..., ::-1]]),
                "prompt": np.stack([planes, planes[..., ::-1]]),
            }
            found, single = session.run(["mask", "single"], batch)
            for mask in (found[0, 0], found[1, 0, :, ::-1]):
                masks.append(resize(np.ascontiguousarray(mask), (COMMON_SIDE, COMMON_SIDE)))
            if side <= COMMON_SIDE:  # larger ones see no subject in what is drawn or plain
                singles.append(float(single.mean()))
        return masks, min(singles) if prompt.kind == "nothing" else 1.0


@cache
def finder() -> Finder:
    """The shipped segmenter, opened once."""
    return Finder()


def cut_along_edges(small: Plane, soft: Alpha) -> Mask:
    """The soft mask as a hard one whose edge lies on the picture's edges."""
    marks = np.select(
        [soft > SURE, soft > 0.5, soft > 1 - SURE],
        [cv2.GC_FGD, cv2.GC_PR_FGD, cv2.GC_PR_BGD],
        cv2.GC_BGD,
    ).astype(np.uint8)
    kinds = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))
    undecided = np.isin(marks, (cv2.GC_PR_FGD, cv2.GC_PR_BGD))
    if kinds.sum() < 16 or (~kinds).sum() < 16 or not undecided.any():
        return kinds
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, marks, None, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    return without_mistakes(np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)), soft)


def without_mistakes(cut: Mask, soft: Alpha) -> Mask:
    """The cut without holes and pieces that contradict the network's soft mask."""
    mended = cut.copy()
    for value in (True, False):
        count, parts = cv2.connectedComponents((cut == value).astype(np.uint8), connectivity=4)
        size = np.bincount(parts.ravel(), minlength=count)
        belief = np.bincount(parts.ravel(), soft.ravel(), minlength=count) / size.clip(min=1)
        wrong = (belief < 0.5) if value else (belief > SURE_OF_HOLE)
        wrong[0] = False
        mended[wrong[parts]] = not value
    return mended


def smoothed(cut: Mask, soft: Alpha) -> Alpha:
    """The hard mask, softened where the network was undecided."""
    edge = cv2.GaussianBlur(cut.astype(np.float32), (0, 0), 1.0)
    decided = (soft > SURE) | (soft < 1 - SURE)
    mask: Alpha = np.where(decided, cut, edge).astype(np.float32)
    return mask
