"""Every command of docs/published-commands.md, one by one, on miniatures of the published folders.

A command that needs what another one writes (`-o`, or the name of a model) runs that one first.
"""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from cli.published_page import PAGE, ROWS, program
from networks.published.published_files import wrapped, write
from torch import nn, optim
from typer.testing import CliRunner

from mattekit.cli.main import app
from mattekit.networks import config_of
from mattekit.networks.published.kinds import KINDS
from mattekit.synthetic.layouts import LAYOUTS
from mattekit.synthetic.scene import scene
from mattekit.training.checkpoints import read_state

SIZE = (72, 90)
CONFIG = Path(__file__).parents[1] / "recipes" / "published_config.yaml"
SMALLER = {"800x800": "96x64", "320x320": "64x64", "--tile 320": "--tile 256"}
SHORT = shlex.split(
    "batch=2 accumulate=1 length.steps=1 warmup=none data.size=64 data.crop=[64] data.workers=0 "
    "precision=32 validate.count=1 validate.crop=64 --device cpu"
)
"""What is smaller here than on the page, for the sake of time."""
DONE = 7
"""Updates that the published run of AlphaGAN has made."""


def layout(name: str, folder: Path, numbers: range, size: tuple[int, int] = SIZE) -> None:
    for number in numbers:
        LAYOUTS[name].write(folder, number, scene(number, size))
    LAYOUTS[name].finish(folder, numbers)


def pictures(desk: Path) -> None:
    layout("am2k", desk, range(8))
    layout("adobe", desk, range(2))
    layout("composition1k", desk, range(1))
    layout("aim500", desk, range(4))
    (desk / "dataset_labels.csv").unlink()  # it is made by a row
    layout("samplenet", desk / "EVAL", range(2))
    layout("samplenet-train", desk / "FOLDER", range(8))
    layout("alphamatting", desk / "alphamatting", range(2))
    for folder in ("input", "trimap"):  # the miniature is the training set, with its alphas
        site = desk / "alphamatting"
        (site / f"{folder}_training_lowres").rename(site / f"{folder}_lowres")
    layout("plain", desk / "test", range(2))
    shutil.copytree(desk / "AM-2k/validation/original", desk / "samples")
    shutil.make_archive(str(desk / "AIM-500"), "zip", desk, "AIM-500")
    shutil.copy(CONFIG, desk / "config.yaml")


def published(kind: str, **options: str) -> dict[str, torch.Tensor]:
    """Random weights under the published names, in another order than ours."""
    torch.manual_seed(0)
    network = config_of(KINDS[kind].config.name, **options).build()
    state = network.state_dict()
    keys = sorted(KINDS[kind].keys(network).items(), reverse=True)
    return {theirs: state[ours] for theirs, ours in keys}


def weights_of(state: dict[str, torch.Tensor]) -> list[nn.Parameter]:
    return [nn.Parameter(plane) for key, plane in state.items() if "running" not in key
            and "num_batches" not in key]  # fmt: skip


def trained(state: dict[str, torch.Tensor]) -> dict[str, object]:
    """AdamW after an update in which every weight had its own place in the file as its gradient."""
    weights = weights_of(state)
    optimiser = optim.AdamW(weights)
    for number, weight in enumerate(weights, start=1):
        weight.grad = torch.full_like(weight, float(number))
    optimiser.step()
    return optimiser.state_dict()


def a6_run() -> dict[str, object]:
    """A checkpoint of the published training program."""
    generator, critic = published("alphagan-a6"), published("alphagan-a6-critic", width="12")
    return {
        "epoch": 2,
        "best_loss": 3.5,
        "model_state": generator,
        "g_optimizer_state": trained(generator),
        "g_scheduler_state": {"last_epoch": DONE, "base_lrs": [1e-4]},
        "discriminator_state": critic,
        "d_optimizer_state": trained(critic),
        "d_scheduler_state": {"last_epoch": DONE, "base_lrs": [1e-5]},
    }


def of(kind: str, **options: str) -> Callable[[], object]:
    return lambda: wrapped(kind, published(kind, **options))


def vgg_state_dict() -> object:
    names = KINDS["vgg16"].keys(config_of("dim").build())
    state = config_of("dim").build().state_dict()
    return {"epoch": 0, "state_dict": {ours: state[ours] for ours in names.values()}}


