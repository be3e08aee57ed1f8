"""Does training work? Every trimap system from random weights against closed-form, on scenes.

    python benchmarks/prove_training.py --folder DIR [--only dim] [--share 1] [--picture FILE]
    python benchmarks/prove_training.py --folder DIR --critic [--share 1]
    python benchmarks/prove_training.py --folder DIR --device cuda

The bundled recipes are trained by `mattekit train` on 2,000 procedural scenes, in crops of 128 and
batches of 4, Deep Image Matting a second time on 20,000 crops of 96; all are measured on 100 other
scenes, beside closed-form and the alpha that propagated colours imply. The colour networks of
SampleNet learn from crops of half that size first, and are held against the nearest known colour.
With --critic: AlphaGAN with and without its critic, three seeds each, in crops of 64. Runs that
stand in the folder are taken up where they stopped; --share shortens all of them. With --device
cuda all is larger: crops of 320, batches of 16, ten times the steps.
"""

import subprocess
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from harness import Options, Report, command, kept_in
from lessons import draw_by_kaiming
from scipy.ndimage import distance_transform_edt
from torch import nn

from mattekit.core.tensors import region_weight
from mattekit.core.types import BACKGROUND, FOREGROUND, Alpha, Image, Sample, Trimap
from mattekit.data.loader import collate
from mattekit.data.sources.shards import INDEX
from mattekit.data.sources.synthetic import SyntheticConfig
from mattekit.imaging.files import write_image
from mattekit.inference.load import load
from mattekit.inference.matting import build_matting
from mattekit.inference.strategies import Whole
from mattekit.metrics import measure
from mattekit.models.files import find
from mattekit.networks import config_of
from mattekit.networks.compact import Known, implied, propagate
from mattekit.networks.weights import describe, save
from mattekit.training.validation import colour_error, predicted_planes

TRAINING = 2000
WATCHED = 30
"""Scenes, neither trained on nor held out, that the curves are of and the best checkpoint is."""
METRICS = ("sad", "mse", "grad", "conn")
COLUMNS = "SAD:.3f | MSE:.4f | Grad:.3f | Conn:.3f"
SHOWN = (0, 1, 2)
"""Held-out scenes that the picture is of."""
WHOLE = "{name: whole}"
"""Colour networks, which else are shown pictures at one fixed size, are measured at that of the
scenes that they learn from."""
REGIONS = {
    "background": "{unknown: 1, foreground: 0, background: 0.3}",
    "foreground": "{unknown: 1, foreground: 0.3, background: 0}",
}
"""What counts in the small crops that a colour network begins with: known colours a little."""
LABELS = {"background": BACKGROUND, "foreground": FOREGROUND}
FAR = 8
"""A dilation that reaches past the edges of a small crop."""
Finder = Callable[[Sample], Alpha]
Samples = Sequence[Sample]


@dataclass(frozen=True, kw_only=True)
class Size:
    """What a device is given to do."""

    side: int
    """Height and width of a scene."""
    crop: int
    critic_crop: int
    batch: int
    longer: int
    """Times the steps of a course."""
    workers: int


SIZES = {
    "cpu": Size(side=160, crop=128, critic_crop=64, batch=4, longer=1, workers=0),
    "cuda": Size(side=400, crop=320, critic_crop=320, batch=16, longer=10, workers=8),
}


@dataclass(frozen=True, kw_only=True)
class Course:
    """A recipe, how long and how fast, and what else is set otherwise than it says."""

    recipe: str
    steps: int
    lr: float
    words: dict[str, object] = field(default_factory=dict)
    stored: bool = False
    """Learns from scenes decoded beforehand, which cost little."""
    first: "Course | None" = None
    """Comes before and hands on its weights: crops of half the side, twice as many in a batch."""


