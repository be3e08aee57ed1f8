"""Validation: measured on whole pictures, the same ones each time, without touching training."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torchvision.models import vgg
from training.toys import Discs, ToyNetwork, same, weights_of

from mattekit.core.errors import BadArgument, BadData, BadRecipe
from mattekit.core.tensors import Prediction
from mattekit.core.types import Sample
from mattekit.imaging.files import read_alpha
from mattekit.inference.predictor import Predictor
from mattekit.inference.tile import Tile
from mattekit.inference.torch_network import TorchNetwork
from mattekit.metrics import measure
from mattekit.training.validation import ValidationConfig, Validator, colour_error

CPU = Fabric(accelerator="cpu", devices=1)


class Half(nn.Module):
    """Says one half everywhere."""

    stride = 4
    needs_trimap = True
    extra_planes = ()
    strategies = ("whole",)

    def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
        return Prediction(alpha=torch.full_like(trimap, 0.5))


def validator(**changes: Any) -> Validator:
    options = {"source": Discs(length=3, size=18), "settings": ValidationConfig(), "seed": 5}
    return Validator(**{**options, **changes})


def test_scores_are_the_means_over_the_samples() -> None:
    measured = validator()
    found = measured.scores(Half(), CPU)
    single = []
    for index in range(3):
        sample = measured.sample(index)
        assert sample.trimap is not None
        half = np.full(sample.size, 0.5, dtype=np.float32)
        single.append(measure(half, sample.alpha, sample.trimap)["sad"])
    assert list(found) == ["sad", "mse", "grad", "conn"]
    assert found["sad"] == pytest.approx(np.mean(single))


def test_the_same_pictures_are_measured_each_time() -> None:
    assert validator().scores(Half(), CPU) == validator().scores(Half(), CPU)


def test_only_the_first_samples_are_measured_when_asked() -> None:
    first = validator(settings=ValidationConfig(count=1))
    assert first.count == 1
    assert first.scores(Half(), CPU) != validator().scores(Half(), CPU)


def test_the_network_in_training_is_not_changed_in_any_way() -> None:
    network = ToyNetwork().train()
    before, chance = weights_of(network), torch.get_rng_state()
    layout = network.decoder.weight.stride()
    validator().scores(network, CPU)
    assert network.training
    assert same(before, weights_of(network))
    assert network.decoder.weight.stride() == layout
    assert torch.equal(chance, torch.get_rng_state())


def test_the_network_is_measured_in_evaluation_mode() -> None:
    network = ToyNetwork(dropout=0.9).train()
    scores = [validator().scores(network, CPU) for _ in range(2)]
    assert scores[0] == scores[1]


def test_alphas_are_written_for_the_first_samples_with_known_pixels_kept(tmp_path: Path) -> None:
    settings = ValidationConfig(save_predictions=2)
    measured = validator(settings=settings, predictions=tmp_path)
    measured.scores(Half(), CPU)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "0000-disc-0.png",
        "0001-disc-1.png",
    ]
    written, trimap = read_alpha(tmp_path / "0000-disc-0.png"), measured.sample(0).trimap
    assert trimap is not None
    assert set(np.unique(written[trimap == 0])) == {0}
    assert set(np.unique(written[trimap == 2])) == {1}


def test_a_strategy_that_does_not_suit_the_network_is_refused() -> None:
    with pytest.raises(BadArgument, match="tile does not suit"):
        validator(settings=ValidationConfig(strategy=Tile())).scores(Half(), CPU)


def test_the_best_metric_has_to_be_measured() -> None:
    with pytest.raises(ValueError, match="best is mad"):
        ValidationConfig(best="mad")


def test_a_copy_is_measured_even_of_a_network_that_holds_gradients() -> None:
    network = ToyNetwork()
    network(torch.rand(1, 3, 8, 8), torch.rand(1, 1, 8, 8)).alpha.sum().backward()
    gradient = copy.deepcopy(network.decoder.weight.grad)
    validator().scores(network, CPU)
    assert torch.equal(network.decoder.weight.grad, gradient)


class Painted(Half):
    """Says one half, and takes the trimap for the background."""

    def forward(self, image: Tensor, trimap: Tensor) -> Prediction:
        return Prediction(alpha=torch.full_like(trimap, 0.5), background=trimap.expand_as(image))


class Told(Half):
    """Returns the background that it is given as the foreground."""

    extra_planes = ("background",)

    def forward(  # type: ignore[override]
        self, image: Tensor, trimap: Tensor, background: Tensor
    ) -> Prediction:
        return Prediction(alpha=trimap, foreground=background)


def test_networks_are_measured_with_the_planes_that_they_learn_with() -> None:
    settings = ValidationConfig(metrics=("foreground_l1",), best="foreground_l1", count=1)
    measured = validator(settings=settings, steps=[swap_layers])
    assert measured.scores(Told(), CPU) == {"foreground_l1": 0}


def swap_layers(sample: Sample, rng: np.random.Generator) -> Sample:
    return replace(sample, background=sample.foreground)


class Fused(Half):
    """Returns the first of the estimates that it is given as alpha."""

    extra_planes = ("prior",)
    estimates = ("fused alpha", "information-flow alpha")

    def forward(self, image: Tensor, trimap: Tensor, prior: Tensor) -> Prediction:  # type: ignore[override]
        return Prediction(alpha=prior[:, :1])


def test_a_network_is_measured_with_the_estimates_that_users_give_it() -> None:
    sample = validator().sample(0)
    assert sample.prior is None
    expected = Predictor(TorchNetwork(Fused(), name="fused", device=torch.device("cpu"))).predict(
        sample.image, sample.trimap
    )
    found = validator(settings=ValidationConfig(count=1)).scores(Fused(), CPU)
    assert found["sad"] == pytest.approx(measure(expected, sample.alpha, sample.trimap)["sad"])


def test_a_drawn_picture_without_known_subject_is_measured_all_the_same() -> None:
    measured = validator(settings=ValidationConfig(count=1), steps=[without_subject])
    assert measured.scores(Fused(), CPU)["sad"] > 0


def without_subject(sample: Sample, rng: np.random.Generator) -> Sample:
    return replace(sample, trimap=np.minimum(sample.trimap, 1))


COLOURS = ValidationConfig(metrics=("background_l1", "sad"), best="background_l1", count=1)


def test_guessed_colours_are_measured_where_the_trimap_is_unknown() -> None:
    measured = validator(settings=COLOURS)
    found = measured.scores(Painted(), CPU)
    sample = measured.sample(0)
    assert sample.background is not None
    assert sample.trimap is not None
    assert list(found) == ["background_l1", "sad"]
    unknown = sample.background[sample.trimap == 1]
    assert found["background_l1"] == pytest.approx(np.abs(unknown - 0.5).mean())


def test_colours_that_the_network_or_the_data_lack_are_refused() -> None:
    with pytest.raises(BadRecipe, match="guesses no background; leave background_l1 out"):
        validator(settings=COLOURS).scores(Half(), CPU)
    sample = replace(validator().sample(0), background=None)
    with pytest.raises(BadData, match=r"compares with the true background, which disc-0 lacks"):
        colour_error({}, sample, "background")


def test_the_looks_can_choose_the_best_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(0)
    layers = vgg.make_layers(vgg.cfgs["D"][:9], batch_norm=False).state_dict()
    torch.save({f"features.{key}": value for key, value in layers.items()}, tmp_path / "vgg.pth")
    settings = ValidationConfig(
        metrics=("sad", "perceptual"), best="perceptual", perceptual=str(tmp_path / "vgg.pth")
    )
    found = validator(settings=settings).scores(Half(), CPU)
    assert list(found) == ["sad", "perceptual"]
    assert found["perceptual"] > 0

    class Photographs(Discs):
        def sample(self, index: int, rng: np.random.Generator) -> Sample:
            return replace(super().sample(index, rng), background=None)

    with pytest.raises(BadData, match="perceptual compares composites, and disc-0 has no"):
        validator(settings=settings, source=Photographs(length=1, size=18)).scores(Half(), CPU)