CHECKPOINTS: dict[str, Callable[[], object]] = {
    "gfm_r34_tt.pth": of("gfm"),
    "gfm_r34_ft.pth": of("gfm", rosta="FT"),
    "gfm_r34_bt.pth": of("gfm", rosta="BT"),
    "gfm_d121_rim.pth": of("gfm", rosta="RIM", backbone="d121"),
    "stage1_skip_sad_52.9.pth": of("dim"),
    "ckpt_best.pth": of("dim"),
    "ckpt_e40.pth": of("dim", conv6_kernel="1"),
    "vgg_state_dict.pth": vgg_state_dict,
    "BGDFV1.pth": of("samplenet-background", part="background"),
    "FGDFV1.pth": of("samplenet-foreground", part="foreground"),
    "LSM_80.pth": of("samplenet-matting", part="matting"),
    "netG_epoch_33.pth": of("alphagan"),
    "netD_epoch_33.pth": of("alphagan-critic", layers="2"),
    "12_05-02-2026.pth": a6_run,
}


class Desk:
    """A folder with what the page takes for granted, made when a command asks for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.done: set[str] = set()
        pictures(folder)
        write(folder / "vgg16-397923af.pth", "vgg16")

    def run(self, line: str) -> None:
        """The command of a row, once, after those that it depends on."""
        if line in self.done:
            return
        self.done.add(line)
        for row in ROWS:
            if row.mattekit != line and mentions(line, product(row.mattekit)):
                self.run(row.mattekit)
        words = self.words(line)
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, f"{shlex.join(words)}\n{result.output}\n{result.exception}"
        for checkpoint in (name for name in CHECKPOINTS if name in words):
            if not any(mentions(row.mattekit, checkpoint) for row in ROWS
                       if row.mattekit not in self.done):  # fmt: skip
                (self.folder / checkpoint).unlink()

    def words(self, line: str) -> list[str]:
        for size, smaller in SMALLER.items():
            line = line.replace(size, smaller)
        words = shlex.split(line)
        for name in words:
            if name in CHECKPOINTS and not (self.folder / name).exists():
                torch.save(CHECKPOINTS[name](), self.folder / name)
        if words[0] == "train":
            starts = any(word.startswith("init") for word in words) or "--resume" in words
            words += SHORT if starts else [*SHORT, "init=none"]
        return words


def product(line: str) -> str:
    """What a command makes: the folder or file after -o, or a model under its file's name."""
    words = shlex.split(line)
    if "-o" in words:
        return words[words.index("-o") + 1]
    return Path(words[3]).stem if words[:2] == ["models", "import"] else ""


def mentions(line: str, name: str) -> bool:
    """Whether the command takes a thing of that name, as a word or as the value of one."""
    words = shlex.split(line)
    own = words.index("-o") + 1 if "-o" in words else None
    taken = [word for n, word in enumerate(words) if n != own and n > 1]
    text = " ".join(taken)
    return bool(name) and re.search(rf"(?:^|[ =]){re.escape(name)}(?:$|[ ,}}/])", text) is not None


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(autouse=True)
def at_the_desk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    monkeypatch.setenv("MATTEKIT_HOME", str(desk.folder / "home"))
    monkeypatch.setenv("MATTEKIT_DATA", str(desk.folder))


@pytest.mark.slow
@pytest.mark.parametrize("line", [row.mattekit for row in ROWS])
def test_every_command_of_the_page_runs(desk: Desk, line: str) -> None:
    desk.run(line)
    made = product(line)
    if " -o " in line:
        assert Path(made).exists(), line
    if line.startswith("predict") and "--true" in line:
        assert (Path(made) / "metrics.json").is_file()
    if made.startswith("runs/"):
        assert (Path(made) / "checkpoints" / "last").is_file()


@pytest.mark.slow
def test_a_published_run_is_continued_from_its_last_update(desk: Desk) -> None:
    (line,) = (row.mattekit for row in ROWS if "--resume" in row.mattekit)
    desk.run(line)
    checkpoint = desk.folder / product(line) / "checkpoints" / f"step-{DONE:06d}"
    state = read_state(checkpoint)["method"]
    run = a6_run()
    for kind, weights, part, ours in (
        ("alphagan-a6", "model_state", "generator", "network"),
        ("alphagan-a6-critic", "discriminator_state", "critic", "critic_weights"),
    ):
        assert state[part]["updates"] == DONE
        with torch.device("meta"):
            network = KINDS[kind].config.build()
        keys = KINDS[kind].keys(network)
        learning = [keys[theirs] for theirs in run[weights] if keys[theirs] in
                    dict(network.named_parameters())]  # fmt: skip
        moments = state[part]["optimiser"]["state"]
        for place, (name, weight) in enumerate(network.named_parameters()):
            number = learning.index(name) + 1
            assert moments[place]["exp_avg"].flatten()[0] == pytest.approx(number / 10), name
            assert state[ours][name].shape == weight.shape


@pytest.mark.slow
def test_the_page_is_what_its_table_says() -> None:
    assert program.page() == PAGE.read_text(), "run: python docs/published_commands.py"
