"""Public checkpoints of every kind, written in the published layout and brought in."""

from pathlib import Path
from typing import Any

import pytest
import torch
from golden.formula_weights import GOLDENS, check, formula_tensor, sample_input
from networks.published.published_files import (
    number_of,
    shapes_of,
    tensor,
    unused_by_gfm,
    wrapped,
    write,
)

from mattekit.core.errors import BadArgument, BadWeights
from mattekit.networks import build, config_of
from mattekit.networks.published.importing import Imported, import_chain, import_checkpoint
from mattekit.networks.published.kinds import KINDS
from mattekit.networks.weights import load, save

SLOW = pytest.mark.slow

CASES = [
    ("alphagan-a6", "3_05-02-2026.pth", {}),
    ("alphagan", "netG_best_sad.pth", {"norm": "gn", "dilation": "first"}),
    pytest.param("alphagan", "netG_old.pth", {"norm": "bn", "dilation": "first"}, marks=SLOW),
    ("dim", "stage1_skip_sad52.pth", {"skip": "add", "conv6_kernel": 3}),
    ("dim", "stage1_skip_refined.pth", {"skip": "add", "conv6_kernel": 3, "refine": True}),
    ("alphagan-a6-critic", "3_05-02-2026.pth", {"width": 12, "layers": 3, "trimap": "published"}),
    ("alphagan-critic", "netD_e33.pth", {"width": 64, "layers": 2, "norm": "bn"}),
    ("gfm", "gfm_r34_tt.pth", {"backbone": "r34", "rosta": "TT"}),
    pytest.param("gfm", "gfm_r34_ft.pth", {"backbone": "r34", "rosta": "FT"}, marks=SLOW),
    ("gfm", "gfm_r34_rim.pth", {"backbone": "r34", "rosta": "RIM"}),
    pytest.param("gfm", "gfm_r34_bt.pth", {"backbone": "r34", "rosta": "BT"}, marks=SLOW),
    pytest.param("gfm", "gfm_r34_2b_tt.pth", {"backbone": "r34_2b", "rosta": "TT"}, marks=SLOW),
    pytest.param("gfm", "gfm_d121_rim.pth", {"backbone": "d121", "rosta": "RIM"}, marks=SLOW),
    pytest.param("gfm", "gfm_r101_tt.pth", {"backbone": "r101", "rosta": "TT"}, marks=SLOW),
    ("samplenet-background", "BGDFV1.pth", {"part": "background"}),
    ("samplenet-foreground", "FGDFV1.pth", {"part": "foreground"}),
    ("samplenet-matting", "LSM_80.pth", {"part": "matting", "stem_skip": "raw"}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name", "options"), CASES)
def test_every_weight_of_a_kind_finds_its_place(kind, name, options, tmp_path: Path) -> None:
    path = write(tmp_path / name, kind, **options)
    imported = import_checkpoint(kind, path)
    config = imported.header.config
    assert {key: getattr(config, key) for key in options} == options
    with torch.device("meta"):
        network = config.build()
    state = network.state_dict()
    assert {key: value.shape for key, value in imported.tensors.items()} == {
        key: value.shape for key, value in state.items()
    }
    for theirs, ours in KINDS[kind].keys(network).items():
        found = imported.tensors[ours].flatten()[0].item()
        expected = 7 if theirs.endswith("num_batches_tracked") else number_of(theirs)
        assert found == pytest.approx(expected), theirs
    assert imported.header.source.startswith("github.com")
    assert imported.header.preprocessing["multiple_of"] == getattr(network, "stride", 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backbone", "rosta", "total", "unused"),
    [
        ("r34", "TT", 55_286_316, 513_000),
        pytest.param("r34", "FT", 55_285_739, 513_000, marks=SLOW),
        pytest.param("r34", "RIM", 55_733_891, 513_000, marks=SLOW),
        pytest.param("d121", "TT", 46_961_772, 1_027_048, marks=SLOW),
        pytest.param("d121", "RIM", 47_409_347, 1_027_048, marks=SLOW),
        pytest.param("r34_2b", "TT", 125_878_956, 522_536 + 295_104, marks=SLOW),
        pytest.param("r101", "TT", 497_256_556, 2_049_000, marks=SLOW),
        pytest.param("r101", "RIM", 497_704_131, 2_049_000, marks=SLOW),
    ],
)
def test_gfm_files_have_the_published_totals_and_what_is_skipped_is_known(
    backbone, rosta, total: int, unused: int, tmp_path: Path
) -> None:
    path = write(tmp_path / "gfm.pth", "gfm", backbone=backbone, rosta=rosta)
    imported = import_checkpoint("gfm", path, options={"rosta": rosta})
    shapes = unused_by_gfm(backbone)
    assert sorted(imported.skipped) == sorted(shapes)
    statistics = ("running_mean", "running_var", "num_batches_tracked")

    def parameters(of: dict[str, Any]) -> int:
        return sum(shape.numel() for key, shape in of.items() if not key.endswith(statistics))

    ours = parameters({key: value.shape for key, value in imported.tensors.items()})
    twice = encoder_parameters(imported)
    assert parameters(shapes) - twice == unused
    assert ours + unused == total


def encoder_parameters(imported: Imported) -> int:
    """Parameters of the encoder that the published file holds a second time."""
    backbone = imported.header.options["backbone"]
    with torch.device("meta"):
        network = imported.header.config.build()
    stages = network.encoder
    if backbone == "d121":
        parts = [*stages[:4], stages[4][0]]
    elif backbone == "r34_2b":
        parts = list(stages[1:5])
    else:
        parts = list(stages)
    return sum(weight.numel() for part in parts for weight in part.parameters())


@pytest.mark.slow
def test_ft_and_bt_are_told_by_name_or_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "weights.pth", "gfm", rosta="FT")
    with pytest.raises(BadWeights, match="--option rosta="):
        import_checkpoint("gfm", path)
    imported = import_checkpoint("gfm", path, options={"rosta": "BT", "labels": "original"})
    assert imported.header.options["rosta"] == "BT"
    assert imported.header.options["labels"] == "original"


@pytest.mark.parametrize(
    ("kernel", "name", "known", "asked"),
    [(3, "ckpt_best", {}, "skip"), (1, "ckpt_e40", {"inputs": "early"}, "inputs")],
)
def test_what_a_file_of_dim_leaves_open_is_asked_for(
    kernel: int, name: str, known: dict[str, str], asked: str, tmp_path: Path
) -> None:
    path = write(tmp_path / f"{name}.pth", "dim", conv6_kernel=kernel)
    with pytest.raises(BadWeights, match=rf"does not show its {asked} \(.*--option {asked}="):
        import_checkpoint("dim", path)
    options = import_checkpoint("dim", path, options=known | {"skip": "none"}).header.options
    assert (options["skip"], options["conv6_kernel"]) == ("none", kernel)


def test_options_of_the_user_win(tmp_path: Path) -> None:
    path = write(tmp_path / "stage1.pth", "dim")
    imported = import_checkpoint("dim", path, options={"skip": "add", "inputs": "early"})
    assert imported.header.options["skip"] == "add"
    assert imported.header.preprocessing["order"] == "bgr"
    with pytest.raises(BadArgument, match="skip is one of none, add"):
        import_checkpoint("dim", path, options={"skip": "maybe"})


@pytest.mark.parametrize("part", ["background", "foreground"])
def test_deepfill_starts_both_colour_networks(part, tmp_path: Path) -> None:
    shapes = shapes_of("samplenet-background", part="background")
    state = {key: tensor(key, shape) for key, shape in shapes.items()}
    torch.save(state, tmp_path / "deepfill.pth")
    imported = import_checkpoint("deepfill", tmp_path / "deepfill.pth", options={"part": part})
    with torch.device("meta"):
        network = imported.header.config.build()
    key = KINDS["deepfill"].keys(network)["stage_1.down.out.0.conv.0.weight"]
    assert imported.tensors[key].shape[1] == (8 if part == "foreground" else 5)
    assert imported.tensors[key][:, 5:].eq(0).all()
    assert imported.tensors[key][:, :5].ne(0).all()


@pytest.mark.slow
def test_vgg16_of_the_published_tool_is_the_same_start(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = config_of("dim").build()
    names = KINDS["vgg16"].keys(network)
    ours = {key: network.state_dict()[key] for key in names.values()}
    ours["conv1_1.weight"][:, 3] = 0
    torch.save({"state_dict": ours, "epoch": 0}, tmp_path / "vgg_state_dict.pth")
    imported = import_checkpoint("vgg16", tmp_path / "vgg_state_dict.pth")
    assert imported.tensors.keys() == ours.keys()
    assert all(torch.equal(imported.tensors[key], value) for key, value in ours.items())
    torch.save(network.state_dict(), tmp_path / "dim.pth")
    with pytest.raises(BadWeights, match="unexpected"):
        import_checkpoint("vgg16", tmp_path / "dim.pth")


def test_vgg16_is_a_start_and_no_network(tmp_path: Path) -> None:
    imported = import_checkpoint("vgg16", write(tmp_path / "vgg16.pth", "vgg16"))
    assert sorted({key.split(".")[0] for key in imported.tensors})[-1] == "conv5_3"
    assert len(imported.tensors) == 26
    assert imported.tensors["conv1_1.weight"][:, 3].eq(0).all()
    assert len(imported.skipped) == 3
    save(tmp_path / "start.safetensors", imported.tensors, imported.header)
    with pytest.raises(BadWeights, match="only a part of the network dim"):
        load(tmp_path / "start.safetensors")


def formula_file(path: Path, kind: str, factor: float, **options: Any) -> Path:
    shapes = shapes_of(kind, **options)
    state = {key: formula_tensor(key, shape, factor) for key, shape in shapes.items()}
    torch.save(wrapped(kind, state), path)
    return path


@pytest.mark.slow
@torch.no_grad()
def test_an_imported_network_answers_as_the_published_one(tmp_path: Path) -> None:
    path = formula_file(tmp_path / "BGDFV1.pth", "samplenet-background", 0.876, part="background")
    imported = import_checkpoint("samplenet-background", path)
    save(tmp_path / "ours.safetensors", imported.tensors, imported.header)
    background = load(tmp_path / "ours.safetensors").eval()(*sample_input()).background
    check(2 * background.flip(1) - 1, GOLDENS["samplenet"]["bg@w0.876"]["refined"])


@SLOW
@torch.no_grad()
@pytest.mark.parametrize(
    ("kind", "name", "options", "golden"),
    [
        ("alphagan-a6", "a.pth", {}, ("alphagan_a6", "default@w0.913", "alpha")),
        ("alphagan", "a.pth", {"dilation": "first"}, ("alphagan_001", "default", "alpha")),
        ("dim", "stage1_skip.pth", {"refine": True}, ("dim", "stage3", "alpha2")),
        ("gfm", "a.pth", {"rosta": "TT"}, ("gfm", "r34_TT@w0.511", "fused")),
    ],
)
def test_other_imported_networks_answer_as_published(
    kind, name, options, golden, tmp_path: Path
) -> None:
    recorded = GOLDENS[golden[0]][golden[1]]
    path = formula_file(tmp_path / name, kind, recorded["_meta"]["weights_factor"], **options)
    imported = import_checkpoint(kind, path)
    save(tmp_path / "ours.safetensors", imported.tensors, imported.header)
    network = load(tmp_path / "ours.safetensors").eval()
    image, trimap = sample_input()
    alpha = network(image, trimap if network.needs_trimap else None).alpha
    check(alpha, recorded[golden[2]])


@SLOW
def test_three_files_make_the_chain(tmp_path: Path) -> None:
    parts = ("background", "foreground", "matting")
    options = [{"part": part} for part in parts]
    files = [
        write(tmp_path / f"{part}.pth", f"samplenet-{part}", **option)
        for part, option in zip(parts, options, strict=True)
    ]
    imported = import_chain(files)
    assert imported.header.options["part"] == "chain"
    assert imported.header.options["paste_known"] is False
    with torch.device("meta"):
        chain = imported.header.config.build()
    assert imported.tensors.keys() == chain.state_dict().keys()
    with pytest.raises(BadArgument, match="made of 3 files"):
        import_chain(files[:2])


@pytest.fixture
def small(tmp_path: Path) -> dict[str, torch.Tensor]:
    shapes = shapes_of("samplenet-background", part="background")
    return {key: tensor(key, shape) for key, shape in shapes.items()}


def refusal(tmp_path: Path, state: dict[str, torch.Tensor], kind="samplenet-background") -> str:
    torch.save(state, tmp_path / "broken.pth")
    with pytest.raises(BadWeights) as caught:
        import_checkpoint(kind, tmp_path / "broken.pth")
    return str(caught.value)


def test_missing_unexpected_and_misshapen_keys_are_named(small, tmp_path: Path) -> None:
    first, second, *_ = list(small)[2:]
    small.pop(first)
    small[second] = torch.zeros(2, 3)
    small["stage_9.bias"] = torch.zeros(1)
    sentence = refusal(tmp_path, small)
    assert f"1 missing ({first})" in sentence
    assert "1 unexpected (stage_9.bias)" in sentence
    assert f"{second} is 2x3, not" in sentence
    assert "--not-strict" in sentence


def test_not_strict_takes_what_fits_and_notes_the_rest(small, tmp_path: Path) -> None:
    *_, kept, lost = list(small)
    small.pop(lost)
    torch.save(small, tmp_path / "part.pth")
    imported = import_checkpoint("samplenet-background", tmp_path / "part.pth", strict=False)
    assert lost in imported.header.notes[0]
    network = build("samplenet", part="background")
    keys = KINDS["samplenet-background"].keys(network)
    network.load_state_dict(imported.tensors)
    assert network.state_dict()[keys[kept]].flatten()[0].item() == pytest.approx(number_of(kept))


def test_another_kind_is_recognised(small, tmp_path: Path) -> None:
    sentence = refusal(tmp_path, small, kind="dim")
    assert "is no dim" in sentence
    assert "looks like samplenet-background" in sentence
    assert "keys begin with stage_1" in sentence


def test_a_foreground_file_is_no_background(tmp_path: Path) -> None:
    path = write(tmp_path / "FGDFV1.pth", "samplenet-foreground", part="foreground")
    with pytest.raises(BadWeights, match=r"32x8x5x5, not 32x5x5x5"):
        import_checkpoint("samplenet-background", path)


def test_an_unknown_kind_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadArgument, match="there are alphagan-a6, alphagan-a6-critic, alphagan, "):
        import_checkpoint("resnet", tmp_path / "any.pth")


def test_counters_that_old_files_lack_are_zero(tmp_path: Path) -> None:
    shapes = shapes_of("alphagan-a6")
    state = {
        key: tensor(key, shape)
        for key, shape in shapes.items()
        if not key.endswith("num_batches_tracked")
    }
    torch.save(state, tmp_path / "old.pth")
    imported = import_checkpoint("alphagan-a6", tmp_path / "old.pth")
    assert imported.tensors["encoder.norm.num_batches_tracked"].item() == 0
