"""Deep Image Matting: forward goldens, counts, options, the start from VGG-16."""

import pytest
import torch
from golden.formula_weights import GOLDENS, check, fill, sample_input
from torch import nn

from mattekit.core.errors import BadImage
from mattekit.networks.dim import VGG16, DeepImageMatting, DimConfig
from mattekit.networks.published.kinds import published_keys

GOLDEN = GOLDENS["dim"]


def empty(**options) -> DeepImageMatting:
    with torch.device("meta"):
        return DimConfig(**options).build()


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(scope="module")
def refined() -> DeepImageMatting:
    network = empty(refine=True)
    return fill(network, published_keys(network))


@pytest.mark.slow
@torch.no_grad()
def test_it_answers_as_the_published_network(refined: DeepImageMatting) -> None:
    prediction = refined(*sample_input())
    assert len(published_keys(refined)) == GOLDEN["stage3"]["_meta"]["keys"]
    check(prediction.refined_from, GOLDEN["stage1"]["alpha1"], tolerance=1e-5)
    check(prediction.alpha, GOLDEN["stage3"]["alpha2"], tolerance=1e-5)


@torch.no_grad()
def test_without_refinement_it_stops_after_the_first_alpha(refined: DeepImageMatting) -> None:
    plain = empty()
    weights = refined.state_dict()
    plain.load_state_dict({key: weights[key] for key in plain.state_dict()}, assign=True)
    prediction = plain.eval()(*sample_input())
    assert prediction.refined_from is None
    check(prediction.alpha, GOLDEN["stage1"]["alpha1"], tolerance=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("options", [{"skip": "none"}, {"inputs": "early"}])
def test_every_option_changes_the_answer(refined: DeepImageMatting, options) -> None:
    other = empty(refine=True, **options)
    other.load_state_dict(refined.state_dict(), assign=True)
    image, trimap = (plane[..., :64, :64] for plane in sample_input())
    difference = other.eval()(image, trimap).alpha - refined(image, trimap).alpha
    assert difference.abs().max() > 0.01


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ({}, 28_297_153),
        ({"refine": True}, 28_373_954),
        ({"conv6_kernel": 1}, 26_200_001),
        ({"conv6_kernel": 1, "refine": True}, 26_276_802),
    ],
)
def test_it_has_the_published_counts_of_parameters(options, parameters: int) -> None:
    assert count(empty(**options)) == parameters


def test_early_weights_get_bytes_in_blue_green_red() -> None:
    preprocess = empty(inputs="early").preprocess
    colours = preprocess.colours(
        torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1).expand(1, 3, 32, 32)
    )
    assert colours[0, :, 0, 0].tolist() == [0, 127.5, 255]
    codes = preprocess.trimap(torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3))
    assert codes.flatten().tolist() == [0, 128, 255]


def test_a_size_that_is_no_multiple_of_32_is_refused() -> None:
    with pytest.raises(BadImage, match="multiples of 32"):
        empty()(torch.zeros(1, 3, 40, 64), torch.zeros(1, 1, 40, 64))


def test_it_starts_as_xavier_says() -> None:
    torch.manual_seed(0)
    network = DimConfig().build()
    weight = network.conv2_2.weight
    assert weight.std().item() == pytest.approx((2 / (2 * 128 * 9)) ** 0.5, rel=0.02)
    assert weight.mean().abs().item() < 1e-3
    assert network.conv2_2.bias.eq(0).all()


def test_vgg16_fills_the_encoder_and_the_trimap_starts_without_influence() -> None:
    network = empty().to_empty(device="cpu")
    state = {}
    for number, layer in VGG16.items():
        shape = list(network.get_parameter(f"{layer}.weight").shape)
        shape[1] -= number == 0  # VGG-16 sees three channels
        state[f"features.{number}.weight"] = torch.rand(shape)
        state[f"features.{number}.bias"] = torch.rand(shape[0])
    network.adopt_imagenet(state)
    assert torch.equal(network.conv1_1.weight[:, :3], state["features.0.weight"])
    assert network.conv1_1.weight[:, 3].eq(0).all()
    assert torch.equal(network.conv5_3.bias, state["features.28.bias"])


@torch.no_grad()
def test_refinement_adds_to_the_logit(refined: DeepImageMatting) -> None:
    network = empty(refine=True)
    weights = dict(refined.state_dict())
    weights["refine_pred.weight"] = torch.zeros_like(weights["refine_pred.weight"])
    weights["refine_pred.bias"] = torch.full((1,), 0.7)
    network.load_state_dict(weights, assign=True)
    prediction = network(torch.rand(1, 3, 32, 32), torch.full((1, 1, 32, 32), 0.5))
    expected = torch.sigmoid(torch.logit(prediction.refined_from) + 0.7)
    torch.testing.assert_close(prediction.alpha, expected, atol=1e-5, rtol=0)
