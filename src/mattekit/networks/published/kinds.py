"""The public checkpoints that can be brought in: how they name things, and on what terms.

A kind knows a key that only its files have, which options a file needs (as far as its keys and its
name tell), and what its keys are called here. Reading and checking: `public.importing`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from mattekit.networks import alphagan, alphagan_a6, dim, gfm, samplenet
from mattekit.networks.parts.initialise import widen

Tensors = Mapping[str, Tensor]

ADOBE = "Adobe Deep Image Matting, 431 foregrounds over MS-COCO"
ADOBE_TERMS = "trained on the Adobe matting data: non-commercial use and distribution only"
GLANCE_HEADS = ("decoder0_g.6.weight", "decoder0_g.0.weight")
COMPOSITION_1K = "none with Composition-1k as published; not checked against other test sets"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of public checkpoint."""

    summary: str
    mark: str
    """A key that every file of this kind has, and no other kind."""
    config: Any
    """The config that the public weights were trained with."""
    told: Callable[[Tensors, str], dict[str, Any]] = lambda tensors, name: {}
    """Options that a file's tensors and its name tell; None for one that they leave open."""
    tells: tuple[str, ...] = ()
    """Names of these options."""
    keys: Callable[[Any], dict[str, str]]
    """From a network to: published key -> ours."""
    skipped: tuple[str, ...] = ()
    """Beginnings of published keys that no computation uses."""
    adapt: Callable[[dict[str, Tensor], nn.Module], dict[str, Tensor]] | None = None
    """A change of tensors on their way in, where another network takes them over."""
    partial: bool = False
    """The file gives only a part of the network: a start for training."""
    terms: dict[str, str] = field(default_factory=dict)
    """Source, licence, training data and overlap with test sets, for the header."""


def _alphagan(tensors: Tensors, name: str) -> dict[str, Any]:
    batch_norm = any(key.endswith("running_mean") for key in tensors)
    return {"norm": "bn" if batch_norm else "gn"}


def _dim(tensors: Tensors, name: str) -> dict[str, Any]:
    """Skips leave no trace among the keys; only files called stage1_skip have them."""
    return {
        "skip": "add" if name.startswith("stage1_skip") else "none",
        "conv6_kernel": tensors["conv6_1.weight"].shape[-1],
        "refine": "refine_pred.weight" in tensors,
    }


def _gfm(tensors: Tensors, name: str) -> dict[str, Any]:
    marks = {
        "d121": "encoder1.0.denselayer1.conv1.weight",
        "r34_2b": "encoder6.1.conv1.weight",
        "r101": "encoder2.0.conv3.weight",
    }
    found = [backbone for backbone, mark in marks.items() if mark in tensors]
    return {"backbone": found[0] if found else "r34", "rosta": _rosta(tensors, name)}


def _rosta(tensors: Tensors, name: str) -> str | None:
    """FT and BT have the same layers; only the file's name may tell them apart."""
    if "rim.0.weight" in tensors:
        return "RIM"
    if any(tensors[key].shape[0] == 3 for key in GLANCE_HEADS if key in tensors):
        return "TT"
    named = {"ft", "bt"} & set(name.lower().split("_"))
    return named.pop().upper() if len(named) == 1 else None


