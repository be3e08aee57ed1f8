"""How long, and in how much memory, does a network take over a picture: plainly and our way?

    python benchmarks/speed_inference.py [--quick] [--steps 200] [--folder DIR]

Plain: contiguous float32, autograd off, the whole picture at once. Ours: `whole` with channels-last
and inference mode, and `tile`. Every way runs in a process of its own; memory is the peak of that
process less what it held before the first picture. Two pictures whose unknown area is 15 %: in one
straight band, and along a closed outline. Before, each network is fitted to a synthetic scene,
since with random weights a difference between two ways says nothing; a folder keeps the fitted
weights. The last column is how much alpha varies where it is unknown: a constant would mislead.

Then the start, in a process of its own with a warm file cache: importing torch and mattekit,
loading the network with its modules and weights, the first and the second prediction of 512x512.
Last, SampleNet on a 1600x1600 picture, whose published attention alone would take 6.4 GB: with its
colours guessed at 800 and at full size.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from overfit_networks import LESSONS, fit, new_network, scenes
from torch import nn

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Size, Trimap
from mattekit.imaging.compose import over
from mattekit.inference.inputs import Inputs, Window
from mattekit.inference.memory import peak_during, resident
from mattekit.inference.predictor import Predictor
from mattekit.inference.strategies import STRATEGIES
from mattekit.inference.torch_network import TorchNetwork
from mattekit.networks import build, config_of
from mattekit.networks.weights import describe, save
from mattekit.synthetic.scene import scene

NETWORKS = ("dim", "alphagan")
WAYS = ("plain", "whole", "tile")
CASES = ("band", "outline")
SHARE = 0.15
START = """
import json, sys, time
laps = [time.perf_counter()]
import torch
laps.append(time.perf_counter())
import mattekit
laps.append(time.perf_counter())
predictor = mattekit.load(sys.argv[1], device="cpu")
laps.append(time.perf_counter())
scene = mattekit.synthetic.scene(7, 512)
laps[:] = [lap + time.perf_counter() - laps[-1] for lap in laps]  # drawing does not count
for _ in range(2):
    predictor.predict(scene.image, scene.trimap)
    laps.append(time.perf_counter())
