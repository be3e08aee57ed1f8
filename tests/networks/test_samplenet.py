"""SampleNet: forward goldens of its parts, counts, what the chain hands on, options."""

import pytest
import timm
import torch
from golden.formula_weights import GOLDENS, check, fill, sample_input
from reference.direct_attention import direct_attention
from torch import Tensor, nn

from mattekit.core.errors import BadArgument, BadImage
from mattekit.networks.published.kinds import published_keys
from mattekit.networks.samplenet import PUBLISHED, SampleNet, SampleNetConfig
from mattekit.training.freeze import FreezeConfig, freeze

GOLDEN = GOLDENS["samplenet"]
GOLDEN_OF_PART = {
    "background": GOLDEN["bg@w0.876"],
    "foreground": GOLDEN["fg"],
    "matting": GOLDEN["matting@w0.864"],
}


def empty(**options) -> nn.Module:
    with torch.device("meta"):
        return SampleNetConfig(**options).build()


def filled(part: str) -> nn.Module:
    with torch.device("meta"):
        network = PUBLISHED[part].build()
    keys = published_keys(network)
    meta = GOLDEN_OF_PART[part]["_meta"]
    assert len(keys) == meta["keys"]
    return fill(network, keys, meta["weights_factor"])


def count(module: nn.Module, *, trainable: bool = False) -> int:
    parameters = [p for p in module.parameters() if p.requires_grad or not trainable]
    return sum(parameter.numel() for parameter in parameters)


def own_units(colours: Tensor) -> Tensor:
    """RGB in [0, 1] as BGR in [-1, 1]; the goldens are in these."""
    return 2 * colours.flip(1) - 1


def scaled(image: Tensor, factor: float) -> Tensor:
    """`factor` times the picture in the network's own units, as RGB in [0, 1]."""
    return (factor * (2 * image - 1) + 1) / 2


@torch.no_grad()
def test_the_background_network_answers_as_the_published_one() -> None:
    prediction = filled("background")(*sample_input())
    golden = GOLDEN_OF_PART["background"]
    check(own_units(prediction.coarse_background), golden["coarse"])
    check(own_units(prediction.background), golden["refined"])


@torch.no_grad()
def test_the_foreground_network_answers_as_the_published_one() -> None:
    image, trimap = sample_input()
    prediction = filled("foreground")(image, trimap, scaled(image, -0.5))
    golden = GOLDEN_OF_PART["foreground"]
    check(own_units(prediction.coarse_foreground), golden["coarse"])
    check(own_units(prediction.foreground), golden["refined"], tolerance=2e-3)


@pytest.mark.slow
@torch.no_grad()
def test_the_matting_network_answers_as_the_published_one() -> None:
    image, trimap = sample_input()
    prediction = filled("matting")(image, trimap, scaled(image, 0.5), scaled(image, -0.5))
    check(prediction.alpha, GOLDEN_OF_PART["matting"]["alpha"])


@torch.no_grad()
def test_attention_looks_where_the_published_one_looks() -> None:
    network, seen = filled("background"), []
    refine = network.generator.refine
    refine.attention_down.register_forward_hook(lambda _module, _inputs, out: seen.append(out))
    image, trimap = sample_input()
    network(image, trimap)
    hole = (trimap > 0.25).float()[..., ::8, ::8]
    _, weights = direct_attention(seen[0], hole)
    rows, columns = hole.shape[2:]
    best = weights.argmax(dim=1)[0]
    down = best // columns - torch.arange(rows).view(-1, 1)
    right = best % columns - torch.arange(columns)
    check(torch.stack([down, right])[None].float(), GOLDEN_OF_PART["background"]["offset_flow"])


def test_it_has_the_published_counts_of_parameters() -> None:
    background, foreground = empty(part="background"), empty(part="foreground")
    matting = empty(part="matting")
    assert count(background) == 3_601_542
    assert count(background.generator.coarse) == 1_448_227
    assert count(background.generator.refine) == 2_153_315
    assert count(foreground) == 3_603_942
    assert count(matting) == 27_772_008
    assert count(matting.encoder) + count(matting.aspp) == 26_555_904
    assert count(matting.aspp) == 3_025_920
    assert count(matting.decoder) == 1_216_104


@pytest.mark.slow
def test_frozen_norms_still_follow_the_statistics() -> None:
    network = SampleNetConfig(part="matting").build().train()
    freeze(network, FreezeConfig(parts=("encoder.norm", "encoder.*.bn?.*")))
    before = network.encoder.norm.running_mean.clone()
    network(torch.rand(2, 3, 8, 8), torch.rand(2, 1, 8, 8)).alpha.mean().backward()
    assert not torch.equal(network.encoder.norm.running_mean, before)
    assert network.encoder.norm.weight.grad is None
    assert network.encoder.stage1[0].downsample[1].weight.grad is not None


def test_the_stride_of_a_stage_sits_in_its_first_convolution() -> None:
    block = empty(part="matting").encoder.stage2[0]
    assert (block.conv1.stride, block.conv2.stride) == ((2, 2), (1, 1))


@pytest.mark.slow
def test_the_parts_start_as_published() -> None:
    torch.manual_seed(0)
    generator = SampleNetConfig(part="background").build().generator
    weight = generator.coarse.dilated[0][0].weight
    assert weight.std().item() == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.02)
    assert generator.coarse.dilated[0][0].bias.eq(0).all()
    weight = SampleNetConfig(part="matting").build().decoder.at_quarter[0][0].weight
    assert weight.std().item() == pytest.approx(0.01, rel=0.02)


