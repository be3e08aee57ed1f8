"""Whether the compiled functions are there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mattekit.classical import compiling
from mattekit.classical.compiling import first_use, set_up


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "pymatting"
    folder.mkdir()
    monkeypatch.setattr(compiling, "_package", lambda: folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    return folder


def test_a_fresh_install_is_a_first_use(package: Path) -> None:
    assert first_use()


@pytest.mark.parametrize("place", ["pymatting/util/__pycache__", "cache/numba/laplacian_00ff"])
def test_compiled_functions_beside_the_package_or_in_the_users_cache_are_found(
    package: Path, place: str
) -> None:
    folder = package.parent / place
    folder.mkdir(parents=True)
    (folder / "cf_laplacian-1.nbi").touch()
    assert not first_use()


@pytest.mark.slow
def test_compiled_loops_leave_the_number_of_threads_as_the_user_has_set_it() -> None:
    script = (
        "import numpy as np, torch\n"
        "from mattekit.classical.foreground import estimate_foreground\n"
        "estimate_foreground(np.eye(16 * 3, 16).reshape(16, 16, 3), np.full((16, 16), 0.5))\n"
        "print(torch.get_num_threads())"
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    found = subprocess.run(
        [sys.executable, "-c", script], env=environment, check=True, capture_output=True
    )
    assert found.stdout == b"1\n"


def test_a_folder_of_the_process_serves_where_nothing_can_be_written(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "_writable", lambda folder: False)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/proc/nowhere")
    set_up()
    assert Path(compiling.os.environ["NUMBA_CACHE_DIR"]).is_dir()
