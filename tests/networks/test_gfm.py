"""GFM: forward goldens, counts, fusion, shapes of the encoders."""

import pytest
import timm
import torch
from golden.formula_weights import GOLDENS, check, fill, sample_input
from torch import nn
from torch.nn import functional as F

from mattekit.core.errors import BadImage
from mattekit.networks.gfm import (
    GfmConfig,
    GlanceAndFocus,
    SqueezeExcitation,
    average_into,
    fusion,
)
from mattekit.networks.published.kinds import published_keys

GOLDEN = GOLDENS["gfm"]
SLOW = pytest.mark.slow


def empty(**options) -> GlanceAndFocus:
    with torch.device("meta"):
        return GfmConfig(**options).build()


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def filled(option: str) -> GlanceAndFocus:
    backbone, rosta = option.split("@")[0].rsplit("_", 1)
    network = empty(backbone=backbone, rosta=rosta)
    return fill(network, published_keys(network), GOLDEN[option]["_meta"]["weights_factor"])


def check_option(option: str) -> None:
    golden = GOLDEN[option]
    prediction = filled(option)(sample_input()[0])
    check(prediction.glance_logits.sigmoid(), golden["glance"], tolerance=1e-5)
    check(prediction.focus, golden["focus"], tolerance=1e-5)
    check(prediction.alpha, golden["fused"], tolerance=1e-5)


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize(
    "option",
    ["r34_TT@w0.511", "r34_FT@w0.509", "r34_BT@w0.56", "d121_TT@w0.62", "r34_2b_TT@w0.53"],
)
def test_it_answers_as_the_published_network(option: str) -> None:
    check_option(option)


@pytest.mark.slow
@torch.no_grad()
def test_all_branches_and_their_integration_answer_as_published() -> None:
    network, golden = filled("r34_RIM@w0.446"), GOLDEN["r34_RIM@w0.446"]
    prediction = network(sample_input()[0])
    for branch, name in zip(prediction.branches, ("tt", "ft", "bt"), strict=True):
        check(branch.glance_logits.sigmoid(), golden[f"glance_{name}"], tolerance=1e-5)
        check(branch.focus, golden[f"focus_{name}"], tolerance=1e-5)
        check(branch.alpha, golden[f"fused_{name}"], tolerance=1e-5)
    mixed = network.integration(torch.cat([branch.alpha for branch in prediction.branches], dim=1))
    check(mixed, golden["fused_rim"], tolerance=1e-5)
    assert mixed.min() < 0
    assert torch.equal(prediction.alpha, mixed.clamp(0, 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backbone", "rosta", "parameters"),
    [
        ("r34", "TT", 54_773_316),
        ("r34", "FT", 54_772_739),
        ("r34", "BT", 54_772_739),
        ("r34", "RIM", 55_220_891),
        ("d121", "TT", 45_934_724),
        ("d121", "RIM", 46_382_299),
        ("r34_2b", "TT", 125_356_420 - 295_104),  # psp1, which nothing reads
        pytest.param("r101", "TT", 495_207_556, marks=SLOW),
    ],
)
def test_it_has_the_published_counts_without_unused_layers(backbone, rosta, parameters) -> None:
    assert count(empty(backbone=backbone, rosta=rosta)) == parameters


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backbone", "shapes"),
    [
        ("r34", [(64, 32), (64, 16), (128, 8), (256, 4), (512, 2)]),
        ("d121", [(64, 32), (128, 16), (256, 8), (512, 4), (512, 2)]),
        ("r34_2b", [(64, 64), (64, 64), (128, 32), (256, 16), (512, 8), (512, 4), (512, 2)]),
        pytest.param(*("r101", [(64, 32), (256, 16), (512, 8), (1024, 4), (2048, 2)]), marks=SLOW),
    ],
)
def test_an_encoder_has_the_published_shapes(backbone, shapes) -> None:
    x = torch.zeros(1, 3, 64, 64, device="meta")
    found = []
    for stage in empty(backbone=backbone).encoder:
        x = stage(x)
        found.append((x.shape[1], x.shape[2]))
        assert x.shape[2] == x.shape[3]
    assert found == shapes