@pytest.mark.slow
def test_the_first_convolution_shares_imagenets_mean_filter() -> None:
    network = SampleNetConfig(part="matting", init="pytorch").build()
    state = timm.create_model("resnet50", pretrained=False).state_dict()
    network.adopt_imagenet(state)
    expected = state["conv1.weight"].mean(dim=1, keepdim=True).expand(-1, 10, -1, -1) / 10
    torch.testing.assert_close(network.encoder.convolution.weight.data, expected)
    assert timm.is_model_pretrained(network.imagenet)


@pytest.mark.slow
def test_one_sample_is_too_few_to_train_alpha() -> None:
    network = SampleNetConfig(part="matting", init="pytorch").build().train()
    assert network.smallest_training_batch == empty().smallest_training_batch == 2
    assert empty(part="background").smallest_training_batch == 1
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        network(torch.rand(1, 3, 8, 8), torch.rand(1, 1, 8, 8))


@pytest.mark.slow
def test_a_size_that_is_no_multiple_of_eight_is_refused() -> None:
    for part in PUBLISHED:
        with pytest.raises(BadImage, match="multiples of 8"), torch.device("meta"):
            empty(part=part).to("meta")(torch.zeros(1, 3, 68, 64), torch.zeros(1, 1, 68, 64))


@pytest.fixture(scope="module")
def chain() -> SampleNet:
    torch.manual_seed(0)
    return SampleNetConfig(paste_known=False).build().eval()


def small_input() -> tuple[Tensor, Tensor]:
    """A part of the picture with all three labels, 48 x 64."""
    image, trimap = sample_input()
    return image[..., :48, :64], trimap[..., :48, :64]


@pytest.mark.slow
@torch.no_grad()
@pytest.mark.parametrize("paste_known", [True, False])
def test_the_chain_keeps_known_alpha_and_on_request_known_colours(
    chain: SampleNet, paste_known: bool
) -> None:
    parts = (chain.background, chain.foreground, chain.matting)
    image, trimap = small_input()
    prediction = SampleNet(*parts, paste_known=paste_known).eval()(image, trimap)
    assert torch.equal(prediction.alpha[trimap == 1], trimap[trimap == 1])
    assert torch.equal(prediction.alpha[trimap == 0], trimap[trimap == 0])
    in_front, behind = (trimap == 1).expand_as(image), (trimap == 0).expand_as(image)
    assert torch.equal(prediction.foreground[in_front], image[in_front]) == paste_known
    assert torch.equal(prediction.background[behind], image[behind]) == paste_known
    assert not torch.equal(prediction.foreground[behind], image[behind])


@pytest.mark.slow
@torch.no_grad()
def test_the_chain_is_its_parts_one_after_another(chain: SampleNet) -> None:
    image, trimap = small_input()
    background = chain.background(image, trimap).background
    foreground = chain.foreground(image, trimap, background).foreground
    alpha = chain.matting(image, trimap, foreground, background).alpha
    prediction = chain(image, trimap)
    unknown = trimap == 0.5
    torch.testing.assert_close(prediction.alpha[unknown], alpha[unknown])
    torch.testing.assert_close(prediction.foreground, foreground)


@torch.no_grad()
def test_the_foreground_network_sees_the_background_in_the_unknown_region_only(
    chain: SampleNet,
) -> None:
    network = chain.foreground
    image, trimap = small_input()
    whole = network(image, trimap, image.flip(1)).foreground
    pasted = torch.where(trimap == 0.5, image.flip(1), image)
    torch.testing.assert_close(network(image, trimap, pasted).foreground, whole)
    assert (network(image, trimap).foreground - whole).abs().max() > 1e-4


@torch.no_grad()
def test_colours_of_a_large_picture_are_guessed_at_a_bounded_size(chain: SampleNet) -> None:
    bounded = SampleNet(chain.background, chain.foreground, chain.matting, sampling_size=32).eval()
    sizes = []
    hook = chain.background.register_forward_hook(
        lambda _module, inputs, _out: sizes.append(tuple(inputs[0].shape[2:]))
    )
    image, trimap = small_input()
    prediction = bounded(image, trimap)
    hook.remove()
    assert sizes == [(24, 32)]
    assert prediction.foreground.shape == prediction.coarse_background.shape == image.shape
    assert prediction.alpha.shape == trimap.shape
    with pytest.raises(BadArgument, match="sampling_size is 4"):
        SampleNetConfig(sampling_size=4)


@pytest.mark.slow
def test_colours_that_left_the_range_are_cut_but_find_their_way_back() -> None:
    network = SampleNetConfig(part="background").build().train()
    generator, (image, trimap) = network.generator, small_input()
    for stage in (generator.coarse, generator.refine):
        nn.init.constant_(stage.up[-1][0].bias, 50.0)
    prediction = network(image, trimap)
    assert prediction.background.eq(1).all()
    (prediction.background + prediction.coarse_background).sum().backward()
    assert (generator.coarse.up[-1][0].bias.grad > 0).all()
    assert (generator.refine.up[-1][0].bias.grad > 0).all()


@pytest.mark.slow
def test_the_sampling_networks_get_gradients_through_both_stages() -> None:
    torch.manual_seed(0)
    network = SampleNetConfig(part="background").build().train()
    image, trimap = sample_input()
    prediction = network(image[..., 16:80, 32:96], trimap[..., 16:80, 32:96])
    (prediction.background + prediction.coarse_background).mean().backward()
    gradients = {name: p.grad for name, p in network.named_parameters()}
    assert [name for name, grad in gradients.items() if grad is None] == []
    assert all(grad.isfinite().all() for grad in gradients.values())
