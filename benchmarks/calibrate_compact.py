"""How wrong is `compact` where it expects an error, and which map makes both agree?

    python benchmarks/calibrate_compact.py --photos DIR --sprites DIR [--scenes 12]
    python benchmarks/calibrate_compact.py WEIGHTS.safetensors -o OUT.safetensors --photos DIR
        --sprites DIR [--scenes 12]

Without weights, what ships is measured as it is.

The composites are those of `quality_heldout.py` with other numbers, so that its pictures judge what
is fitted here. In ten bins of expected error, each with a tenth of the unknown pixels, the mean
error of the final alpha (solved once more) is the value of a knot. Prints expected and made for the
bins, before and after.
"""

from pathlib import Path

import numpy as np
import torch
from harness import Options, Report
from quality_heldout import KINDS, composite

from mattekit.core.types import UNKNOWN, Plane
from mattekit.data.folders import pictures_below
from mattekit.inference.load import load as load_model
from mattekit.inference.predictor import Predictor
from mattekit.inference.torch_network import TorchNetwork
from mattekit.networks.compact import KNOTS
from mattekit.networks.weights import load, read_header, save

FIRST = 1_000  # scenes that judge have smaller numbers


def errors(predictor: Predictor, pictures: list[tuple[Plane, ...]]) -> tuple[Plane, Plane]:
    """Expected and made, of every unknown pixel."""
    expected, made = [], []
    for image, alpha, trimap in pictures:
        matte, unknown = predictor.matte(image, trimap), trimap == UNKNOWN
        assert matte.expected_error is not None
        expected.append(matte.expected_error[unknown])
        made.append(np.abs(matte.alpha - alpha)[unknown])
    return np.concatenate(expected), np.concatenate(made)


def bins(expected: Plane, made: Plane) -> tuple[Plane, Plane]:
    """Means of tenths of the pixels, from the surest to the most doubted."""
    order = np.array_split(np.argsort(expected, kind="stable"), len(KNOTS))
    return (np.array([values[some].mean() for some in order]) for values in (expected, made))


def rising(values: Plane) -> Plane:
    """The nearest values that never fall: neighbours that do are averaged."""
    groups: list[list[float]] = []
    for value in values:
        groups.append([value])
        while len(groups) > 1 and np.mean(groups[-2]) > np.mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    return np.concatenate([np.full(len(group), np.mean(group)) for group in groups])


def main() -> None:
    parser = Options(__doc__, quick="one scene a kind", scenes=1)
    parser.add_argument("weights", nargs="?", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--photos", type=Path, required=True, help="photographs kept apart")
    parser.add_argument("--sprites", type=Path, required=True, help="sprites kept apart")
    parser.add_argument("--scenes", type=int, default=12, help="of each kind")
    options = parser.parse_args()
    photos, sprites = pictures_below(options.photos), pictures_below(options.sprites)
    pictures = [
        (image, alpha, trimap)
        for kind in KINDS
        for number in range(FIRST, FIRST + options.scenes)
        for image, alpha, trimaps in [composite(kind, number, photos, sprites)]
        for trimap in trimaps
    ]
    if (options.weights is None) != (options.output is None):
        parser.error("name both the weights and, with -o, where the calibrated ones go, or neither")
    with Report(options.json) as report:
        table = report.table("calibration | " + " | ".join(f"tenth {n}:.3f" for n in range(1, 11)))
        if options.weights is None:
            expected, made = bins(*errors(load_model(), pictures))
            table.row("as shipped: expected", *expected)
            table.row("as shipped: made", *made)
            return
        network = load(options.weights)
        network.calibration.copy_(torch.tensor([KNOTS, KNOTS]))
        of_torch = TorchNetwork(network, name="compact", device=torch.device("cpu"))
        for step in ("none", "fitted"):
            expected, made = bins(*errors(Predictor(of_torch), pictures))
            table.row(f"{step}: expected", *expected)
            table.row(f"{step}: made", *made)
            if step == "none":
                knots = np.log(expected) + 1e-3 * np.arange(len(KNOTS))  # never two alike
                fitted = np.log(np.maximum(rising(made), np.exp(KNOTS[0])))
                network.calibration.copy_(torch.tensor(np.stack([knots, fitted])))
    save(options.output, network.state_dict(), read_header(options.weights))


if __name__ == "__main__":
    main()