def _deepfill(tensors: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    """The foreground network sees three more planes: at first without influence."""
    first = "stage_1.down.out.0.conv.0.weight"
    wanted: Any = next(iter(network.state_dict().values()))
    return tensors | {first: widen(tensors[first], wanted.shape[1], "zeros")}


def _vgg16(tensors: dict[str, Tensor], network: nn.Module) -> dict[str, Tensor]:
    first = "features.0.weight"
    return tensors | {first: widen(tensors[first], 4, "zeros")}


_SAMPLENET = {
    "source": "github.com/TomoshibiAkira/LearningBasedSamplingMatting",
    "licence": f"code MIT; {ADOBE_TERMS}",
    "training_data": ADOBE,
    "test_overlap": COMPOSITION_1K,
}

KINDS: dict[str, Kind] = {
    "alphagan-a6": Kind(
        summary="AlphaGAN of 2026 (A6l9), a checkpoint of its training",
        mark="encoder.layer0.0.weight",
        config=alphagan_a6.PUBLISHED,
        keys=alphagan_a6.published_keys,
        terms={
            "source": "github.com/A6l9/AlphaGAN-Image-Matting",
            "licence": "code MIT; see the terms of AIM-500 and BG-20k for the data",
            "training_data": "AIM-500 over BG-20k",
            "test_overlap": "AIM-500: split by pairs, so nearly all 500 subjects were seen",
        },
    ),
    "alphagan": Kind(
        summary="AlphaGAN of 2020 (CDOTAD), netG_*.pth",
        mark="encoder.resnet50.conv_1.weight",
        config=alphagan.PUBLISHED,
        told=_alphagan,
        tells=("norm",),
        keys=alphagan.published_keys,
        terms={
            "source": "github.com/CDOTAD/AlphaGAN-Matting",
            "licence": f"code without licence; {ADOBE_TERMS}",
            "training_data": ADOBE,
            "test_overlap": COMPOSITION_1K,
        },
    ),
    "gfm": Kind(
        summary="GFM, gfm_BACKBONE_ROSTA.pth",
        mark="psp_module.bottleneck.weight",
        config=gfm.PUBLISHED,
        told=_gfm,
        tells=("backbone", "rosta"),
        keys=gfm.published_keys,
        skipped=("resnet", "densenet", "psp1"),
        terms={
            "source": "github.com/JizhiziLi/GFM",
            "licence": "code MIT; see the release agreements of AM-2k and BG-20k for the data",
            "training_data": "AM-2k training pictures, in part over BG-20k or MS-COCO",
            "test_overlap": "none with AM-2k's validation pictures as published; others unknown",
        },
    ),
    "dim": Kind(
        summary="Deep Image Matting (huochaitiantang), stage*.pth or ckpt_*.pth",
        mark="deconv6_1.weight",
        config=dim.PUBLISHED,
        told=_dim,
        tells=("skip", "conv6_kernel", "refine"),
        keys=dim.published_keys,
        terms={
            "source": "github.com/huochaitiantang/pytorch-deep-image-matting",
            "licence": f"code without licence; {ADOBE_TERMS}",
            "training_data": ADOBE,
            "test_overlap": COMPOSITION_1K,
        },
    ),
    "samplenet-background": Kind(
        summary="SampleNet's background network, BGDFV1.pth",
        mark="stage_1.down.out.0.conv.0.weight",
        config=samplenet.PUBLISHED["background"],
        keys=samplenet.published_keys,
        terms=_SAMPLENET,
    ),
    "samplenet-foreground": Kind(
        summary="SampleNet's foreground network, FGDFV1.pth",
        mark="stage_1.down.out.0.conv.0.weight",
        config=samplenet.PUBLISHED["foreground"],
        keys=samplenet.published_keys,
        terms=_SAMPLENET,
    ),
    "samplenet-matting": Kind(
        summary="SampleNet's matting network, LSM_80.pth",
        mark="encoder.layer5.conv_1x1_1.0.weight",
        config=samplenet.PUBLISHED["matting"],
        keys=samplenet.published_keys,
        terms=_SAMPLENET,
    ),
    "deepfill": Kind(
        summary="DeepFill v1, a start for SampleNet's colour networks (--option part=foreground)",
        mark="stage_1.down.out.0.conv.0.weight",
        config=samplenet.PUBLISHED["background"],
        keys=samplenet.published_keys,
        adapt=_deepfill,
        terms={"source": "DeepFill v1", "training_data": "Places2, as published"},
    ),
    "vgg16": Kind(
        summary="VGG-16 in torchvision's names, a start for dim's encoder",
        mark="features.28.weight",
        config=dim.PUBLISHED,
        keys=lambda network: {
            f"features.{number}.{kind}": f"{layer}.{kind}"
            for number, layer in dim.VGG16.items()
            for kind in ("weight", "bias")
        },
        skipped=("classifier", "pre_logits", "head"),
        adapt=_vgg16,
        partial=True,
        terms={"source": "VGG-16", "training_data": "ImageNet-1k"},
    ),
}
