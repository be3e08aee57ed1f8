"""How different two pictures look to VGG-16."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import vgg
from torchvision.transforms.functional import normalize

from mattekit.core.errors import BadWeights
from mattekit.networks import perceptual
from mattekit.networks.parts.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from mattekit.networks.perceptual import perceptual_distance

TAPS = (3, 8, 13, 15)


@pytest.fixture(scope="module")
def features() -> torch.nn.Sequential:
    """torchvision's own, with random weights."""
    torch.manual_seed(0)
    return vgg.make_layers(vgg.cfgs["D"][:9], batch_norm=False)


@pytest.fixture
def file(features: torch.nn.Sequential, tmp_path: Path) -> str:
    path = tmp_path / "vgg16.pth"
    torch.save({f"features.{key}": value for key, value in features.state_dict().items()}, path)
    return str(path)


def pictures(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    first, second = rng.random((2, *size, 3), dtype=np.float32)
    return first, second


def by_torchvision(features: torch.nn.Sequential, *two: np.ndarray) -> float:
    """The mean over four layers of the mean absolute difference."""
    planes = [torch.from_numpy(picture).permute(2, 0, 1)[None] for picture in two]
    values = [normalize(plane, IMAGENET_MEAN, IMAGENET_STD) for plane in planes]
    found = []
    with torch.no_grad():
        for number, layer in enumerate(features):
            values = [layer(value) for value in values]
            if number in TAPS:
                found.append(float((values[0] - values[1]).abs().mean()))
    return sum(found) / len(found)


def test_it_is_the_mean_difference_of_four_layers(features, file: str) -> None:
    two = pictures((52, 75))
    expected = by_torchvision(features, *two)
    assert perceptual_distance(file)(*two) == pytest.approx(expected, rel=1e-5)
    assert perceptual_distance(file)(two[0], two[0]) == 0


def test_strips_give_what_the_whole_picture_gives(
    features, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = pictures((150, 40))
    monkeypatch.setattr(perceptual, "ROWS", 64)
    expected = by_torchvision(features, *two)
    assert perceptual_distance(file)(*two) == pytest.approx(expected, rel=1e-5)


def test_a_perfect_alpha_looks_the_same_before_any_background(file: str) -> None:
    layers = pictures((16, 16))
    alpha = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    looks = perceptual_distance(file)
    assert looks.of_alphas(alpha, alpha, layers) == 0
    assert looks.of_alphas(alpha**2, alpha, layers) > 0


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"conv1.weight": torch.ones(1)}, tmp_path / "other.pth")
    with pytest.raises(BadWeights, match=r"is no VGG-16: it has no features\.0\.weight"):
        perceptual_distance(str(tmp_path / "other.pth"))
