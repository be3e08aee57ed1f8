"""The pictures that models are measured on: photographs with a known alpha, and scenes.

The folder of photographs holds image/, alpha/, trimap/ (tight) and trimap2/ (loose) with the same
file names.
"""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from itertools import count, islice
from pathlib import Path

import numpy as np
from harness import Options

from mattekit.core.types import Alpha, Image, Trimap
from mattekit.imaging.files import read_alpha, read_image, read_trimap
from mattekit.subject.bands import from_mask
from mattekit.synthetic.scene import scene

FIRST_SCENE = 9_000_000  # seeds that no training draws
Picture = tuple[Image, Alpha, Trimap]


def photographs(folder: Path, trimaps: str) -> Iterator[Picture]:
    """The photographs of a folder with one kind of trimap; `masks` are made from the true alpha
    above 0.5, as the command line makes them."""
    for path in sorted((folder / "image").iterdir()):
        alpha = read_alpha(folder / "alpha" / path.name)
        if trimaps == "masks":
            trimap = from_mask((alpha > 0.5).astype(np.float32))
        else:
            trimap = read_trimap(folder / trimaps / path.name)
        yield read_image(path), alpha, trimap


def scenes(number: int) -> Iterator[Picture]:
    """Synthetic scenes with their own trimaps, those that know some of both labels."""
    samples = (scene(seed, 512) for seed in count(FIRST_SCENE))
    known = (sample for sample in samples if {0, 1, 2} <= set(np.unique(sample.trimap)))
    for sample in islice(known, number):
        assert sample.trimap is not None
        yield sample.image, sample.alpha, sample.trimap


def picture_options(docstring: str, *, scenes: int, quick: str = "three scenes") -> Options:
    """Which pictures to measure on."""
    parser = Options(docstring, quick=quick, scenes=3)
    parser.add_argument("--data", type=Path, help="folder of real photographs")
    parser.add_argument("--scenes", type=int, default=scenes)
    return parser


def chosen(
    options: Namespace, trimaps: Mapping[str, str]
) -> Iterator[tuple[str, Iterator[Picture]]]:
    """The photographs with each kind of trimap, by the name given to it; then scenes."""
    if options.data is not None:
        for kind, name in trimaps.items():
            yield name, photographs(options.data, kind)
    if options.scenes:
        yield f"{options.scenes} scenes", scenes(options.scenes)
