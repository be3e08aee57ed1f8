"""The tables and the figure of docs/metrics.md, drawn anew: python tests/metrics/metrics_page.py

`test_metrics_page.py` fails when the page holds others.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from mattekit.core.types import Plane, Sample
from mattekit.evaluation.pictures import error_map
from mattekit.evaluation.results import format_number
from mattekit.imaging.files import write_image
from mattekit.imaging.picture import to_depth, to_float
from mattekit.imaging.resize import resize
from mattekit.metrics import PROTOCOLS, Protocol, measure
from mattekit.metrics.protocols import CONVENTIONS, conventions
from mattekit.synthetic.scene import scene

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "metrics.md"
FIGURE = DOCS / "pictures" / "metrics.png"
OFFICIAL = PROTOCOLS["official"]

DEVIATIONS: dict[str, Protocol] = {
    "official": OFFICIAL,
    "Conn in double precision (most Python ports: mmagic, GFM, AIM, P3M)": replace(
        OFFICIAL, connectivity_numbers="double precision"
    ),
    "Conn counts the background as a component (GCA, MGMatting, SDMatte, PaddleSeg)": replace(
        OFFICIAL, connectivity_components="foreground and background"
    ),
    "Conn skips a level without component (GFM, AIM, P3M)": replace(
        OFFICIAL, connectivity_none_left="level skipped"
    ),
    "Grad without stretching (GCA and its copies)": replace(OFFICIAL, gradient_range="as it is"),
    "Grad with SciPy's filter, divided by 10 (GFM, AIM, P3M)": replace(
        OFFICIAL,
        gradient_radius=6,
        gradient_filter="smoothing weights sum to 1",
        gradient_border="reflected",
        gradient_unit=10,
    ),
    "known pixels not pasted": replace(OFFICIAL, known_pixels="as predicted"),
    "whole picture, known pixels not pasted": replace(
        OFFICIAL, known_pixels="as predicted", region="whole"
    ),
    "`gca`": PROTOCOLS["gca"],
    "`gfm`": PROTOCOLS["gfm"],
    "`dim-2019`": PROTOCOLS["dim-2019"],
}


def sample_and_prediction() -> tuple[Sample, Plane]:
    """The picture of the page and a blurred, uneven prediction as an 8-bit file holds it."""
    sample = scene(12, (480, 640), kind="hair")
    noise = np.random.default_rng(0).standard_normal(sample.size).astype(np.float32)
    predicted = cv2.GaussianBlur(sample.alpha, (0, 0), 2) + cv2.GaussianBlur(noise, (0, 0), 6)
    return sample, to_depth(predicted, 8)


def protocols_table() -> str:
    """All protocols side by side."""
    columns = [conventions(protocol) for protocol in PROTOCOLS.values()]
    lines = [f"| | {' | '.join(PROTOCOLS)} |", "|---" * (len(columns) + 1) + "|"]
    for label in CONVENTIONS.values():
        lines.append(f"| {label} | {' | '.join(column[label] for column in columns)} |")
    return "\n".join(lines) + "\n"


def deviations_table() -> str:
    """What each deviation alone makes of the numbers of the page's picture."""
    sample, predicted = sample_and_prediction()
    true = to_depth(sample.alpha, 8)
    lines = ["| | SAD | MSE | Grad | Conn |", "|---|---|---|---|---|"]
    for name, protocol in DEVIATIONS.items():
        values = measure(predicted, true, sample.trimap, protocol)
        numbers = (format_number(values[metric]) for metric in ("sad", "mse", "grad", "conn"))
        lines.append(f"| {name} | {' | '.join(numbers)} |")
    return "\n".join(lines) + "\n"


TABLES: dict[str, Callable[[], str]] = {
    "protocols": protocols_table,
    "deviations": deviations_table,
}


def with_tables(page: str) -> str:
    """The page with every table between its markers replaced by the current one."""
    for name, table in TABLES.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)"
        page, found = re.subn(pattern, rf"\g<1>{table()}\g<2>", page, flags=re.DOTALL)
        assert found == 1, f"the page has {found} places for the table of {name}"
    return page


def draw_figure() -> None:
    """Photo, truth, prediction and error side by side."""
    sample, stored = sample_and_prediction()
    predicted = to_float(stored)
    panels = [sample.image, sample.alpha, predicted]
    shown = [np.broadcast_to(p[..., None], (*p.shape, 3)) if p.ndim == 2 else p for p in panels]
    shown.append(error_map(predicted, sample.alpha, sample.trimap, OFFICIAL))
    small = [resize(np.ascontiguousarray(panel), (240, 320)) for panel in shown]
    write_image(FIGURE, np.concatenate(small, axis=1))


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
    draw_figure()
