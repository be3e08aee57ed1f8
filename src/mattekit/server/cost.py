"""What a matte will cost, before it is begun: quality is lowered, or the photo refused, in time.

The work is counted from the size and the unknown region alone; the seconds that a unit of it takes
are those of the mattes before, of this process on this machine.
"""

import time
from collections import defaultdict

import numpy as np

from mattekit.core.errors import TooLarge
from mattekit.core.matte import Matte
from mattekit.core.types import UNKNOWN, Plane, Trimap
from mattekit.inference.inputs import Share
from mattekit.inference.matting import build_matting
from mattekit.inference.predictor import working_scale
from mattekit.models.files import DEFAULT_MODEL
from mattekit.models.registry import Terms

SOLVED = 17.0
"""Work of one of them; that of one pixel of the unknown region's box is 1."""
FIRST_GUESS = 1.5e-6
"""Seconds a unit, of a method that was not timed yet."""
TOO_SMALL = 300_000
"""Units from which on a time says something."""
SHARE = 0.9
"""Of the time that is left: what comes after the matte has to fit too."""

seconds_a_unit: dict[str, float] = defaultdict(lambda: FIRST_GUESS)
"""Of each method, half and half of the last time and those before."""


class InTime:
    """The matting asked for if it fits the time; in place of the default model, else the fast one.

    It is a `Matting`, whose `name` is that of the method that was used.
    """

    strategy = None
    states_error = False

    def __init__(self, model: str | None, deadline: float) -> None:
        """`deadline` is a time of `time.monotonic`."""
        self.method = build_matting(model)
        self.deadline = deadline

    @property
    def name(self) -> str:
        """Of the method that is used."""
        return self.method.name

    @property
    def terms(self) -> Terms | None:
        """Of the method that is used."""
        return self.method.terms

    def matte(self, colours: Plane, trimap: Trimap, *, done: Share = None) -> Matte:
        """The matte, timed for the ones to come."""
        units, name = work(trimap), self.name
        expected = units * seconds_a_unit[name]
        left = SHARE * (self.deadline - time.monotonic())
        times = (
            f"{name} would take about {expected:.0f} s for this photo, and {left:.0f} s are left"
        )
        if expected > left and name != DEFAULT_MODEL:
            raise TooLarge(f"{times}; send a smaller photo, or leave the model out")
        if expected > left:
            self.method = build_matting(quality="fast")
            matte = self.method.matte(colours, trimap, done=done)
            matte.warnings.append(f"{times}, so quality=fast was used")
            return matte
        start = time.monotonic()
        try:
            return self.method.matte(colours, trimap, done=done)
        finally:  # also of work that failed
            if units > TOO_SMALL:
                now = (time.monotonic() - start) / units
                seconds_a_unit[name] = (seconds_a_unit.get(name, now) + now) / 2


def work(trimap: Trimap) -> float:
    """Units of work for a trimap."""
    unknown = trimap == UNKNOWN
    rows, columns = (np.flatnonzero(unknown.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return 0.0
    box = float(np.ptp(rows) + 1) * float(np.ptp(columns) + 1)
    count = int(np.count_nonzero(unknown))
    return (box + SOLVED * count) / working_scale(count, box, box) ** 2
