"""The pages about networks: the table of options is fresh, the example of a network works."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import mattekit
from mattekit.networks import NetworkConfig

SOURCE = Path(mattekit.__file__).parent
ROOT = SOURCE.parents[1]
DOCS = ROOT / "docs"


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page."""
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), flags=re.DOTALL)


def loaded(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_the_table_of_options_is_what_the_configs_say() -> None:
    page = DOCS / "systems.md"
    fresh = loaded(DOCS / "systems_table.py").with_table(page.read_text())
    assert page.read_text() == fresh, "run: python docs/systems_table.py"


def test_the_page_names_every_system() -> None:
    page = (DOCS / "systems.md").read_text()
    names = {member().name for member in NetworkConfig.__args__}
    assert all(f"`{name}`" in page for name in names - {"compact", "subject"})


def test_the_example_of_a_network_predicts(tmp_path: Path) -> None:
    network_file, line = blocks("extend.md", "python")
    (tmp_path / "plain.py").write_text(network_file)
    config = loaded(tmp_path / "plain.py").PlainConfig(width=4)
    image, trimap = torch.rand(1, 3, 8, 8), torch.full((1, 1, 8, 8), 0.5)
    assert config.build()(image, trimap).alpha.shape == (1, 1, 8, 8)
    assert "from mattekit.networks.plain import PlainConfig" in line


@pytest.mark.slow
def test_one_file_and_one_line_are_a_network_that_keeps_the_contract(tmp_path: Path) -> None:
    copy = tmp_path / "src" / "mattekit"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    network_file, line = blocks("extend.md", "python")
    (copy / "networks" / "plain.py").write_text(network_file)
    room = (copy / "networks" / "__init__.py").read_text()
    place = room.index("CriticConfig = ")
    (copy / "networks" / "__init__.py").write_text(f"{room[:place]}{line}\n{room[place:]}")
    environment = {"PYTHONPATH": str(tmp_path / "src"), "OMP_NUM_THREADS": "1"}

    shown = run("-m", "mattekit", "models", "show", "plain", environment=environment)
    assert "width: number, default 16. Channels of the two hidden layers." in shown
    contract = ROOT / "tests" / "contracts" / "test_networks.py"
    words = ("-m", "pytest", str(contract), "-k", "plain", "-m", "", "--rootdir", str(ROOT))
    passed = run(*words, environment=environment)
    assert re.search(r"^\.{8,}", passed, flags=re.MULTILINE), passed


def run(*words: str, environment: dict[str, str]) -> str:
    result = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
