"""The list of alpha kinds. To add a kind, write a function of (rng, size) and add a line here."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mattekit.core.errors import BadArgument
from mattekit.core.types import Alpha, Size
from mattekit.synthetic.generators import fur, hair, plants, solid, vapour, woven
from mattekit.synthetic.subject import Subject, settled

ATTEMPTS = 4
LEAST = 0.02
"""Share of the picture that the subject, and the background, should at least have."""


@dataclass(frozen=True)
class Kind:
    """A generator, its share of a mix, and what its random numbers decide."""

    draw: Callable[[np.random.Generator, Size], Subject]
    share: float
    varies: str
    in_focus: bool = False
    """Never softened by the lens."""


KINDS: dict[str, Kind] = {
    "hair": Kind(hair.hair, 4, "nine styles from cropped to long, curly and wispy; length, lift, "
                 "fall, waves, curls, locks, flyaways; front or back, pose, wind"),
    "tress": Kind(hair.tress, 2, "the same styles without a head: ponytail, mane, blown hair"),
    "fur": Kind(fur.fur, 3, "one or two animals or cushions; length, tufts, direction, order"),
    "feather": Kind(fur.feather, 1, "one to three; bend, density, parted barbs, down"),
    "dandelion": Kind(fur.dandelion, 0.5, "one to three seed heads; rays, hairs of a tuft"),
    "grass": Kind(plants.grass, 1, "number, length, width, bend of blades; with ground or without"),
    "leaves": Kind(plants.leaves, 1, "twigs, leaves on each, from round leaves to needles"),
    "net": Kind(woven.net, 0.7, "mesh, angle, thickness, sag; a whole picture or a piece"),
    "lace": Kind(woven.lace, 0.7, "flowers of 3 to 7 petals, size, bend, shape of the cloth"),
    "fringe": Kind(woven.fringe, 0.7, "number, length and order of threads, tassels"),
    "wires": Kind(woven.wires, 0.7, "number, thickness, bend and direction; from a small body"),
    "wheel": Kind(woven.wheel, 0.4, "spokes, rim, hub, angle of view"),
    "veil": Kind(woven.veil, 0.5, "folds, thinness, shape"),
    "hard": Kind(solid.hard, 1, "angular, rounded, smooth and compound things", in_focus=True),
    "holes": Kind(solid.holes, 1, "the same with 4 to 60 openings", in_focus=True),
    "blob": Kind(solid.blob, 1, "the same with an edge of varying softness"),
    "defocused": Kind(solid.defocused, 1, "the same out of focus; radius of the disc"),
    "moving": Kind(solid.moving, 1, "the same moved or turned; length, direction"),
    "glass": Kind(solid.glass, 0.7, "clearness, rim, streaks of light"),
    "bubbles": Kind(solid.bubbles, 0.4, "3 to 29; size, rim, highlight"),
    "smoke": Kind(vapour.smoke, 0.7, "density, stirring, one to four plumes"),
    "flame": Kind(vapour.flame, 0.4, "height, sway, wildness, softness"),
}  # fmt: skip


def random_kind(rng: np.random.Generator) -> str:
    """The name of a random kind, drawn by share."""
    shares = np.array([kind.share for kind in KINDS.values()])
    return str(rng.choice(list(KINDS), p=shares / shares.sum()))


def subject_of_kind(kind: str, rng: np.random.Generator, size: Size) -> Subject:
    """A random subject of a kind: its alpha and what determines its colours.

    A subject that happens to lie outside the picture, or to fill it, is drawn again.
    """
    if kind not in KINDS:
        raise BadArgument(f"there is no synthetic kind '{kind}'; choose one of {', '.join(KINDS)}")
    for _ in range(ATTEMPTS):
        subject = KINDS[kind].draw(rng, size)
        if LEAST < subject.alpha.mean() < 1 - LEAST:
            break
    return subject if KINDS[kind].in_focus else _through_a_lens(rng, subject)


def _through_a_lens(rng: np.random.Generator, subject: Subject) -> Subject:
    """The subject with an edge as soft as a lens makes it; now and then a little out of focus."""
    height, width = subject.alpha.shape
    softest = 0.9 if rng.random() < 0.8 else 0.006 * min(height, width)
    deviation = rng.uniform(0.0, max(softest, 0.9))
    if deviation < 0.3:
        return subject
    blurred = cv2.GaussianBlur(subject.alpha, (0, 0), deviation)
    return replace(subject, alpha=settled(blurred))


def alpha_of_kind(kind: str, rng: np.random.Generator, size: Size) -> Alpha:
    """A random alpha of a kind."""
    return subject_of_kind(kind, rng, size).alpha
