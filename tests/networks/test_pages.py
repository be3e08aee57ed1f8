"""The pages about networks: the table of options is fresh, its examples of plug-ins work."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pages import DOCS, ROOT, blocks, commands, run_commands, write_files

import mattekit
from mattekit.networks import NetworkConfig

SOURCE = Path(mattekit.__file__).parent


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


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="commands run in forks")
def test_the_plug_ins_of_the_page_are_known_to_every_command(tmp_path: Path) -> None:
    write_files("extend.md", tmp_path)
    scene = mattekit.synthetic.scene(seed=1, size=64)
    mattekit.write_image(tmp_path / "photo.png", scene.image)
    mattekit.write_image(tmp_path / "trimap.png", scene.trimap * np.uint8(127))
    lines = [line for block in blocks("extend.md", "") for line in commands(block)]
    assert len(lines) == 5
    printed = run_commands(lines, tmp_path)
    assert "width: number, default 16. Channels of the two hidden layers." in printed
    assert "runs/plain -> plain.onnx" in printed
    assert (tmp_path / "alpha.png").is_file()
    recipe = (
        tmp_path / "runs" / "discs" / "checkpoints" / "step-000020" / "recipe.yaml"
    ).read_text()
    assert "name: alpha_huber" in recipe
    assert "step 20 of 20" in printed


@pytest.mark.slow
def test_a_plug_in_is_held_to_the_contract(tmp_path: Path) -> None:
    write_files("extend.md", tmp_path)
    path = os.pathsep.join([str(SOURCE.parent), str(tmp_path)])
    environment = {**os.environ, "PYTHONPATH": path, "MATTEKIT_PLUGINS": "plain"}
    contract = ROOT / "tests" / "contracts" / "test_networks.py"
    words = ["-m", "pytest", str(contract), "-k", "plain", "-m", "", "--rootdir", str(ROOT)]
    passed = subprocess.run(
        [sys.executable, *words, "-p", "no:cacheprovider"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
    )
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert re.search(r"^\.{8,}", passed.stdout, flags=re.MULTILINE), passed.stdout
