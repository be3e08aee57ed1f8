"""Every public function does the same from four threads as from one, and leaves its host alone."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mattekit
from mattekit.core.types import Image
from mattekit.inference.matting import MODELS
from mattekit.subject.hints import HINTS

THREADS = 4
PHOTO = mattekit.synthetic.scene(3, 96)
rows, columns = np.indices((96, 96))
DISC = np.clip((30 - np.hypot(rows - 48, columns - 48)) / 4, 0, 1).astype(np.float32)
IMAGE = mattekit.over(np.float32([0.9, 0.4, 0.1]), DISC[..., None], PHOTO.image * np.float32(0.4))
TRIMAP = mattekit.make_trimap(DISC, 3, 3)
CAT = mattekit.read_image(Path(__file__).parents[2] / "examples" / "photos" / "cat.png")
GREEN = np.full_like(IMAGE, (0.1, 0.7, 0.2))
SCREEN = mattekit.over(np.float32([0.9, 0.4, 0.1]), DISC[..., None], GREEN)
STROKES = np.where(DISC == 1, 2, np.where(rows < 4, 0, 1)).astype(np.uint8)
GIVEN = {
    "trimap": TRIMAP,
    "mask": DISC > 0.5,
    "box": (12, 12, 72, 72),
    "points": ((48, 48),),
    "scribbles": STROKES,
}


def cut(image: Image = IMAGE, **options: Any) -> Callable[[Path], Any]:
    return lambda folder: mattekit.cutout(image, **options).rgba()


def written(write: Callable[[Path], object], read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    def both(folder: Path) -> Any:
        write(folder)
        return read(folder)

    return both


def save(folder: Path) -> None:
    mattekit.write_image(folder / "rgba.png", IMAGE, alpha=DISC, bits=16)


def pair(folder: Path) -> None:
    for name, alpha in (("predicted", DISC * np.float32(0.9)), ("true", DISC)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        mattekit.write_image(folder / name / "disc.png", alpha)


CALLS: dict[str, Callable[[Path], Any]] = {
    **{f"cutout by {model}": cut(trimap=TRIMAP, model=model) for model in MODELS},
    **{
        f"cutout with {name}": cut(quality="fast", **{name: value}) for name, value in GIVEN.items()
    },
    "cutout with auto": cut(CAT, quality="fast"),
    **{
        f"foreground by {method}": lambda folder, method=method: mattekit.estimate_foreground(
            IMAGE, DISC, method=method
        )
        for method in ("multilevel", "closed-form", "levin")
    },
    "evaluate": written(
        pair,
        lambda folder: [
            *mattekit.evaluate(
                folder / "predicted", folder / "true", protocol="gfm", allow_masks=True
            ).means.values()
        ],
    ),
    "key": lambda folder: mattekit.key(SCREEN).rgba(),
    "load": lambda folder: mattekit.load("compact").predict(IMAGE, TRIMAP),
    "make_trimap": lambda folder: mattekit.make_trimap(DISC, 3, 3),
    "metrics": lambda folder: mattekit.metrics.sad(DISC, DISC * np.float32(0.9), TRIMAP),
    "networks": lambda folder: mattekit.networks.config_of("dim").build().stride,
    "over": lambda folder: mattekit.over(IMAGE, DISC[..., None], IMAGE),
    "read_alpha": written(save, lambda folder: mattekit.read_alpha(folder / "rgba.png")),
    "read_image": written(save, lambda folder: mattekit.read_image(folder / "rgba.png")),
    "read_trimap": lambda folder: mattekit.read_trimap(
        Path(__file__).parents[2] / "examples" / "photos" / "cat-trimap.png"
    ),
    "synthetic": lambda folder: mattekit.synthetic.scene(5, 64).image,
    "write_image": written(save, lambda folder: (folder / "rgba.png").read_bytes()),
}
CLASSES = {"Cutout", "MattekitError"}


def test_every_public_name_every_model_and_every_hint_is_called_here() -> None:
    named = {word for call in CALLS for word in (call, call.split()[0])}
    functions = {*mattekit.__all__} - CLASSES - {"estimate_foreground"}
    assert functions <= named
    assert {*GIVEN, "auto"} == {*HINTS}


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
def test_four_threads_get_what_one_gets(name: str, tmp_path: Path) -> None:
    streams = sys.stdout, sys.stderr
    folders = [tmp_path / str(number) for number in range(THREADS + 1)]
    alone = CALLS[name](folders[0])
    with ThreadPoolExecutor(THREADS) as threads:
        together = list(threads.map(CALLS[name], folders[1:]))
    assert (sys.stdout, sys.stderr) == streams
    for found in together:
        if isinstance(alone, np.ndarray):
            np.testing.assert_allclose(found, alone, atol=1e-6)
        else:
            assert found == alone
