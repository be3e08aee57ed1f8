"""Nothing leaves the machine: what is used collects no data, in the library or in a worker."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USES = {
    "library": """
import mattekit
mattekit.cutout("examples/photos/cat.png", trimap="examples/photos/cat-trimap.png").rgba()
""",
    "server's worker": "from mattekit.server.worker_process import warm_up; warm_up()",
}


@pytest.mark.slow
@pytest.mark.parametrize("use", USES)
def test_a_run_leaves_an_empty_home_folder_empty(use: str, tmp_path: Path) -> None:
    home = {name: str(tmp_path) for name in ("HOME", "USERPROFILE", "LOCALAPPDATA")}
    others = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_DATA_HOME")
    kept = {name: value for name, value in os.environ.items() if name not in others}
    subprocess.run([sys.executable, "-c", USES[use]], check=True, cwd=ROOT, env=kept | home)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == []


def test_onnx_runtime_is_imported_in_one_place_only() -> None:
    importing = re.compile(r"^\s*(import|from) onnxruntime", re.MULTILINE)
    folders = [ROOT / name for name in ("src", "tests", "benchmarks", "examples")]
    paths = [path for folder in folders for path in folder.rglob("*.py")]
    found = [path.name for path in paths if importing.search(path.read_text())]
    assert found == ["runtime.py"]