@pytest.mark.parametrize(
    ("name", "glance", "expected"),
    [("TT", [0, 1, 2], [0, 0.3, 1]), ("FT", [0, 1], [0.3, 1]), ("BT", [0, 1], [0, 0.7])],
)
def test_glance_and_focus_fuse_as_published(name, glance, expected) -> None:
    index = torch.tensor(glance, dtype=torch.float32).view(1, 1, 1, -1)
    fused = fusion(name, index, torch.full_like(index, 0.3))
    assert fused.flatten().tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"rosta": "TT"}, [0, 0.25, 1]),
        ({"rosta": "FT"}, [0.25, 1]),
        ({"rosta": "BT"}, [0, 0.75]),
        ({"rosta": "BT", "labels": "original"}, [0.25, 1]),
    ],
)
def test_two_passes_are_fused_by_the_networks_own_rule(options, expected) -> None:
    glance = torch.linspace(0, 1, len(expected)).view(1, 1, 1, -1)  # one pixel of each class
    alpha = empty(**options).fuse(glance, torch.full_like(glance, 0.25))
    assert alpha.flatten().tolist() == pytest.approx(expected)


@pytest.mark.parametrize("parts", [1, 3, 5])
@pytest.mark.parametrize("size", [(2, 3), (5, 7), (8, 10)])
def test_averaging_matrices_pool_as_torch_does(parts: int, size: tuple[int, int]) -> None:
    x = torch.rand(2, 3, *size)
    torch.testing.assert_close(average_into(x, parts), F.adaptive_avg_pool2d(x, parts))


def test_squeezed_channels_are_scaled_by_their_means() -> None:
    layer = SqueezeExcitation(4, 2)
    x = torch.rand(1, 4, 3, 3)
    scale = layer.fc(x.mean(dim=(2, 3)))
    torch.testing.assert_close(layer(x)[0, 1], x[0, 1] * scale[0, 1])


@SLOW
def test_in_training_the_mixed_alpha_keeps_its_gradient_beyond_one() -> None:
    torch.manual_seed(0)
    network = GfmConfig(rosta="RIM").build().train()
    nn.init.constant_(network.integration[-1].bias, 3.0)
    alpha = network(torch.rand(2, 3, 32, 32)).alpha
    assert alpha.min() > 1
    alpha.sum().backward()
    assert network.integration[-1].weight.grad.abs().max() > 0


def test_a_size_that_is_no_multiple_of_32_is_refused() -> None:
    with pytest.raises(BadImage, match="multiples of 32"):
        empty()(torch.zeros(1, 3, 40, 64))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backbone", "name"),
    [
        pytest.param("r34", "resnet34", marks=SLOW),
        pytest.param("d121", "densenet121"),
        pytest.param("r34_2b", "resnet34", marks=SLOW),
    ],
)
def test_imagenet_fills_the_stages_that_it_has(backbone, name: str) -> None:
    state = timm.create_model(name, pretrained=False).state_dict()
    network = empty(backbone=backbone)
    network.encoder.to_empty(device="cpu")
    network.adopt_imagenet(state)
    last = "layer4.1.conv2" if name == "resnet34" else "features.denseblock4.denselayer16.conv2"
    ours = {"r34": "4.1.conv2", "d121": "4.0.denselayer16.conv2", "r34_2b": "4.1.conv2"}[backbone]
    assert torch.equal(network.encoder.get_parameter(f"{ours}.weight"), state[f"{last}.weight"])
    assert timm.is_model_pretrained(network.imagenet)


def test_a_file_without_the_encoders_layers_is_not_taken() -> None:
    with pytest.raises(KeyError, match="layer1"):
        empty().adopt_imagenet(
            {
                "conv1.weight": torch.zeros(64, 3, 7, 7),
                **{f"bn1.{name}": torch.zeros(64) for name in ("weight", "bias")},
                **{f"bn1.running_{name}": torch.zeros(64) for name in ("mean", "var")},
            }
        )