def courses(folder: Path) -> dict[str, Course]:
    """What is trained, in this order; later ones build on the runs of earlier ones."""
    colours = {name: folder / f"samplenet-{name}" for name in ("background", "foreground")}
    return {
        "dim": Course(
            recipe="dim_stage1",
            steps=1200,
            lr=1e-4,
            words={"init": start(folder, begin_even, "dim")},
        ),
        "dim of 20,000 crops": Course(
            recipe="dim_stage1",
            steps=2500,
            lr=1e-4,
            words={
                "init": start(folder, begin_even, "dim"),
                "batch": 8,
                "data.crop": "[96]",
                "data.size": 96,
            },
        ),
        "alphagan": Course(recipe="alphagan", steps=600, lr=1e-3, words={"init": "none"}),
        "samplenet-background": colour_course(folder, "background"),
        "samplenet-foreground": colour_course(folder, "foreground", colours["background"]),
        "samplenet": Course(
            recipe="samplenet_matting",
            steps=250,
            lr=3e-4,
            words={
                "init.parts.background": colours["background"],
                "init.parts.foreground": colours["foreground"],
                "init.parts.matting": "none",
            },
        ),
    }


def colour_course(folder: Path, layer: str, guessed_background: Path | str = "none") -> Course:
    """A colour network. DeepFill's weights are not at hand, so small crops teach it first to keep
    what is known and to guess the rest, the foreground from the true background."""
    recipe = f"samplenet_{layer}"
    shared = {
        "data.after_crop": "[{name: flip, probability: 0.5}, {name: shifted_trimap}]",
        "optimiser.betas": "[0.9, 0.99]",
        "validate.strategy": WHOLE,
    }
    small = {
        "init": start(folder, give_back_photo, "samplenet", part=layer),
        "losses": f"[{{name: sampling_l1, plane: {layer}, region: {REGIONS[layer]}}}]",
        "guessed_background": "none",
        **shared,
    }
    first = Course(recipe=recipe, steps=4000, lr=2e-4, words=small, stored=True)
    words = {"guessed_background": guessed_background, **shared}
    return Course(recipe=recipe, steps=1400, lr=1e-4, words=words, stored=True, first=first)


def slug(name: str) -> str:
    """The folder of a run."""
    return name.replace(" ", "-").replace(",", "")


def critics(crop: int) -> dict[str, Course]:
    """AlphaGAN by turns with and without a critic."""
    methods: dict[str, dict[str, object]] = {
        "with": {},
        "without": {"method": "{name: supervised}"},
    }
    return {
        f"{name}-{seed}": Course(
            recipe="alphagan",
            steps=100,
            lr=1e-3,
            words={
                "init": "none",
                "seed": seed,
                "data.crop": f"[{crop}]",
                "data.size": crop,
                **words,
            },
        )
        for seed in range(3)
        for name, words in methods.items()
    }


def start(folder: Path, draw: Callable[[Any], None], name: str, **options: str) -> Path:
    """A file of first weights for a network without norms, drawn so that it can learn."""
    path = folder / f"{'-'.join([name, *options.values()])}-start.safetensors"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(0)
        config = config_of(name, **options)
        network = config.build()
        draw(network)
        save(path, network.state_dict(), describe(config, network, source="random"))
    return path


def begin_even(network: Any) -> None:
    """By Kaiming's rule, and alpha 0.5 everywhere."""
    draw_by_kaiming(network)
    nn.init.zeros_(layers_of(network)[-1].weight)


@torch.no_grad()
def give_back_photo(network: Any) -> None:
    """Both stages of a colour network begin with the photo, a little blurred: it passes in three
    of the channels, raised above zero so that ELU leaves it alone. The others are as drawn, but
    those that look far begin with their own place, since small crops teach them nothing else."""
    for stage in (network.generator.coarse, network.generator.refine):
        layers = layers_of(stage)
        nn.init.zeros_(layers[-1].weight)
        for layer in layers:
            if layer.dilation[0] >= FAR:
                keep_middle(layer)
            nn.init.zeros_(layer.weight[:3])
            middle = layer.kernel_size[0] // 2
            for channel in range(3):
                if layer.stride == (2, 2):
                    layer.weight[channel, channel, :2, :2] = 1 / 4
                else:
                    layer.weight[channel, channel, middle, middle] = 1
        nn.init.constant_(layers[0].bias[:3], 1)
        nn.init.constant_(layers[-1].bias, -1)


def keep_middle(layer: nn.Conv2d) -> None:
    """Only the middle of the kernel, as strong as all of it was."""
    middle = layer.weight[..., 1:2, 1:2] * 3
    layer.weight.copy_(F.pad(middle, (1, 1, 1, 1)))


def layers_of(network: nn.Module) -> list[nn.Conv2d]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]


