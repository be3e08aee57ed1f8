"""Predictions and masks made by formulas, and what pysodmetrics says of them.

    python tests/golden/segmentation.py    # needs pysodmetrics; writes segmentation.json

pysodmetrics asks for versions of NumPy, OpenCV and scikit-image below ours, so it runs in an
environment of its own. Nothing of mattekit is imported here.
"""

import json
from pathlib import Path

import numpy as np

RECORDED = Path(__file__).with_suffix(".json")


def pictures() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name -> predicted and true, whole numbers of 8 bits."""
    rows, columns = np.mgrid[:96, :120].astype(np.float64)
    disc = np.hypot(rows - 40, columns - 70)
    soft = np.clip((30 - disc) / 8 + 0.5, 0, 1)
    bars = ((columns // 15) % 2).astype(np.float64)
    ripple = 0.5 + 0.5 * np.sin(rows / 5) * np.cos(columns / 9)
    nothing, everything = np.zeros_like(disc), np.ones_like(disc)
    pairs = {
        "rippled disc": (np.clip(soft + 0.3 * (ripple - 0.5), 0, 1), soft),
        "moved disc": (np.roll(soft, 9, axis=1), soft),
        "bars for a disc": (bars, soft),
        "ripples for bars": (0.2 + 0.5 * ripple, bars),
        "subject at the lower right": (ripple, ((rows > 60) & (columns > 90)).astype(np.float64)),
        "the truth": (soft, soft),
        "no subject": (ripple, nothing),
        "nothing but subject": (ripple, everything),
        "flat": (0.4 * everything, soft),
    }
    return {name: tuple(np.round(255 * plane).astype(np.uint8) for plane in pair)
            for name, pair in pairs.items()}  # fmt: skip


def recorded() -> dict[str, dict[str, float]]:
    """Every number of every picture, by the other program."""
    import py_sod_metrics as sod

    found = {}
    for name, (predicted, true) in pictures().items():
        measures = {
            "mae": (sod.MAE(), lambda results: results["mae"]),
            "s_measure": (sod.Smeasure(), lambda results: results["sm"]),
            "weighted_f": (sod.WeightedFmeasure(), lambda results: results["wfm"]),
            "e_measure": (sod.Emeasure(), lambda results: results["em"]["curve"].mean()),
        }
        found[name] = {}
        for metric, (measure, number) in measures.items():
            measure.step(predicted, true)
            found[name][metric] = float(number(measure.get_results()))
    return found


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(recorded(), indent=2) + "\n")
