"""How many training samples a second does one core prepare, and what does that cost the training?

Rows: the published way (four composited PNG files a sample, decoded whole, crop 320 to 640, trimap
by the published generator), cut-outs composited on the fly over JPEG backgrounds, and procedural
scenes. All give 320x320 crops around unknown pixels with flips left out. Files are made here, from
scenes, and are read from a warm cache.

    python benchmarks/speed_loader.py [--quick] [--save]
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from mattekit.core.types import Sample
from mattekit.data.crop import Crop
from mattekit.data.loader import Row, make_loader
from mattekit.data.sources.rgba_folder import RgbaFolderConfig
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.imaging.files import read_alpha, read_image, write_alpha, write_image
from mattekit.imaging.trimap import legacy
from mattekit.synthetic.scene import scene

HERE = Path(__file__).resolve().parent
SIZE = 320
CROP = Crop((320, 480, 640), SIZE)


def write_files(folder: Path, pictures: int, size: tuple[int, int]) -> None:
    """The same scenes as composites with all their planes, and as cut-outs beside backgrounds."""
    for number in range(pictures):
        sample = scene(number, size)
        for name in ("image", "foreground", "background"):
            write_image(folder / name / f"{number}.png", getattr(sample, name))
        write_alpha(folder / "alpha" / f"{number}.png", sample.alpha)
        cut_out = folder / "cut-outs" / f"{number}.png"
        write_image(cut_out, sample.foreground, alpha=sample.alpha)
        write_image(folder / "jpeg" / f"{number}.jpg", sample.background)


def published(folder: Path, pictures: int) -> Iterator[Sample]:
    """Four files a sample, read whole."""
    rng = np.random.default_rng(0)
    for number in count():
        name = f"{number % pictures}.png"
        planes = {
            plane: read_image(folder / plane / name)
            for plane in ("image", "foreground", "background")
        }
        sample = Sample(alpha=read_alpha(folder / "alpha" / name), **planes)
        window = CROP(sample, rng)
        yield Sample(**{**vars_of(window), "trimap": legacy(window.alpha, rng)})


def vars_of(sample: Sample) -> dict[str, Any]:
    return {name: getattr(sample, name) for name in sample.__dataclass_fields__}


def loaded(source: Any) -> Iterator[object]:
    """Our loader's batches of one."""
    row = Row(length=len(source), batch=1, seed=0)
    return make_loader(source, row, steps=[CROP])


def rate(samples: Iterator[object], number: int) -> float:
    """Samples per second of processor time, after one to warm up."""
    next(samples)
    start = time.process_time()
    for _ in islice(samples, number):
        pass
    return number / (time.process_time() - start)


def step_seconds(beside: Callable[[], Iterator[object]] | None, steps: int) -> float:
    """Wall seconds of a training step of a small network, with a worker at its side or without."""
    from mattekit.networks import build

    network = build("compact").train()
    optimiser = torch.optim.AdamW(network.parameters())
    image, trimap = torch.rand(4, 3, SIZE, SIZE), torch.full((4, 1, SIZE, SIZE), 0.5)
    waiting = beside() if beside is not None else iter(range(10**9))
    next(waiting)
    start = time.perf_counter()
    for _ in range(steps):
        next(waiting)
        optimiser.zero_grad()
        network(image, trimap).alpha.mean().backward()
        optimiser.step()
    return (time.perf_counter() - start) / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small pictures, for a smoke run")
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/*.json")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    pictures, size, number = (2, (360, 480), 4) if options.quick else (8, (1080, 1440), 40)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_files(folder, pictures, size)
        cut_outs = RgbaFolderConfig(
            foregrounds=str(folder / "cut-outs"), backgrounds=str(folder / "jpeg")
        ).open()
        scenes = SyntheticConfig(size=SIZE, endless=True).open()
        rates = {
            "published: 4 PNG a sample": rate(published(folder, pictures), number),
            "cut-outs over JPEG": rate(loaded(cut_outs), number),
            f"scenes of {SIZE}": rate(loaded(scenes), number),
        }
        row = Row(length=len(cut_outs), batch=4, seed=0)
        worker = partial(make_loader, cut_outs, row, steps=[CROP], workers=1)
        steps = 3 if options.quick else 20
        alone, beside = step_seconds(None, steps), step_seconds(worker, steps)
    first = next(iter(rates.values()))
    print(f"files of {size[1]}x{size[0]}, crops of {SIZE}, {platform.machine()}\n")
    print("| way | samples/s/core | ratio |\n|---|---|---|")
    for name, value in rates.items():
        print(f"| {name} | {value:.1f} | {value / first:.1f} |")
    print(f"\nA step of 4 crops of compact: {alone:.2f} s alone, {beside:.2f} s beside one worker.")
    if options.save:
        report = {"size": size, "rates": rates, "step_alone": alone, "step_beside": beside}
        target = HERE / "results" / f"speed_loader-{date.today()}-{platform.node()}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
