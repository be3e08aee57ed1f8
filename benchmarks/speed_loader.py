"""How many training samples a second does one core prepare, and what does that cost the training?

All rows give the same kind of sample from the same 1920x1080 scenes: image, alpha, trimap,
foreground and background of 320x320, cut with sides of 320, 480 or 640 around an unknown pixel,
mirrored half of the time, with a trimap of the published generator.

- published: four PNG files a sample (image, alpha, foreground, background), decoded whole by
  OpenCV, then cropped and resized;
- cold, RGBA PNG: a cut-out with alpha over a JPEG background, composed within the window;
- cold, JPEG: a JPEG foreground with its alpha as PNG, over a JPEG background;
- shards: the same, decoded beforehand and mapped into memory, as whole pictures or as windows.

Files are made here and read from a warm cache; times are of the processor. The memory of a worker
is what it does not share: mapped files are left out, which the system takes back when it likes.

    python benchmarks/speed_loader.py [--quick] [--json FILE]
"""

import platform
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path

import cv2
import numpy as np
import psutil
import torch
from harness import Options, Report, clock, kept_in

from mattekit.classical.estimates import CHANNELS
from mattekit.core.tensors import Batch
from mattekit.core.types import Sample
from mattekit.data import Source
from mattekit.data.augmentation.geometry import FlipConfig
from mattekit.data.augmentation.trimaps import LegacyTrimapConfig
from mattekit.data.crop import Crop
from mattekit.data.loader import SampleOrder, collate, make_loader
from mattekit.data.matte_files import MatteFiles
from mattekit.data.pairs import CompositionConfig, Pair, PairSource
from mattekit.data.sources.shards import ShardsConfig
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.data.window import Window, random_pixel
from mattekit.imaging.files import write_alpha, write_image
from mattekit.imaging.picture import to_float
from mattekit.preparation.shards import write_shards
from mattekit.synthetic.scene import scene

PICTURE = (1080, 1920)
SIDES, SIZE = (320, 480, 640), 320
AFTER = (FlipConfig(), LegacyTrimapConfig())
STEPS = (Crop(SIDES, SIZE), *AFTER)
MEGABYTE = 1e6


def write_files(folder: Path, pictures: int) -> None:
    """The same scenes as composites with all their planes, and as foregrounds and backgrounds."""
    for number in range(pictures):
        sample = scene(number, PICTURE)
        for name in ("image", "foreground", "background"):
            write_image(folder / name / f"{number}.png", getattr(sample, name))
        for name in ("foreground", "background"):
            write_image(folder / f"{name} as JPEG" / f"{number}.jpg", getattr(sample, name))
        write_alpha(folder / "alpha" / f"{number}.png", sample.alpha)
        write_image(folder / "cut-out" / f"{number}.png", sample.foreground, alpha=sample.alpha)


def published(folder: Path, pictures: int) -> Iterator[Batch]:
    """Four files a sample, decoded whole, in bytes until the window has its size."""
    for number in count():
        rng = np.random.default_rng(number)
        planes = {
            name: cv2.imread(str(folder / name / f"{number % pictures}.png"))
            for name in ("image", "alpha", "foreground", "background")
        }
        planes["alpha"] = planes["alpha"][..., 0]
        unknown = (planes["alpha"] > 0) & (planes["alpha"] < 255)
        side = int(rng.choice(SIDES))
        window = Window.around(random_pixel(unknown, rng), (side, side), PICTURE)
        resized = {
            name: to_float(cv2.resize(window.of(plane), (SIZE, SIZE)))
            for name, plane in planes.items()
        }
        sample = Sample(**resized)
        for step in AFTER:
            sample = step(sample, rng)
        yield collate([sample])


def over_any(foregrounds: list[MatteFiles], backgrounds: Path) -> PairSource:
    """Foregrounds over JPEG backgrounds, drawn anew each time."""
    return PairSource(
        foregrounds=foregrounds,
        backgrounds=sorted(backgrounds.iterdir()),
        pairs=[Pair(number) for number in range(len(foregrounds))],
        composition=CompositionConfig(),
        licence="procedural",
    )


