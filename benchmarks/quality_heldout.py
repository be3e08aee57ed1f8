"""Which of two networks is better on pictures that neither was trained on?

    python benchmarks/quality_heldout.py --photos DIR --sprites DIR [--model FILE --model FILE ...]

Three kinds of composites, each with three trimaps (3 pixels wide, as drawn, 35 pixels wide):
`unseen`, subjects that only this file draws (lace, dandelions, fringes, wheels, bubbles) over
photographs; `photos`, hair, fur, leaves and nets cut out of one photograph over another; `soft`,
sprites of smoke and light. DIRs hold what was kept out of training. Errors are the official ones
over the unknown pixels; below, ratios to the first model over all pictures with 95 % intervals of a
bootstrap over scenes, since the three trimaps of a scene belong together.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from harness import Options, Report

from mattekit.core.types import UNKNOWN, Alpha, Image, Plane
from mattekit.data.augmentation.camera import simulate_camera
from mattekit.data.augmentation.trimaps import drawn_trimap
from mattekit.data.folders import pictures_below
from mattekit.imaging.compose import over
from mattekit.imaging.files import read_alpha, read_image
from mattekit.imaging.resize import resize
from mattekit.imaging.trimap import dilated
from mattekit.inference.matting import build_matting
from mattekit.metrics import conn, grad, mse, sad
from mattekit.synthetic.kinds import alpha_of_kind

SIDE = 448
SEED = 6_000_000
SOLID = ("hair", "fur", "leaves", "net")
BANDS = (3, None, 35)
METRICS = {"SAD": sad, "MSE": mse, "Grad": grad, "Conn": conn}
DRAWS = 2_000
Random = np.random.Generator


def canvas() -> Plane:
    return np.zeros((2 * SIDE, 2 * SIDE), np.uint8)


def lines(paths: Iterator[Plane], thickness: int) -> Plane:
    drawn = canvas()
    for path in paths:
        points = np.round(path * 16).astype(np.int32)
        cv2.polylines(drawn, [points], False, 255, thickness, cv2.LINE_AA, 4)
    return drawn


def lace(rng: Random) -> Plane:
    """Rings that touch, on a grid, within a disc."""
    step = int(rng.integers(24, 60))
    rings = canvas()
    for x in range(0, 2 * SIDE, step):
        for y in range(0, 2 * SIDE, step):
            cv2.circle(rings, (x, y), int(0.52 * step), 255, max(1, step // 9), cv2.LINE_AA)
    disc = cv2.circle(canvas(), (SIDE, SIDE), int(SIDE * rng.uniform(0.5, 0.8)), 255, -1)
    rim = cv2.circle(canvas(), (SIDE, SIDE), int(SIDE * 0.25), 255, -1)
    return np.maximum(np.minimum(rings, disc), rim)


def dandelion(rng: Random) -> Plane:
    """A seed head: rays with small tufts around a core."""
    reach, count = SIDE * rng.uniform(0.5, 0.75), int(rng.integers(90, 160))
    centre, rays = np.array([SIDE, SIDE]), []
    for angle in rng.uniform(0, 2 * np.pi, count):
        tip = centre + reach * rng.uniform(0.7, 1) * np.array([np.cos(angle), np.sin(angle)])
        rays.append(np.stack([centre, tip]))
        for turn in rng.uniform(-0.9, 0.9, 5):
            arm = np.array([np.cos(angle + turn), np.sin(angle + turn)])
            rays.append(np.stack([tip, tip + 0.12 * reach * arm]))
    return cv2.circle(lines(iter(rays), 2), (SIDE, SIDE), int(0.18 * reach), 255, -1, cv2.LINE_AA)


def fringe(rng: Random) -> Plane:
    """A cloth whose threads hang down and sway."""
    edge = int(SIDE * rng.uniform(0.5, 0.9))
    down = np.linspace(0, 1, 24)
    threads = []
    for x in np.arange(0.15 * SIDE, 1.85 * SIDE, rng.uniform(7, 16)):
        sway = rng.normal(0, 30) * down**2 + rng.normal(0, 6) * np.sin(9 * down)
        length = SIDE * rng.uniform(0.3, 0.8)
        threads.append(np.stack([x + sway, edge + length * down], axis=1))
    drawn = lines(iter(threads), int(rng.integers(2, 5)))
    drawn[int(0.2 * SIDE) : edge, int(0.15 * SIDE) : int(1.85 * SIDE)] = 255
    return drawn


def wheel(rng: Random) -> Plane:
    """Spokes within a rim."""
    radius, drawn = int(SIDE * rng.uniform(0.5, 0.8)), canvas()
    for angle in np.arange(0, 2 * np.pi, 2 * np.pi / rng.integers(12, 40)):
        end = SIDE + radius * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(drawn, (SIDE, SIDE), end.astype(int).tolist(), 255, 3, cv2.LINE_AA)
    cv2.circle(drawn, (SIDE, SIDE), radius, 255, int(rng.integers(10, 30)), cv2.LINE_AA)
    return cv2.circle(drawn, (SIDE, SIDE), radius // 6, 255, -1, cv2.LINE_AA)


def bubbles(rng: Random) -> Plane:
    """Thin shells, denser at their rims, on something solid."""
    rows, columns = np.ogrid[: 2 * SIDE, : 2 * SIDE]
    alpha = np.zeros((2 * SIDE, 2 * SIDE))
    for _ in range(int(rng.integers(6, 14))):
        y, x = rng.uniform(0.3, 1.7, 2) * SIDE
        away = np.hypot(rows - y, columns - x) / (SIDE * rng.uniform(0.08, 0.35))
        shell = np.where(away < 1, 0.12 + 0.8 * away**6, 0)
        alpha = 1 - (1 - alpha) * (1 - shell)
    body = cv2.circle(canvas(), (SIDE, int(1.7 * SIDE)), SIDE // 2, 255, -1, cv2.LINE_AA)
    return np.maximum((255 * alpha).astype(np.uint8), body)


UNSEEN: tuple[Callable[[Random], Plane], ...] = (lace, dandelion, fringe, wheel, bubbles)


def unseen(number: int, rng: Random, sprites: list[Path]) -> Alpha:
    drawn = UNSEEN[number % len(UNSEEN)](rng).astype(np.float32) / 255
    return cv2.GaussianBlur(drawn, (0, 0), rng.uniform(0.6, 2))


def cut_from_photos(number: int, rng: Random, sprites: list[Path]) -> Alpha:
    return alpha_of_kind(SOLID[number % len(SOLID)], rng, (2 * SIDE, 2 * SIDE))


def soft(number: int, rng: Random, sprites: list[Path]) -> Alpha:
    """A sprite, with something solid in it."""
    alpha = resize(read_alpha(sprites[number % len(sprites)]), (2 * SIDE, 2 * SIDE))
    body = cv2.circle(canvas(), (SIDE, SIDE), SIDE // 4, 255, -1).astype(np.float32) / 255
    return np.maximum(alpha, cv2.GaussianBlur(body, (0, 0), 4))


KINDS = {"unseen": unseen, "photos": cut_from_photos, "soft": soft}


def photograph(rng: Random, photos: list[Path]) -> Image:
    """A square of a photograph."""
    image = read_image(photos[int(rng.integers(len(photos)))])
    side = min(image.shape[:2])
    top, left = (int(rng.integers(length - side + 1)) for length in image.shape[:2])
    return resize(image[top : top + side, left : left + side], (2 * SIDE, 2 * SIDE))


def composite(
    kind: str, number: int, photos: list[Path], sprites: list[Path]
) -> tuple[Image, Alpha, list[Plane]]:
    """The photo of that number, its alpha and its trimaps."""
    while True:
        found = _composite(kind, number, photos, sprites)
        if found[2]:  # with some trimap both subject and background are known
            return found
        number += 1_000_000


def _composite(
    kind: str, number: int, photos: list[Path], sprites: list[Path]
) -> tuple[Image, Alpha, list[Plane]]:
    rng = np.random.default_rng((SEED, list(KINDS).index(kind), number))
    alpha = KINDS[kind](number, rng, sprites)
    front, behind = photograph(rng, photos), photograph(rng, photos)
    size = (SIDE, SIDE)
    image = simulate_camera(resize(over(front, alpha[..., None], behind), size), rng)
    alpha = resize(alpha, size)
    trimaps = []
    for band in BANDS:
        trimap = drawn_trimap(alpha, rng)
        if band is not None:
            edge = dilated((alpha > 0.01) & (alpha < 0.99), 2 * band + 1)
            trimap = np.where(edge, UNKNOWN, np.where(alpha > 0.5, 2, 0)).astype(np.uint8)
        if {*np.unique(trimap)} == {0, 1, 2}:
            trimaps.append(trimap)
    return image, alpha, trimaps


def ratios(errors: Plane, first: Plane) -> tuple[Plane, Plane]:
    """Mean over mean, a metric each, and its interval; errors are scenes by metrics."""
    drawn = np.random.default_rng(0).integers(len(errors), size=(DRAWS, len(errors)))
    spread = errors[drawn].mean(axis=1) / first[drawn].mean(axis=1)
    return errors.mean(axis=0) / first.mean(axis=0), np.percentile(spread, [2.5, 97.5], axis=0)


def main() -> None:
    parser = Options(__doc__, quick="one scene a kind", scenes=1)
    parser.add_argument("--photos", type=Path, required=True, help="photographs kept apart")
    parser.add_argument("--sprites", type=Path, required=True, help="sprites kept apart")
    parser.add_argument("--scenes", type=int, default=15, help="of each kind")
    parser.add_argument("--model", action="append", help="default: compact and the classical ones")
    options = parser.parse_args()
    models = options.model or ["compact", "closed-form", "knn", "information-flow"]
    photos, sprites = pictures_below(options.photos), pictures_below(options.sprites)
    found: dict[str, dict[str, list[Plane]]] = {kind: {m: [] for m in models} for kind in KINDS}
    for kind in KINDS:
        for number in range(options.scenes):
            image, alpha, trimaps = composite(kind, number, photos, sprites)
            for model in models:
                alphas = [build_matting(model).matte(image, trimap).alpha for trimap in trimaps]
                errors = [
                    [metric(predicted, alpha, trimap) for metric in METRICS.values()]
                    for predicted, trimap in zip(alphas, trimaps, strict=True)
                ]
                found[kind][model].append(np.mean(errors, axis=0))
    with Report(options.json) as report:
        table = report.table("kind | model | SAD:.2f | MSE:.4f | Grad:.2f | Conn:.2f")
        for kind, of_model in found.items():
            for model, errors in of_model.items():
                table.row(kind, model, *np.mean(errors, axis=0))
        table = report.table("model, ratio to the first | " + " | ".join(METRICS))
        whole = {m: np.concatenate([found[kind][m] for kind in KINDS]) for m in models}
        for model in models[1:]:
            mean, (low, high) = ratios(whole[model], whole[models[0]])
            table.row(
                model,
                *(f"{m:.3f} [{a:.3f}, {b:.3f}]" for m, a, b in zip(mean, low, high, strict=True)),
            )


if __name__ == "__main__":
    main()
