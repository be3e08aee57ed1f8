"""What does each part of the training scenes bring to the shipped network?

    python benchmarks/ablate_scenes.py --data DIR --photos DIR --folder DIR [--scenes 300]
        [--steps 600] [--only camera]

The recipe `compact` is trained from random weights on scenes that lack one part, and on whole ones,
all with the same numbers of scenes and steps. Every run is measured on the same photographs (DIR is
laid out as `pictures.py` says) and on 64 whole scenes of another seed. What stands in the folder
already is gone on with.
"""

import subprocess
from argparse import Namespace
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from harness import Options, Report, command, kept_in
from pictures import photographs

from mattekit.core.types import Alpha, Trimap
from mattekit.data.sources import compact_scenes
from mattekit.data.sources.compact_scenes import CompactScenesConfig
from mattekit.imaging.compose import over
from mattekit.imaging.trimap import make_trimap
from mattekit.inference.load import load
from mattekit.metrics import mse, sad
from mattekit.synthetic.kinds import random_kind
from mattekit.training.run_log import read_log

STRANDS = ("hair", "tress", "fur", "feather", "dandelion")
SIZE = 352


@dataclass(frozen=True, kw_only=True)
class Removal:
    """What stands in for a part of `compact_scenes`, by its name there."""

    instead: dict[str, Callable[..., Any]] = field(default_factory=dict)
    photos: bool = True
    """Whether colours come from photographs as well."""


def sharp(image: Any, deviation: float) -> Any:
    """In the place of a blur."""
    return image


def as_it_is(image: Any, rng: np.random.Generator) -> Any:
    """In the place of a camera."""
    return image


def no_strands(rng: np.random.Generator) -> str:
    """A kind that is neither hair nor fur."""
    while (kind := random_kind(rng)) in STRANDS:
        pass
    return kind


def even_band(alpha: Alpha, rng: np.random.Generator, style: str) -> Trimap:
    """The same tight band everywhere."""
    return make_trimap(alpha, 5, 5)


REMOVALS = {
    "nothing": Removal(),
    "photographs' colours": Removal(photos=False),
    "camera": Removal(instead={"simulate_camera": as_it_is}),
    "defocus": Removal(instead={"gaussian_blur": sharp}),
    "hair and fur": Removal(instead={"random_kind": no_strands}),
    "loose, wobbling trimaps": Removal(instead={"drawn_trimap": even_band}),
    "mixing in linear light": Removal(instead={"over_linear": over}),
}


def draw(removal: Removal, photos: Path | None, bank: Path, count: int) -> None:
    """Fill the bank with scenes."""
    colours = str(photos) if photos and removal.photos else None
    source = CompactScenesConfig(count=count, size=SIZE, photos=colours, bank=str(bank)).open()
    with patch.multiple(compact_scenes, **removal.instead) if removal.instead else nullcontext():
        for number in range(count):
            source.scene(number)


def train(bank: Path, whole: Path, photos: Path | None, run: Path, count: int, steps: int) -> None:
    """The recipe on that bank; validation is on whole scenes."""
    settings = {
        "data.train.bank": bank,
        "data.train.count": count,
        "data.valid.photos": photos or "null",
        "data.valid.bank": whole,
        "length.steps": steps,
        "warmup.steps": min(steps // 2, 300),
        "ema": 0.99,
        "validate.every.steps": steps,
        "log.pictures": "null",
    }
    words = ("train", "compact", "--device", "cpu", "--output", run, "--quiet")
    subprocess.run(command(*words, **settings), check=True)


def on_photographs(run: Path, data: Path, trimaps: str) -> list[float]:
    """SAD and MSE, means over the photographs."""
    last = run / "checkpoints" / (run / "checkpoints" / "last").read_text().strip()
    predictor = load(str(last / "weights.safetensors"), device="cpu")
    errors = []
    for image, alpha, trimap in photographs(data, trimaps):
        predicted = predictor.predict(image, trimap)
        errors.append([sad(predicted, alpha, trimap), mse(predicted, alpha, trimap)])
    means: list[float] = np.mean(errors, axis=0).tolist()
    return means


def compare(report: Report, options: Namespace, folder: Path) -> None:
    """Train and measure, one row a removal."""
    errors = " | ".join(f"{what} SAD:.3f | MSE:.4f" for what in ("64 scenes", "tight", "loose"))
    table = report.table(f"without | {errors}")
    for name, removal in REMOVALS.items():
        if options.only not in (None, name):
            continue
        place = folder / name.replace(" ", "-").replace("'", "").replace(",", "")
        draw(removal, options.photos, place / "bank", options.scenes)
        counts = options.scenes, options.steps
        train(place / "bank", folder / "whole", options.photos, place / "run", *counts)
        scores = [line.values for line in read_log(place / "run") if line.kind == "validation"][-1]
        cells = [scores["sad"], scores["mse"]]
        if options.data is not None:
            cells += on_photographs(place / "run", options.data, "trimap")
            cells += on_photographs(place / "run", options.data, "trimap2")
        table.row(name, *cells)


def main() -> None:
    quick = "a few steps without a camera"
    parser = Options(__doc__, quick=quick, scenes=2, steps=2, only="camera")
    parser.add_argument("--data", type=Path, help="folder of real photographs to measure on")
    parser.add_argument("--photos", type=Path, help="folder of photographs to take colours from")
    parser.add_argument("--folder", type=Path, help="where banks and runs stay")
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--only", choices=list(REMOVALS))
    options = parser.parse_args()
    with Report(options.json) as report, kept_in(options.folder) as folder:
        compare(report, options, folder)


if __name__ == "__main__":
    main()
