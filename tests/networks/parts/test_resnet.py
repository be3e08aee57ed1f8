"""The encoder's geometry, which counts of parameters do not see, and its start from ImageNet."""

from typing import Literal

import pytest
import timm
import torch
from torch import Tensor, nn

from mattekit.core.errors import BadWeights
from mattekit.networks.parts.layers import NORMS
from mattekit.networks.parts.resnet import Dilation, ResNet50, stage

Geometry = tuple[int, int, int]  # kernel, stride, dilation


def geometry(network: nn.Module) -> list[Geometry]:
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    for layer in convolutions:
        assert layer.kernel_size[0] == layer.kernel_size[1]
        assert layer.padding[0] == layer.dilation[0] * (layer.kernel_size[0] // 2)
    return [(layer.kernel_size[0], layer.stride[0], layer.dilation[0]) for layer in convolutions]


def encoder(**options) -> ResNet50:
    with torch.device("meta"):
        return ResNet50(4, norm=nn.BatchNorm2d, **options)


def block(dilation: int = 1, strides: tuple[int, int] = (1, 1)) -> list[Geometry]:
    return [(1, strides[0], 1), (3, strides[1], dilation), (1, 1, 1)]


def shortcut(stride: int = 1) -> list[Geometry]:
    return [(1, stride, 1)]


@pytest.mark.parametrize(("dilation", "others"), [("all", (2, 4)), ("first", (1, 1))])
def test_only_the_stem_and_the_second_stage_have_strides(
    dilation: Dilation, others: tuple[int, int]
) -> None:
    network = encoder(dilation=dilation)
    assert geometry(network.convolution) == [(7, 2, 1)]
    assert geometry(network.stage1) == block() + shortcut() + 2 * block()
    assert geometry(network.stage2) == block(strides=(1, 2)) + shortcut(2) + 3 * block()
    assert geometry(network.stage3) == block(2) + shortcut() + 5 * block(others[0])
    assert geometry(network.stage4) == block(4) + shortcut() + 2 * block(others[1])


@pytest.mark.parametrize(("stride_in", "strides"), [("1x1", (2, 1)), ("3x3", (1, 2))])
def test_the_stride_sits_where_it_is_asked_for(
    stride_in: Literal["1x1", "3x3"], strides: tuple[int, int]
) -> None:
    network = encoder(stride_in=stride_in)
    assert geometry(network.stage2) == block(strides=strides) + shortcut(2) + 3 * block()
    everything = geometry(network)
    assert sum(stride > 1 for _, stride, _ in everything) == 3


@pytest.mark.slow
def test_a_stage_computes_what_timms_does() -> None:
    torch.manual_seed(0)
    theirs = timm.create_model("resnet50", pretrained=False).layer2.train()
    ours = stage(256, 128, 4, norm=nn.BatchNorm2d, stride=2).train()
    ours.load_state_dict(theirs.state_dict())
    planes = torch.randn(2, 256, 12, 10)
    torch.testing.assert_close(ours(planes), theirs(planes))


def test_features_have_the_sizes_they_are_named_after() -> None:
    with torch.device("meta"):
        features = ResNet50(4, norm=nn.BatchNorm2d)(torch.zeros(2, 4, 64, 48))
    shapes = {name: tuple(planes.shape[1:]) for name, planes in vars(features).items()}
    assert shapes == {
        "convolved": (64, 32, 24),
        "stem": (64, 32, 24),
        "pooled": (64, 16, 12),
        "places": (64, 16, 12),
        "quarter": (256, 16, 12),
        "eighth": (512, 8, 6),
        "deep": (2048, 8, 6),
    }


@pytest.fixture(scope="module")
def imagenet_state() -> dict[str, Tensor]:
    """Weights under ImageNet's names, from timm, not trained."""
    torch.manual_seed(0)
    return timm.create_model("resnet50", pretrained=False).state_dict()


@pytest.mark.slow
def test_imagenet_weights_arrive_and_the_new_channel_starts_without_influence(
    imagenet_state: dict[str, Tensor],
) -> None:
    network = ResNet50(4, norm=nn.BatchNorm2d)
    network.adopt_imagenet(imagenet_state, new_channels="zeros")
    weight = network.convolution.weight
    assert torch.equal(weight[:, :3], imagenet_state["conv1.weight"])
    assert weight[:, 3].eq(0).all()
    ours, theirs = network.state_dict(), imagenet_state
    assert torch.equal(ours["stage3.5.conv2.weight"], theirs["layer3.5.conv2.weight"])
    assert torch.equal(ours["norm.running_var"], theirs["bn1.running_var"])


def test_ten_channels_share_the_mean_filter_of_imagenet(imagenet_state: dict[str, Tensor]) -> None:
    network = ResNet50(10, norm=nn.BatchNorm2d)
    network.adopt_imagenet(imagenet_state, new_channels="mean")
    mean = imagenet_state["conv1.weight"].mean(dim=1)
    for channel in range(10):
        torch.testing.assert_close(network.convolution.weight[:, channel], mean / 10)


@pytest.mark.slow
def test_group_norm_takes_no_statistics_from_imagenet(imagenet_state: dict[str, Tensor]) -> None:
    network = ResNet50(4, norm=NORMS["gn"])
    stretched = {key: tensor + 1 for key, tensor in imagenet_state.items()}
    network.adopt_imagenet(stretched, new_channels="zeros")
    assert network.norm.weight.eq(1).all()
    assert torch.equal(network.stage1[0].conv1.weight, stretched["layer1.0.conv1.weight"])


@pytest.mark.parametrize("norm", ["bn", "gn"])
def test_weights_of_another_network_are_refused_by_name(norm: str) -> None:
    with torch.device("meta"):
        network = ResNet50(4, norm=NORMS[norm])
        other = timm.create_model("resnet34", pretrained=False).state_dict()
    with pytest.raises(BadWeights, match=r"ResNet-50.*stage\d\.\d\.(bn|conv)3"):
        network.adopt_imagenet(other, new_channels="zeros")