def make_sources(report: Report, folder: Path) -> dict[str, Source]:
    """Our ways to the same samples."""
    backgrounds = folder / "background as JPEG"
    cut_outs = [MatteFiles(path) for path in sorted((folder / "cut-out").iterdir())]
    photos = [
        MatteFiles(path, folder / "alpha" / f"{path.stem}.png")
        for path in sorted((folder / "foreground as JPEG").iterdir())
    ]
    sources: dict[str, Source] = {
        "cold, RGBA PNG over JPEG": over_any(cut_outs, backgrounds),
        "cold, JPEG and PNG alpha over JPEG": over_any(photos, backgrounds),
    }
    for name, window in (("whole pictures", None), (f"windows of {max(SIDES)}", max(SIDES))):
        place = folder / f"shards of {name}"
        size = write_shards(over_any(photos, backgrounds), place, window=window)
        disk = f"{size.samples} samples, {size.bytes / MEGABYTE:.0f} MB on disk"
        report.say(f"shards of {name}: {disk}")
        sources[f"shards of {name}"] = ShardsConfig(folder=str(place)).open()
    return sources


def loaded(source: Source) -> Iterator[Batch]:
    """Our loader's batches of one."""
    return make_loader(source, SampleOrder(length=len(source), batch=1, seed=0), steps=STEPS)


def check_alike(name: str, batch: Batch, other: Batch) -> None:
    """Refuse to compare samples with other planes or sizes."""
    for plane in ("image", "alpha", "trimap", "foreground", "background"):
        assert getattr(batch, plane).shape == getattr(other, plane).shape, (name, plane)


def rate(batches: Iterator[Batch], number: int) -> float:
    """Samples per second of processor time, after two to warm up."""
    for _ in islice(batches, 2):
        pass
    with clock() as taken:
        for _ in islice(batches, number):
            pass
    return number / taken.cpu


def memory_growth(batches: Iterator[Batch], number: int) -> tuple[float, float]:
    """Own memory in MB after a tenth of the samples, and how much it has grown after all."""
    for _ in islice(batches, number // 10):
        pass
    before = own_memory()
    for _ in islice(batches, number - number // 10):
        pass
    return before, own_memory() - before


def own_memory() -> float:
    """Resident MB of this process without what is mapped from files."""
    memory = psutil.Process().memory_info()
    return (memory.rss - getattr(memory, "shared", 0)) / MEGABYTE


def step_seconds(beside: Callable[[], Iterator[object]] | None, steps: int) -> float:
    """Wall seconds of a training step of a small network, with a worker at its side or without."""
    from mattekit.networks import build

    network = build("compact").train()
    optimiser = torch.optim.AdamW(network.parameters())
    image, trimap = torch.rand(4, 3, SIZE, SIZE), torch.full((4, 1, SIZE, SIZE), 0.5)
    prior = torch.rand(4, len(CHANNELS), SIZE, SIZE)
    waiting = beside() if beside is not None else iter(range(10**9))
    next(waiting)
    with clock() as taken:
        for _ in range(steps):
            next(waiting)
            optimiser.zero_grad()
            network(image, trimap, prior).alpha.mean().backward()
            optimiser.step()
    return taken.wall / steps


def compare(report: Report, folder: Path, quick: bool) -> None:
    """Rates of every way, the memory of the loader, and what it costs a step."""
    pictures, number, endurance, steps = (2, 8, 300, 2) if quick else (8, 60, 5000, 20)
    write_files(folder, pictures)
    sources = make_sources(report, folder)
    report.say(f"files of {PICTURE[1]}x{PICTURE[0]}, crops of {SIZE}, {platform.machine()}")
    table = report.table("way | samples/s/core:.1f | ratio:.1f")
    first, base = next(published(folder, pictures)), rate(published(folder, pictures), number)
    table.row("published: 4 PNG", base, 1.0)
    scenes = {f"procedural scenes of {SIZE}": SyntheticConfig(size=SIZE, endless=True).open()}
    for name, source in {**sources, **scenes}.items():
        check_alike(name, next(loaded(source)), first)
        samples = rate(loaded(source), number)
        table.row(name, samples, samples / base)
    shards = sources["shards of whole pictures"]
    held, growth = memory_growth(loaded(shards), endurance)
    told = "Own memory: {held:.0f} MB, {growth:+.1f} MB after {samples} samples of shards."
    report.say(told, held=held, growth=growth, samples=endurance)
    row = SampleOrder(length=len(shards), batch=4, seed=0)
    worker = partial(make_loader, shards, row, steps=STEPS, workers=1)
    alone, beside = step_seconds(None, steps), step_seconds(worker, steps)
    told = "A step of 4 crops of compact: {alone:.2f} s alone, {beside:.2f} s beside one worker."
    report.say(told, alone=alone, beside=beside)


def main() -> None:
    options = Options(__doc__, quick="few samples, for a smoke run").parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with Report(options.json) as report, kept_in(None) as folder:
        compare(report, folder, options.quick)


if __name__ == "__main__":
    main()
