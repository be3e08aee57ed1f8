"""Does fine-tuning on a folder of cut-outs help where the shipped network never was?

    python benchmarks/prove_finetuning.py [--folder DIR] [--quick] [--real DIR] [WORD ...]

Draws stained glass, a style of cut-out that `compact` never saw: panes of one colour and one
transparency each, held by opaque bars. 40 of them are learnt from over 20 backgrounds; others,
over other backgrounds, are measured. Every step is a command of docs/fine-tuning.md and is printed:
train, export, and `mattekit evaluate` before and after: what `cutout` uses beside its mean with the
new network, and the network alone beside the one that it started from. --real measures the same on
photographs of other things (image/, alpha/, trimap/ with the same names). WORDs change the recipe.
"""

import colorsys
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from harness import Options

from mattekit.core.types import Alpha, Image
from mattekit.imaging.compose import over
from mattekit.imaging.files import write_alpha, write_image, write_trimap
from mattekit.imaging.trimap import make_trimap
from mattekit.synthetic.scene import scene

SIDE = 224
FIRST_BACKGROUND = 7_000_000  # seeds of scenes that no training draws


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is drawn, and how long is learned."""

    learnt: int
    held_out: int
    backgrounds: int
    words: tuple[str, ...]


FULL = Size(
    learnt=40,
    held_out=20,
    backgrounds=20,
    words=("length.steps=800", "warmup.steps=10", "optimiser.lr=8e-4"),
)
QUICK = Size(
    learnt=6,
    held_out=6,
    backgrounds=4,
    words=(
        *("length.steps=120", "warmup.steps=2", "optimiser.lr=1e-3", "batch=4"),
        *("data.rehearse.count=6", "data.rehearsed=0.2"),
    ),
)
SHORT = ("data.crop=[96,128,160]", "data.size=96", "validate.every.epochs=1000")
"""Small crops, since each is solved for; the table at the end is validation enough."""


def stained_glass(rng: np.random.Generator) -> tuple[Image, Alpha]:
    """Colours and alpha of a round window of panes between dark bars."""
    rows, columns = np.indices((SIDE, SIDE), dtype=np.float32)
    panes = int(rng.integers(5, 10))
    centres = rng.uniform(0.15, 0.85, (panes, 2)) * SIDE
    distances = np.hypot(rows[..., None] - centres[:, 0], columns[..., None] - centres[:, 1])
    order = np.argsort(distances, axis=2)
    nearest = order[..., 0]
    first, second = (
        np.take_along_axis(distances, order[..., n : n + 1], 2)[..., 0] for n in (0, 1)
    )
    bar = rng.uniform(5, 8)
    radius = np.hypot(rows - SIDE / 2, columns - SIDE / 2)
    rim = SIDE * rng.uniform(0.36, 0.42)
    inside = (rim - radius + 0.5).clip(0, 1)
    lead = np.maximum((bar - (second - first)).clip(0, 1), (radius - rim + bar + 0.5).clip(0, 1))
    hues = rng.random(panes)
    glass = np.float32([colorsys.hsv_to_rgb(hue, 0.8, 0.9) for hue in hues])[nearest]
    clear = rng.uniform(0.4, 0.6, panes).astype(np.float32)[nearest]
    dark = np.full_like(glass, 0.15) + rng.normal(0, 0.02, (*glass.shape[:2], 1)).astype(np.float32)
    alpha = (inside * over(1.0, lead, clear)).astype(np.float32)
    # unassociated colour of lead over glass
    share = (lead / np.maximum(over(1.0, lead, clear), 1e-6))[..., None]
    return over(dark, share, glass).clip(0, 1).astype(np.float32), alpha


def draw(folder: Path, size: Size) -> None:
    """The folders of docs/fine-tuning.md, and photos with trimaps and true alphas to measure on."""
    rng = np.random.default_rng(0)
    for number in range(size.learnt):
        colours, alpha = stained_glass(rng)
        write_image(folder / "data" / "cutouts" / f"{number}.png", colours, alpha=alpha)
    seeds = iter(range(FIRST_BACKGROUND, FIRST_BACKGROUND + 10_000))
    for number in range(size.backgrounds):
        write_image(folder / "data" / "backgrounds" / f"{number}.png", background(next(seeds)))
    for number in range(size.held_out):
        colours, alpha = stained_glass(rng)
        behind = background(next(seeds))
        name = f"{number}.png"
        write_image(folder / "data" / "cutouts-held-out" / name, colours, alpha=alpha)
        write_image(folder / "data" / "backgrounds-held-out" / name, behind)
        write_image(folder / "photos" / name, over(colours, alpha[..., None], behind))
        write_alpha(folder / "mattes" / name, alpha, bits=16)
        write_trimap(folder / "trimaps" / name, make_trimap(alpha, inner=3, outer=6))


def background(seed: int) -> Image:
    """What is behind a procedural scene."""
    behind = scene(seed, SIDE).background
    assert behind is not None
    return behind


def run(folder: Path, *words: str) -> None:
    """One command of mattekit, shown and run."""
    print(f"$ mattekit {shlex.join(words)}", flush=True)
    environment = {**os.environ, "MATTEKIT_DATA": "data"}
    line = [sys.executable, "-m", "mattekit", *words]
    subprocess.run(line, cwd=folder, env=environment, check=True)


def main() -> None:
    """Draw, fine-tune, export, and measure before and after."""
    parser = Options(__doc__, quick="few pictures, few steps")
    parser.add_argument("--folder", type=Path, help="where all of it goes")
    parser.add_argument("--real", type=Path, help="photographs that must not become worse")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    folder: Path = options.folder or Path(tempfile.mkdtemp(prefix="mattekit-finetuning-"))
    draw(folder, size)
    words = [*size.words, *SHORT, *options.words]
    run(folder, "train", "finetune", *words, "-o", "runs/mine", "--quiet")
    run(folder, "export", "runs/mine", "-o", "mine.onnx", "--overwrite")
    places = [["photos", "--true", "mattes", "--trimap", "trimaps"]]
    if options.real is not None:
        image, alpha, trimap = (
            str(options.real.resolve() / n) for n in ("image", "alpha", "trimap")
        )
        places.append([image, "--true", alpha, "--trimap", trimap])
    numbers = [] if options.json is None else ["-o", str(options.json.resolve()), "--overwrite"]
    for place in places:
        for before, after in (("compact", "compact+mine.onnx"), ("compact-2", "mine.onnx")):
            both = ["--model", before, "--model", after, "--processes", "1"]
            run(folder, "evaluate", *place, *both, *numbers)
            numbers = []  # those of what is used, on what was learned


if __name__ == "__main__":
    main()
