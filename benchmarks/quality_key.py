"""How close are keys to the truth? On drawn scenes before lit screens, and on such sequences.

    python benchmarks/quality_key.py [--quick] [--scenes 50] [--size 1920x1080] [--sequences 10]
        [--model FILE]

`key` is what `mattekit key` does, `network` the same with the network of `--model`, as the recipe
`key` trains it. `closed-form` has the trimap that `key` found, where that knows some foreground;
`key there` is `key` on the same scenes. `difference` is a plain colour-difference keyer: one screen
colour, the share of it by which its channel surpasses the others, levels that are best on other
scenes, and that channel held down to the others as despill.
`colours`: mean |F - F_true| of sRGB values over the band, where alpha is between 0.05 and 0.95,
weighted by a(1 - a); `by alpha`: weighted by a, as a new background shows it; `plain`: every pixel
alike. `true alpha` takes F = (C - (1 - a) B) / a with the true alpha and background, then despill:
what noise, coarse colour and spill leave to whoever looks at one pixel at a time. `s`: processor
seconds, one thread. Sequences: a subject moves and turns, then stands, in 48 frames of 320x240 with
new noise in each; `flicker` is the mean change of alpha, in thousandths, where optical flow says
that nothing changed.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from harness import Options, Report

from mattekit.classical.closed_form import closed_form
from mattekit.classical.foreground import estimate_foreground
from mattekit.core.types import FOREGROUND, Alpha, Image, Plane, Sample, Size, Trimap
from mattekit.cutouts.cutout import opened
from mattekit.imaging.compose import to_linear, to_srgb
from mattekit.inference.load import load
from mattekit.inference.predictor import Predictor
from mattekit.keying.key import despilled, key, key_picture
from mattekit.keying.screen import dominance, screen_colour
from mattekit.keying.sequence import carried, flicker, steadied
from mattekit.metrics import grad, sad
from mattekit.synthetic.screens import Stage, draw_stage, screen_scene

FIRST_SCENE = 9_400_000
LOW, HIGH = 0.2, 0.9  # levels of the plain keyer: the best SAD on scenes 1000 to 1011
LEAST = 0.05  # of alpha and of its rest: where the band begins and ends
FRAME_SIZE = (240, 320)


def difference(image: Image, trimap: Trimap) -> tuple[Alpha, Image]:
    """The plain keyer."""
    light = to_linear(image)
    screen = screen_colour(light)
    share = dominance(light, screen) / dominance(screen, screen)
    alpha = ((1 - share - LOW) / (HIGH - LOW)).clip(0, 1)
    channel = int(screen.argmax())
    clean = light.copy()
    clean[..., channel] = np.minimum(clean[..., channel], np.delete(light, channel, 2).max(axis=2))
    return alpha.astype(np.float32), to_srgb(clean)


def by_closed_form(image: Image, trimap: Trimap) -> tuple[Alpha, Image]:
    """Closed-form matting, and colours as `cutout` finds them."""
    alpha = closed_form(image, trimap).alpha
    return alpha, estimate_foreground(image, alpha)


OTHERS: dict[str, Callable[[Image, Trimap], tuple[Alpha, Image]]] = {
    "closed-form": by_closed_form,
    "difference": difference,
}
NAMES = ("key", "network", "difference", "true alpha", "key there", "closed-form")


def by_true_alpha(true: Sample, screen: Plane) -> tuple[Alpha, Image]:
    """No keyer: the mixing undone with what only the truth knows."""
    assert true.background is not None
    share = true.alpha[..., None]
    own = to_linear(true.image) - (1 - share) * to_linear(true.background)
    own = np.divide(own, share, out=np.zeros_like(own), where=share > LEAST)
    return true.alpha, to_srgb(despilled(own, screen, 1).clip(0, 1))


def scores(alpha: Alpha, colours: Image, true: Sample) -> list[float]:
    """SAD and Grad of the whole picture, and the errors of colours."""
    a = true.alpha
    band = (a > LEAST) & (a < 1 - LEAST)
    off = np.abs(colours - true.foreground).mean(axis=2)[band]
    weights = [weight[band] for weight in (a * (1 - a), a, np.ones_like(a))]
    errors = [float((off * weight).sum() / max(weight.sum(), 1)) for weight in weights]
    whole = {"protocol": "gfm"}
    return [sad(alpha, a, **whole), grad(alpha, a, **whole), *errors]


def measured(count: int, size: Size, network: Predictor | None) -> dict[str, Plane]:
    """Rows of SAD, Grad, three errors of colours, and seconds; one a scene."""
    rows: dict[str, list[list[float]]] = {name: [] for name in NAMES}
    for seed in range(FIRST_SCENE, FIRST_SCENE + count):
        true = screen_scene(seed, size)
        start = time.process_time()
        cut = key(true.image)
        seconds = time.process_time() - start
        rows["key"].append([*scores(cut.alpha, cut.foreground, true), seconds])
        if network is not None:
            start = time.process_time()
            corrected = key_picture(opened(true.image), network=network)
            seconds = time.process_time() - start
            rows["network"].append([*scores(corrected.alpha, corrected.foreground, true), seconds])
        known = by_true_alpha(true, screen_colour(to_linear(true.image)))
        rows["true alpha"].append([*scores(*known, true), 0])
        for name, other in OTHERS.items():
            if name == "closed-form":
                if not (cut.trimap == FOREGROUND).any():
                    continue  # it cannot do without
                rows["key there"].append(rows["key"][-1])
            start = time.process_time()
            alpha, colours = other(true.image, cut.trimap)
            seconds = time.process_time() - start
            rows[name].append([*scores(alpha, colours, true), seconds])
    return {name: np.array(numbers) for name, numbers in rows.items() if numbers}


def moving(stage: Stage, frames: int, rng: np.random.Generator) -> list[Stage]:
    """The subject of a stage, which moves through half of the frames and then stands."""
    height, width = stage.alpha.shape
    way, turn = rng.normal(0, 0.15, 2) * min(height, width), rng.normal(0, 4)
    stages = []
    for share in np.linspace(0, 1, frames):
        ease = np.sin(np.pi / 2 * min(1.0, 2 * share)) ** 2
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn * ease, 1.0)
        matrix[:, 2] += way * ease

        def moved(plane: Plane, matrix: Plane = matrix) -> Plane:
            result = cv2.warpAffine(
                plane, matrix, (width, height),
                flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip
            return result.clip(0, 1)

        planes = ("alpha", "foreground", "shadow", "spill")
        stages.append(replace(stage, **{name: moved(getattr(stage, name)) for name in planes}))
    return stages


def sequence(seed: int, frames: int) -> list[list[float]]:
    """SAD and flicker of frames alone and in a sequence, and the flicker of the truth."""
    rng = np.random.default_rng((seed, 48))
    stages = moving(draw_stage(rng, FRAME_SIZE), frames, rng)
    rows = []
    last: list[tuple[Image, Alpha]] = []
    for stage in stages:
        image = stage.filmed(rng)
        alone = steady = key(image).alpha
        changes = [0.0, 0.0, 0.0]
        if last:
            before = [carried(*one, image) for one in last]
            steady = steadied(alone, before[1])
            alphas = (alone, steady, stage.alpha)
            changes = [1000 * flicker(a, b) for a, b in zip(alphas, before, strict=True)]
        errors = [sad(alpha, stage.alpha, protocol="gfm") for alpha in (alone, steady)]
        rows.append([errors[0], changes[0], errors[1], changes[1], changes[2]])
        last = [(image, alone), (image, steady), (image, stage.alpha)]
    return rows[1:]


def main() -> None:
    parser = Options(
        __doc__,
        quick="four small scenes, a short sequence",
        scenes=4,
        size="320x240",
        sequences=1,
        frames=6,
    )
    parser.add_argument("--scenes", type=int, default=50)
    parser.add_argument("--size", default="1920x1080", help="WIDTHxHEIGHT")
    parser.add_argument("--sequences", type=int, default=10)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--model", help="a network that the recipe key trained, measured too")
    options = parser.parse_args()
    sequences, frames = options.sequences, options.frames
    width, height = map(int, options.size.split("x"))
    with Report(options.json) as report:
        if options.scenes:
            report.say(f"{options.scenes} scenes of {options.size}")
            errors = "SAD:.3f | Grad:.3f | colours:.3f | by alpha:.3f | plain:.3f"
            table = report.table(f"way | scenes:d | {errors} | s:.3f")
            network = None if options.model is None else load(options.model)
            for name, rows in measured(options.scenes, (height, width), network).items():
                table.row(name, len(rows), *rows.mean(axis=0))
        if sequences:
            report.say(f"{sequences} sequences of {frames} frames")
            rows = [row for n in range(sequences) for row in sequence(FIRST_SCENE + n, frames)]
            alone, alone_flicker, steady, steady_flicker, true = np.mean(rows, axis=0)
            table = report.table("way | SAD:.3f | flicker:.3f")
            table.row("frame by frame", alone, alone_flicker)
            table.row("sequence", steady, steady_flicker)
            table.row("true alphas", None, true)


if __name__ == "__main__":
    main()
