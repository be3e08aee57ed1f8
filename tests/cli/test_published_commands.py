"""Every command of docs/published-commands.md, run on miniatures of the published folders."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
import torch
from networks.published.published_files import wrapped, write
from typer.testing import CliRunner

from mattekit.cli.main import app
from mattekit.imaging.files import open_picture
from mattekit.networks import config_of
from mattekit.networks.published.kinds import KINDS
from mattekit.synthetic.layouts import LAYOUTS
from mattekit.synthetic.scene import scene

PAGE = Path(__file__).parents[2] / "docs" / "published-commands.md"
COMMAND = re.compile(r"`(mattekit [^`]+)`")
SIZE = (48, 60)
SMALLER = {"800x800": "96x64", "512x384": "96x64", "320x320": "64x64", "--tile 320": "--tile 256"}
"""Sizes of the page, and what they become here for the sake of time."""
CHECKPOINTS = {
    "gfm_r34_tt.pth": ("gfm", {}),
    "stage1_skip_sad_52.9.pth": ("dim", {}),
    "BGDFV1.pth": ("samplenet-background", {"part": "background"}),
    "FGDFV1.pth": ("samplenet-foreground", {"part": "foreground"}),
    "LSM_80.pth": ("samplenet-matting", {"part": "matting"}),
    "netG_epoch_33.pth": ("alphagan", {}),
    "best.pth": ("alphagan-a6", {}),
}


def write_layout(layout: str, folder: Path, numbers: range) -> None:
    chosen = LAYOUTS[layout]
    for number in numbers:
        chosen.write(folder, number, scene(number, SIZE))
    chosen.finish(folder, numbers)


def write_checkpoint(path: Path, kind: str, options: dict[str, str]) -> None:
    """Random weights under the published names."""
    torch.manual_seed(0)
    rules = KINDS[kind]
    network = config_of(rules.config.name, **options).build()
    state = network.state_dict()
    torch.save(wrapped(kind, {a: state[b] for a, b in rules.keys(network).items()}), path)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures and checkpoints under the names that the page uses."""
    desk = tmp_path_factory.mktemp("desk")
    write_layout("am2k", desk, range(3, 12, 4))
    write_layout("samplenet", desk / "EVAL", range(2))
    write_layout("alphamatting", desk / "alphamatting", range(2))
    for folder in ("input", "trimap"):  # the miniature is the training set, with its alphas
        site = desk / "alphamatting"
        (site / f"{folder}_training_lowres").rename(site / f"{folder}_lowres")
    write_layout("plain", desk / "test", range(2))
    shutil.copytree(desk / "AM-2k/validation/original", desk / "samples")
    for name, (kind, options) in CHECKPOINTS.items():
        write_checkpoint(desk / name, kind, options)
    write(desk / "vgg16-397923af.pth", "vgg16")
    return desk


def commands() -> list[str]:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    return [command for row in rows for command in COMMAND.findall(row)]


@pytest.mark.slow
def test_every_command_of_the_page_runs(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setenv("MATTEKIT_HOME", str(desk / "home"))
    assert len(commands()) > 15
    for line in commands():
        for size, smaller in SMALLER.items():
            line = line.replace(size, smaller)
        result = CliRunner().invoke(app, shlex.split(line)[1:])
        assert result.exit_code == 0, f"{line}\n{result.output}"
    assert_results(desk)


def assert_results(desk: Path) -> None:
    """What the commands say they write is there, at the size of the pictures."""
    for picture in (desk / "samples").iterdir():
        assert open_picture(desk / "results/hybrid" / f"{picture.stem}.png").size == SIZE
        for part in ("glance", "focus"):
            assert open_picture(desk / "results/parts" / f"{picture.stem}-{part}.png").size == SIZE
        assert (desk / "results/samples" / f"{picture.stem}-alpha.png").is_file()
    for results in ("results/hybrid", "results/whole", "results/test"):
        assert (desk / results / "metrics.json").is_file()
    names = sorted(path.name for path in (desk / "OUT").glob("scene-000001*"))
    parts = ("-alpha", "-background", "-foreground", "-recomposition", "-trimap")
    assert names == sorted(f"scene-000001{part}.png" for part in parts)
    for trimap in ("Trimap1", "Trimap2"):
        assert len(list((desk / "results/site" / trimap).iterdir())) == 2
