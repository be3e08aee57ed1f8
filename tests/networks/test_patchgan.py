"""The critics: forward goldens, counts, sizes of their answers, options."""

from dataclasses import replace

import pytest
import torch
from golden.formula_weights import GOLDENS, check, fill, sample_input
from torch import nn

from mattekit.core.errors import BadArgument
from mattekit.networks.parts.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from mattekit.networks.patchgan import (
    PUBLISHED,
    PUBLISHED_A6,
    PatchGan,
    PatchGanConfig,
)
from mattekit.networks.published.kinds import published_keys

GOLDEN_OF = {
    "alphagan-a6": (replace(PUBLISHED_A6, trimap="half"), GOLDENS["patchgan_000"]["base12_t2"]),
    "alphagan": (PatchGanConfig(layers=2), GOLDENS["patchgan_001"]["t2"]),
}


def empty(config: PatchGanConfig) -> PatchGan:
    with torch.device("meta"):
        return config.build()


@torch.no_grad()
@pytest.mark.parametrize("system", GOLDEN_OF)
def test_it_answers_as_the_published_critics(system: str) -> None:
    config, golden = GOLDEN_OF[system]
    critic = empty(config)
    keys = published_keys(critic)
    assert len(keys) == golden["_meta"]["keys"]
    check(fill(critic, keys)(*sample_input()), golden["patch_logits"])


@pytest.mark.parametrize(
    ("config", "parameters"),
    [(PUBLISHED_A6, 99_421), (PatchGanConfig(), 2_766_657), (PUBLISHED, 664_385)],
)
def test_it_has_the_published_counts_of_parameters(config: PatchGanConfig, parameters: int) -> None:
    assert sum(parameter.numel() for parameter in empty(config).parameters()) == parameters


@pytest.mark.parametrize(("layers", "side", "logits"), [(3, 256, 30), (2, 320, 78)])
def test_it_answers_once_a_patch(layers: int, side: int, logits: int) -> None:
    with torch.device("meta"):
        critic = PatchGanConfig(width=4, layers=layers).build().to("meta")
        answer = critic(torch.zeros(1, 3, side, side), torch.zeros(1, 1, side, side))
    assert answer.shape == (1, 1, logits, logits)


@pytest.mark.parametrize(("layers", "side"), [(2, 34), (3, 70)])
def test_an_answer_sees_its_patch_and_no_more(layers: int, side: int) -> None:
    critic = PatchGanConfig(width=2, layers=layers, norm="none").build().double()
    for parameter in critic.parameters():
        nn.init.constant_(parameter, 0.1)
    image = torch.zeros(1, 3, 144, 144, dtype=torch.float64, requires_grad=True)
    answer = critic(image, torch.zeros(1, 1, 144, 144, dtype=torch.float64))
    answer[0, 0, answer.shape[2] // 2, answer.shape[3] // 2].backward()
    seen = image.grad[0, 0].ne(0)
    assert seen.any(dim=0).sum() == side
    assert seen.any(dim=1).sum() == side


def test_without_norms_the_answer_for_a_picture_does_not_depend_on_its_batch() -> None:
    image, trimap = torch.rand(2, 3, 40, 40), torch.rand(2, 1, 40, 40)
    spread = {}
    for norm in ("none", "bn", "gn"):
        critic = PatchGanConfig(width=32, layers=2, norm=norm).build().train()
        together, alone = critic(image, trimap)[:1], critic(image[:1], trimap[:1])
        spread[norm] = (together - alone).abs().max().item()
    assert spread["none"] < 1e-5
    assert spread["gn"] < 1e-5
    assert spread["bn"] > 1e-3


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"width": 0}, "width is 0"),
        ({"layers": 0}, "layers 0"),
        ({"width": 12, "norm": "gn"}, "multiple of 16"),
    ],
)
def test_impossible_options_are_refused(options, reason: str) -> None:
    with pytest.raises(BadArgument, match=reason):
        PatchGanConfig(**options)


def test_colours_can_be_judged_in_imagenet_units() -> None:
    unit = PatchGanConfig(width=4).build().eval()
    imagenet = PatchGanConfig(width=4, colours="imagenet").build().eval()
    imagenet.load_state_dict(unit.state_dict())
    image, trimap = sample_input()
    mean = torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET_STD).view(1, 3, 1, 1)
    torch.testing.assert_close(imagenet(image, trimap), unit((image - mean) / std, trimap))
