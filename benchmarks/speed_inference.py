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

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from harness import Options, Report, Taken, apart, clock, kept_in
from lessons import LESSONS, fit, new_network, scenes
from torch import nn

from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN, Image, Plane, Size, Trimap
from mattekit.imaging.compose import over
from mattekit.inference.inputs import Inputs, Window
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


def measure(name: str, case: str, way: str, size: Size, weights: Path) -> tuple[Taken, Plane]:
    """One way over one picture, in this process."""
    network = build(name)
    network.load_state_dict(torch.load(weights, weights_only=True))
    if way == "plain":
        return predict(partial(plainly, network.eval()), case, size)
    served = TorchNetwork(network, name=name, device=torch.device("cpu"))
    return predict(Predictor(served, strategy=STRATEGIES[way]()).predict, case, size)


def measure_samplenet(sampling_size: int, side: int) -> Taken:
    """SampleNet with random weights on a square picture, in this process."""
    torch.manual_seed(0)
    network = build("samplenet", sampling_size=sampling_size)
    served = TorchNetwork(network, name="", device=torch.device("cpu"))
    predictor = Predictor(served, strategy=STRATEGIES["whole"]())
    return predict(predictor.predict, "band", (side, side))[0]


def predict(find: Callable[[Image, Trimap], Plane], case: str, size: Size) -> tuple[Taken, Plane]:
    """What finding alpha takes, and alpha where it is unknown."""
    image, trimap = picture(case, size)
    with clock() as taken:
        alpha = find(image, trimap)
    return taken, alpha[trimap == UNKNOWN]


def plainly(network: nn.Module, image: Image, trimap: Trimap) -> Plane:
    """The whole picture in contiguous float32."""
    window = Window(top=0, left=0, height=image.shape[0], width=image.shape[1])
    planes = Inputs(colours=image, trimap=trimap).window(window)
    with torch.no_grad():
        prediction = network(*(torch.from_numpy(plane) for plane in planes.values()))
    return prediction.alpha[0, 0].numpy()


def compare_ways(report: Report, folder: Path, size: Size) -> None:
    """Time, memory and differences from the plain way."""
    costs = "seconds:.2f | of plain:.2f | peak MB:.0f | of plain:.2f"
    errors = "mean diff:.4f | p99:.4f | spread:.2f"
    table = report.table(f"network | unknown | way | {costs} | {errors}")
    for name in NETWORKS:
        for case in CASES:
            for way in WAYS:
                taken, alpha = apart(measure, name, case, way, size, folder / f"{name}.pt")
                if way == "plain":
                    plain, plain_alpha = taken, alpha
                difference = np.abs(alpha - plain_alpha)
                times = taken.wall, taken.wall / plain.wall
                memory = taken.grown / 2**20, taken.grown / plain.grown
                far = difference.mean(), np.percentile(difference, 99)
                table.row(name, case, way, *times, *memory, *far, alpha.std())


def compare_starts(report: Report, folder: Path) -> None:
    """From an empty process to the second prediction."""
    laps = "torch s:.2f | mattekit s:.2f | load s:.2f | first s:.2f | second s:.2f"
    table = report.table(f"network | {laps}")
    for name in NETWORKS:
        words = [sys.executable, "-c", START, str(folder / f"{name}.safetensors")]
        subprocess.run(words, check=True, capture_output=True)  # warms the file cache
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        table.row(name, *json.loads(done.stdout))


def main() -> None:
    parser = Options(__doc__, quick="a small picture and little fitting", steps=3)
    parser.add_argument("--steps", type=int, default=200, help="of fitting each network")
    parser.add_argument("--folder", type=Path, help="where the fitted weights stay")
    options = parser.parse_args()
    size = (384, 512) if options.quick else (1280, 1920)
    side, samplings = (min(size), [128]) if options.quick else (1600, [800, 1600])
    with Report(options.json) as report, kept_in(options.folder) as folder:
        report.say(f"{size[1]}x{size[0]}, {os.cpu_count()} cores, torch {torch.__version__}")
        for name in NETWORKS:
            keep_fitted(name, folder, options.steps)
        compare_ways(report, folder, size)
        compare_starts(report, folder)
        table = report.table("samplenet, colours guessed at:d | seconds:.1f | peak MB:.0f")
        for sampling_size in samplings:
            taken = apart(measure_samplenet, sampling_size, side)
            table.row(sampling_size, taken.wall, taken.grown / 2**20)


if __name__ == "__main__":
    main()
