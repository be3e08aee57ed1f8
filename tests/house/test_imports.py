"""Importing has no effects, and the base needs no torch."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "mattekit"
WITHOUT_TORCH = (
    "mattekit.core.types",
    "mattekit.imaging.files",
    "mattekit.synthetic",
    "mattekit.classical.closed_form",
    "mattekit.metrics",
    "mattekit.data",
    "mattekit.cutouts.cutout",
    "mattekit.inference.onnx_network",
    "mattekit.cli.main",
)

WATCH = """
import sys
effects = []
def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writes = isinstance(mode, str) and set(mode) & set("wax+")
        if writes and "__pycache__" not in str(path) and str(path) != "/dev/null":
            effects.append(f"writes {path}")
    elif event == "socket.bind" and arguments[1] == ("::1", 0):
        pass  # urllib3 asks whether there is IPv6
    elif event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system"):
        effects.append(f"{event} {arguments}")
sys.addaudithook(watch)
"""
REFUSE_TORCH = """
import sys
class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision", "timm", "safetensors", "jaxtyping"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
sys.meta_path.insert(0, NoTorch())
"""


def child(code: str) -> str:
    line = [sys.executable, "-B", "-c", code]  # compiling to a file would count as an effect
    found = subprocess.run(line, capture_output=True, text=True, timeout=600, cwd=ROOT)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


def names(*folders: str) -> list[str]:
    """Dotted names of all modules in these rooms."""
    paths = [path for folder in folders for path in sorted((SOURCE / folder).rglob("*.py"))]
    parts = [path.relative_to(SOURCE.parent).with_suffix("").parts for path in paths]
    return [".".join(part).removesuffix(".__init__") for part in parts]


@pytest.mark.slow
def test_importing_the_low_rooms_and_the_commands_has_no_effect() -> None:
    modules = names("core", "imaging", "synthetic", "classical", "metrics", "cli")
    modules = [name for name in modules if name != "mattekit.core.tensors"]
    imports = "\n".join(f"import {name}" for name in modules)
    assert child(f"{WATCH}\n{imports}\nprint(effects)") == "[]"


@pytest.mark.slow
def test_importing_any_module_has_no_effect_of_ours() -> None:
    imports = "\n".join(f"import {name}" for name in names("."))
    libraries = (
        "import torch, torchvision, timm, lightning_fabric, tensorboard, fastapi, matplotlib"
    )
    assert child(f"{libraries}\n{WATCH}\n{imports}\nprint(effects)") == "[]"


@pytest.mark.slow
def test_the_rooms_of_the_base_import_where_torch_is_not_installed() -> None:
    imports = "\n".join(f"import {module}" for module in WITHOUT_TORCH)
    assert child(f"{REFUSE_TORCH}\n{imports}\nprint('torch' in sys.modules)") == "False"


@pytest.mark.slow
def test_a_cutout_is_made_where_torch_is_not_installed(tmp_path: Path) -> None:
    code = f"""{REFUSE_TORCH}
import mattekit
cut = mattekit.cutout("examples/photos/cat.png", trimap="examples/photos/cat-trimap.png")
cut.save({str(tmp_path / "cat.png")!r})
print(cut.rgba().shape, "torch" in sys.modules)
"""
    assert child(code) == "(300, 451, 4) False"
    assert (tmp_path / "cat.png").exists()


@pytest.mark.slow
def test_what_needs_torch_says_how_to_get_it() -> None:
    code = f"""{REFUSE_TORCH}
from typer.testing import CliRunner
from mattekit.cli.main import app
print(CliRunner().invoke(app, ["recipe", "list"]).stderr)
"""
    assert 'pip install "mattekit[' in child(code)


@pytest.mark.slow
@pytest.mark.parametrize(
    "use",
    [
        "mattekit.networks",
        "mattekit.load('compact', device='cuda')",
        "exec('from mattekit import *')",
    ],
)
def test_a_python_user_without_torch_is_told_how_to_get_it(use: str) -> None:
    code = f"""{REFUSE_TORCH}
import mattekit
try:
    {use}
except mattekit.MattekitError as error:
    print(type(error).__name__, error)
"""
    said = child(code)
    assert said.startswith("MissingExtra")
    assert 'pip install "mattekit[torch]"' in said
