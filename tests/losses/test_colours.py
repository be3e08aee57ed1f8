"""Losses of colours: recomposition and guesses."""

import pytest
import torch
from losses.analytic_sample import analytic_sample

from mattekit.core.errors import BadArgument, BadData
from mattekit.core.tensors import Batch, Prediction
from mattekit.losses.colours import CompositionL1Config, SamplingL1Config

PIXEL = torch.tensor([0.5]).view(1, 1, 1, 1)


def colour(red: float, green: float, blue: float) -> torch.Tensor:
    return torch.tensor([red, green, blue], dtype=torch.float32).view(1, 3, 1, 1)


BATCH = Batch(
    image=colour(0.5, 0.5, 0.5),
    alpha=PIXEL,
    trimap=PIXEL,
    foreground=colour(1, 1, 1),
    background=colour(0, 0, 0),
)


def test_channels_are_averaged_or_added() -> None:
    prediction = Prediction(alpha=torch.tensor([0.75]).view(1, 1, 1, 1))
    assert CompositionL1Config()(prediction, BATCH).value().item() == pytest.approx(0.25)
    assert CompositionL1Config(channels="sum")(prediction, BATCH).value().item() == pytest.approx(
        0.75
    )


def test_predicted_colours_are_composed_where_asked() -> None:
    prediction = Prediction(
        alpha=PIXEL, foreground=colour(1, 0.8, 0.6), background=colour(0, 0, 0.2)
    )
    loss = CompositionL1Config(colours="predicted", epsilon=0)
    assert loss(prediction, BATCH).value().item() == pytest.approx((0 + 0.1 + 0.1) / 3)


def test_units_of_imagenet_divide_by_its_deviations() -> None:
    prediction = Prediction(alpha=torch.tensor([0.6]).view(1, 1, 1, 1))
    expected = sum(0.1 / deviation for deviation in (0.229, 0.224, 0.225)) / 3
    loss = CompositionL1Config(units="imagenet")
    assert loss(prediction, BATCH).value().item() == pytest.approx(expected)


def test_both_stages_of_a_guess_count() -> None:
    prediction = Prediction(
        alpha=PIXEL, coarse_background=colour(0.3, 0, 0), background=colour(0, 0.6, 0)
    )
    assert SamplingL1Config()(prediction, BATCH).value().item() == pytest.approx(0.1 + 0.2)


def test_missing_colours_are_named() -> None:
    prediction, _ = analytic_sample()
    bare = Batch(image=BATCH.image, alpha=PIXEL, trimap=PIXEL)
    with pytest.raises(BadData, match="needs true foreground and background"):
        CompositionL1Config()(prediction, bare)
    with pytest.raises(BadData, match="needs predicted foreground"):
        CompositionL1Config(colours="predicted")(prediction, BATCH)
    with pytest.raises(BadData, match="needs the true background"):
        SamplingL1Config()(prediction, bare)
    with pytest.raises(BadArgument, match="plane=foreground"):
        SamplingL1Config(plane="foreground")(prediction, BATCH)


def test_a_network_without_the_chosen_alpha_is_refused() -> None:
    with pytest.raises(BadArgument, match="of=refined_from"):
        CompositionL1Config(of="refined_from")(Prediction(alpha=PIXEL), BATCH)