def train(course: Course, run: Path, options: Namespace) -> int:
    """The course on procedural scenes, to its end; how many steps that is."""
    size = SIZES[options.device]
    if course.first is None:
        return run_recipe(course, run, options, size)
    first = run.with_name(f"{run.name}-first")
    small = replace(size, crop=size.crop // 2, batch=2 * size.batch)
    steps = run_recipe(course.first, first, options, small)
    words = {"init": first / "checkpoints" / f"step-{steps:06d}", **course.words}
    return steps + run_recipe(replace(course, words=words), run, options, size)


def run_recipe(course: Course, run: Path, options: Namespace, size: Size) -> int:
    """One recipe to its end; how many steps that is."""
    steps = max(round(options.share * size.longer * course.steps), 2)
    drawn = scenes(TRAINING, size.side)
    settings = {
        "data.train": store(run.parent / "scenes", drawn) if course.stored else drawn,
        "data.valid": scenes(WATCHED, size.side, seed=2),
        "data.crop": f"[{size.crop}]",
        "data.size": size.crop,
        "data.after_crop": "[{name: flip, probability: 0.5}]",
        "data.workers": size.workers,
        "batch": size.batch,
        "optimiser.lr": course.lr,
        "schedule": "cosine",
        "warmup": f"{{steps: {max(steps // 14, 1)}}}",
        "clip": 1.0,
        "precision": "bf16",
        "channels_last": "true",
        "length": f"{{steps: {steps}}}",
        "validate.every": f"{{steps: {max(steps // 5, 1)}}}",
        "checkpoint.every": f"{{steps: {max(steps // 10, 1)}}}",
        **course.words,
    }
    words = ("train", course.recipe, "--device", options.device, "--output", run, "--quiet")
    subprocess.run(command(*words, **settings), check=True)
    return steps


def scenes(count: int, side: int, seed: int = 0) -> str:
    """Procedural scenes, as recipes name them."""
    return f"{{name: synthetic, count: {count}, size: {side}, seed: {seed}}}"


def store(place: Path, drawn: str) -> str:
    """Decode the scenes, once; whenever one of them is read, it gets the background of another."""
    if not (place / INDEX).is_file():
        settings = {"init": "none", "data.train": drawn, "data.valid": drawn}
        words = ("prepare", "shards", "samplenet_background", "--output", place, "--overwrite")
        subprocess.run(command(*words, "--quiet", **settings), check=True)
    return f"{{name: shards, folder: {place}}}"


def held_out(number: int, side: int) -> list[Sample]:
    """Scenes of another seed, those whose trimap has all three labels, as closed-form needs."""
    source = SyntheticConfig(count=2 * number, size=side, seed=1).open()
    samples = (source.sample(index, np.random.default_rng(0)) for index in range(len(source)))
    known = (sample for sample in samples if np.unique(trimap_of(sample)).size == 3)
    return list(islice(known, number))


def trimap_of(sample: Sample) -> Trimap:
    """The trimap, which every scene has."""
    assert sample.trimap is not None
    return sample.trimap


def closed_form(sample: Sample) -> Alpha:
    """What most compare with."""
    return build_matting("closed-form").matte(sample.image, trimap_of(sample)).alpha


def propagated(sample: Sample) -> Alpha:
    """The alpha that colours propagated from the known pixels imply."""
    batch = collate([sample])
    known = Known(*(region_weight(label, batch.trimap) for label in ("foreground", "background")))
    spread = propagate(batch.image, known)
    alpha = implied(batch.image, spread.foreground, spread.background)
    return (alpha * known.unknown + known.foreground)[0, 0].numpy()


def trained(run: Path, device: str) -> Finder:
    """What the network of a run finds."""
    predictor = load(find(str(run)), device=device)
    return lambda sample: predictor.predict(sample.image, sample.trimap)


def mean_scores(finder: Finder, samples: Samples) -> list[float]:
    """The mean of every metric."""
    found = [
        measure(finder(sample), sample.alpha, sample.trimap, metrics=METRICS) for sample in samples
    ]
    return [float(np.mean([each[name] for each in found])) for name in METRICS]


def colour_errors(folder: Path, layer: str, device: str, samples: Samples) -> dict[str, float]:
    """Mean error of a layer's colours in the unknown: as the network guesses them, as the nearest
    pixel known to be that layer's has them, and as the photo has them."""
    predictors = {
        name: load(find(str(folder / f"samplenet-{name}")), device=device, strategy=Whole())
        for name in {"background", layer}
    }
    errors = []
    for sample in samples:
        behind = predicted_planes(predictors["background"], sample, {"alpha", "background"})
        told = replace(sample, background=behind["background"])
        guessed = predicted_planes(predictors[layer], told, {"alpha", layer})
        rows, columns = distance_transform_edt(
            trimap_of(sample) != LABELS[layer], return_distances=False, return_indices=True
        )
        found = {
            "network": guessed[layer],
            "nearest known": sample.image[rows, columns],
            "photo": sample.image,
        }
        errors.append([colour_error({layer: plane}, sample, layer) for plane in found.values()])
    return dict(zip(found, np.mean(errors, axis=0).tolist(), strict=True))


def compare_systems(report: Report, folder: Path, options: Namespace, samples: Samples) -> None:
    """Train every system; what it reaches beside what needs no training."""
    finders: dict[str, Finder] = {"closed-form": closed_form, "propagated colours": propagated}
    height, width = samples[0].size
    report.say(f"{len(samples)} scenes of {width}x{height}")
    table = report.table(f" | steps:d | {COLUMNS}")
    for name, finder in finders.items():
        table.row(name, 0, *mean_scores(finder, samples))
    for name, course in courses(folder).items():
        if options.only not in (None, name):
            continue
        steps = train(course, folder / slug(name), options)
        layer = course.recipe.removeprefix("samplenet_")
        if layer in LABELS:
            errors = colour_errors(folder, layer, options.device, samples)
            told = ", ".join(f"{name} {error:.3f}" for name, error in errors.items())
            table.row(name, steps, f"error of the colours: {told}")
            continue
        finders[name] = trained(folder / slug(name), options.device)
        table.row(name, steps, *mean_scores(finders[name], samples))
    if options.picture is not None:
        write_image(
            options.picture, sheet([samples[number] for number in SHOWN], list(finders.values()))
        )


def sheet(samples: Samples, finders: Sequence[Finder]) -> Image:
    """A row a scene: photo, trimap, truth and every method."""
    rows = []
    for sample in samples:
        trimap = (trimap_of(sample) / 2).astype(np.float32)
        grey: list[Alpha] = [trimap, sample.alpha, *(finder(sample) for finder in finders)]
        colours = [np.repeat(plane[..., None], 3, axis=2) for plane in grey]
        rows.append(np.concatenate([sample.image, *colours], axis=1))
    return np.concatenate(rows)


def compare_critics(report: Report, folder: Path, options: Namespace, samples: Samples) -> None:
    """Train AlphaGAN with and without its critic; mean and spread over the seeds."""
    found = defaultdict(list)
    table = report.table(f"critic | seed | {COLUMNS}")
    for name, course in critics(SIZES[options.device].critic_crop).items():
        run = folder / f"critic-{name}"
        train(course, run, options)
        critic, seed = name.split("-")
        found[critic].append(mean_scores(trained(run, options.device), samples))
        table.row(critic, seed, *found[critic][-1])
    for critic, values in found.items():
        table.row(critic, "mean", *np.mean(values, axis=0))
        table.row(critic, "spread", *np.std(values, axis=0, ddof=1))


def main() -> None:
    quick = "two steps of Deep Image Matting"
    parser = Options(__doc__, quick=quick, only="dim", share=0.0, scenes=3)
    parser.add_argument("--folder", type=Path, help="where the runs stay")
    parser.add_argument("--only", help="one of the runs, such as dim")
    parser.add_argument("--critic", action="store_true", help="AlphaGAN with and without critic")
    parser.add_argument("--device", choices=SIZES, default="cpu")
    parser.add_argument("--share", type=float, default=1.0, help="of the steps of every run")
    parser.add_argument("--scenes", type=int, default=100, help="held out, to measure on")
    parser.add_argument("--picture", type=Path, help="write what each makes of three scenes here")
    options = parser.parse_args()
    compare = compare_critics if options.critic else compare_systems
    samples = held_out(options.scenes, SIZES[options.device].side)
    with Report(options.json) as report, kept_in(options.folder) as folder:
        compare(report, folder, options, samples)


if __name__ == "__main__":
    main()