print(json.dumps([later - lap for lap, later in zip(laps, laps[1:])]))
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One way over one picture."""

    network: str
    case: str
    way: str
    seconds: float
    memory: int


def picture(case: str, size: Size) -> tuple[np.ndarray, Trimap]:
    """A synthetic photo, soft where its trimap is unknown, which is 15 % of it."""
    rows, columns = np.indices(size)
    if case == "band":
        place, edge = columns, size[1] * (0.5 - SHARE / 2)
        width = size[1] * SHARE
    else:
        place = np.hypot((rows - size[0] / 2) * size[1] / size[0], columns - size[1] / 2)
        radius = size[1] * 0.33
        width = size[0] * size[1] * SHARE / (2 * np.pi * radius * size[0] / size[1])
        edge = radius - width / 2
    trimap = np.full(size, UNKNOWN, np.uint8)
    trimap[place < edge] = FOREGROUND
    trimap[place >= edge + width] = BACKGROUND
    alpha = ((edge + width - place) / width).clip(0, 1).astype(np.float32)[..., None]
    layers = scene(7, size)
    return over(layers.foreground, alpha, layers.background), trimap


def keep_fitted(name: str, folder: Path, steps: int) -> None:
    """Fit a network to a synthetic scene and keep its weights, unless that was done before."""
    if (folder / f"{name}.pt").is_file():
        return
    torch.set_flush_denormal(True)
    lesson = next(lesson for lesson in LESSONS if lesson.network == name)
    network = new_network(lesson)
    fit(network, lesson, scenes(1), steps)
    torch.save(network.state_dict(), folder / f"{name}.pt")
    config = config_of(name)
    save(folder / f"{name}.safetensors", network.state_dict(), describe(config, network))


def run_one(name: str, case: str, way: str, size: Size, weights: Path, out: Path) -> Run:
    """Run in this process; save alpha for comparison."""
    network = build(name)
    network.load_state_dict(torch.load(weights, weights_only=True))
    image, trimap = picture(case, size)
    alpha: list[np.ndarray] = []
    if way == "plain":
        work = lambda: alpha.append(plainly(network.eval(), image, trimap))  # noqa: E731
    else:
        served = TorchNetwork(network, name=name, device=torch.device("cpu"))
        predictor = Predictor(served, strategy=STRATEGIES[way]())
        work = lambda: alpha.append(predictor.predict(image, trimap))  # noqa: E731
    before = resident()
    start = time.perf_counter()
    peak = peak_during(work)
    seconds = time.perf_counter() - start
    np.save(out, np.where(trimap == UNKNOWN, alpha[0], 0))
    return Run(network=name, case=case, way=way, seconds=seconds, memory=peak - before)


def samplenet_one(sampling_size: int, side: int) -> Run:
    """SampleNet with random weights on a square picture, in this process."""
    torch.manual_seed(0)
    network = TorchNetwork(
        build("samplenet", sampling_size=sampling_size), name="", device=torch.device("cpu")
    )
    image, trimap = picture("band", (side, side))
    predictor = Predictor(network, strategy=STRATEGIES["whole"]())
    before = resident()
    start = time.perf_counter()
    peak = peak_during(lambda: predictor.predict(image, trimap))
    return Run(
        network="samplenet",
        case="band",
        way=str(sampling_size),
        seconds=time.perf_counter() - start,
        memory=peak - before,
    )


def plainly(network: nn.Module, image: np.ndarray, trimap: Trimap) -> np.ndarray:
    """The whole picture in contiguous float32."""
    window = Window(top=0, left=0, height=image.shape[0], width=image.shape[1])
    planes = Inputs(colours=image, trimap=trimap).window(window)
    with torch.no_grad():
        prediction = network(*(torch.from_numpy(plane) for plane in planes.values()))
    return prediction.alpha[0, 0].numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small picture and little fitting")
    parser.add_argument("--steps", type=int, default=200, help="of fitting each network")
    parser.add_argument("--child", nargs=3, metavar=("NETWORK", "CASE", "WAY"))
    parser.add_argument("--folder", type=Path, help="where the fitted weights stay")
    options = parser.parse_args()
    size = (384, 512) if options.quick else (1280, 1920)
    if options.child:
        name, case, way = options.child
        weights, out = options.folder / f"{name}.pt", options.folder / f"{name}-{case}-{way}.npy"
        if name == "samplenet":
            print(json.dumps(asdict(samplenet_one(int(way), min(size) if options.quick else 1600))))
        else:
            print(json.dumps(asdict(run_one(name, case, way, size, weights, out))))
        return
    steps = 3 if options.quick else options.steps
    with tempfile.TemporaryDirectory() as aside:
        report(options.folder or Path(aside), size, steps, options.quick)


def report(folder: Path, size: Size, steps: int, quick: bool) -> None:
    """Run everything in children and print the table."""
    print(f"{size[1]}x{size[0]}, {psutil.cpu_count()} cores, torch {torch.__version__}\n")
    print("| network | unknown | way | seconds | of plain | peak MB | of plain |", end="")
    print(" mean diff | p99 | spread |")
    print("|---|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for name in NETWORKS:
        keep_fitted(name, folder, steps)
        for case in CASES:
            plain: Run | None = None
            for way in WAYS:
                run = Run(**child(folder, name, case, way, quick))
                plain = plain or run
                print(row(folder, run, plain), flush=True)
    print("\n| network | torch s | mattekit s | load s | first s | second s |")
    print("|---|--:|--:|--:|--:|--:|")
    for name in NETWORKS:
        words = [sys.executable, "-c", START, str(folder / f"{name}.safetensors")]
        subprocess.run(words, check=True, capture_output=True)  # warms the file cache
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        times = json.loads(done.stdout)
        print(f"| {name} | " + " | ".join(f"{seconds:.2f}" for seconds in times) + " |")
    print("\n| samplenet, colours guessed at | seconds | peak MB |\n|---|--:|--:|")
    for sampling_size in ("128",) if quick else ("800", "1600"):
        run = Run(**child(folder, "samplenet", "band", sampling_size, quick))
        print(f"| {run.way} | {run.seconds:.1f} | {run.memory / 2**20:.0f} |", flush=True)


def child(folder: Path, name: str, case: str, way: str, quick: bool) -> dict[str, Any]:
    """What one way over one picture prints, in a process of its own."""
    words = [sys.executable, __file__, "--child", name, case, way, "--folder", str(folder)]
    words += ["--quick"] if quick else []
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    printed: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return printed


def row(folder: Path, run: Run, plain: Run) -> str:
    """A line of the table; differences are from `whole`-size plain alphas, where unknown."""
    ours, theirs = (
        np.load(folder / f"{run.network}-{run.case}-{way}.npy") for way in (run.way, plain.way)
    )
    unknown = picture(run.case, ours.shape)[1] == UNKNOWN
    difference = np.abs(ours - theirs)[unknown]
    return (
        f"| {run.network} | {run.case} | {run.way} | {run.seconds:.2f} "
        f"| {run.seconds / plain.seconds:.2f} | {run.memory / 2**20:.0f} "
        f"| {run.memory / plain.memory:.2f} | {difference.mean():.4f} "
        f"| {np.percentile(difference, 99):.4f} | {ours[unknown].std():.2f} |"
    )


if __name__ == "__main__":
    main()
