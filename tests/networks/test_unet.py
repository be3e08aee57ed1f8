"""The U-net over encoders of timm; what every network promises is in `contracts`."""

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from mattekit.core.errors import BadArgument
from mattekit.networks import build, config_of

SMALL = "test_resnet"
"""One of timm's own networks for tests."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "encoder",
    [SMALL, "test_convnext", "vgg11", "mobilenetv3_small_050", "densenet121", "regnetx_002"],
)
def test_encoders_of_every_kind_give_an_alpha(encoder: str) -> None:
    network = build("unet", encoder=encoder).eval()
    with torch.no_grad():
        alpha = network(torch.rand(1, 3, 64, 96), torch.full((1, 1, 64, 96), 0.5)).alpha
    assert alpha.shape == (1, 1, 64, 96)
    assert network.stride == 32


@pytest.mark.parametrize("trimap", ["input", "side"])
@pytest.mark.parametrize("estimates", ["input", "side", "none"])
def test_planes_enter_where_the_options_say(trimap: str, estimates: str) -> None:
    torch.manual_seed(0)
    network = build("unet", encoder=SMALL, trimap=trimap, estimates=estimates).eval()
    seen: list[torch.Tensor] = []
    network.encoder.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    planes = [torch.rand(1, 3, 32, 32), torch.full((1, 1, 32, 32), 0.5)]
    planes += [torch.rand(1, 14, 32, 32)] * (estimates != "none")
    alpha = network(*planes).alpha
    assert seen[0].shape[1] == 3 + (trimap == "input") + 14 * (estimates == "input")
    for place in range(1, len(planes)):
        other = [1 - plane if place == n else plane for n, plane in enumerate(planes)]
        other[1] = torch.zeros_like(planes[1]) if place == 1 else other[1]
        assert not torch.equal(network(*other).alpha, alpha)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"encoder": "convnext_tyni"}, "timm has no network 'convnext_tyni'; did you mean"),
        ({"encoder": "vit_tiny_patch16_224"}, "gives no maps of which each is half the size"),
        ({"encoder": "swin_tiny_patch4_window7_224"}, "take a convolutional one"),
        ({"trimap": "none", "estimates": "side"}, "let the trimap enter as well"),
    ],
)
def test_what_cannot_be_built_is_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadArgument, match=sentence):
        config_of("unet", **options).build()


@pytest.mark.parametrize("encoder", [SMALL, "test_convnext"])
def test_imagenet_weights_come_from_timm_when_asked(
    encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in of the hub's cache; further channels of the first layer start at zero."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    whole = timm.create_model(encoder)
    name = timm.get_pretrained_cfg(encoder).tag
    place = tmp_path / f"models--timm--{encoder}.{name}"
    (place / "snapshots" / "abc").mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    save_file(whole.state_dict(), place / "snapshots" / "abc" / "model.safetensors")
    network = build("unet", encoder=encoder, pretrained=True)
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        (*_, expected) = whole.eval().forward_intermediates(picture, intermediates_only=True)
        found = network.encoder.eval()(torch.cat([picture, picture[:, :1]], dim=1))
    torch.testing.assert_close(found[-1], expected)
