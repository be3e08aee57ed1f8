"""The wheel in an empty environment: what the README promises first runs from an empty folder."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*line: object, folder: Path) -> str:
    words = [str(word) for word in line]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    found = subprocess.run(
        words, capture_output=True, text=True, cwd=folder, timeout=900, env=environment
    )
    assert found.returncode == 0, f"{words}\n{found.stdout}\n{found.stderr}"
    return found.stdout


@pytest.mark.slow
def test_the_first_commands_run_after_pip_install_from_an_empty_folder(tmp_path: Path) -> None:
    wheels, folder = tmp_path / "wheels", tmp_path / "empty"
    folder.mkdir()
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(wheels), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=900)
    (wheel,) = wheels.glob("mattekit-*.whl")
    venv.create(tmp_path / "fresh", with_pip=True)
    binaries = tmp_path / "fresh" / "bin"
    install = [str(binaries / "pip"), "install", "--quiet", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=900)
    mattekit = binaries / "mattekit"
    run(mattekit, "example", folder=folder)
    run(mattekit, "cutout", "photo.jpg", "--trimap", "trimap.png", folder=folder)
    assert (folder / "cutouts" / "photo.png").read_bytes().startswith(b"\x89PNG")
    box = (folder / "box.txt").read_text().strip()
    for hint in (["--box", box], ["--mask", "mask.png"], ["--scribbles", "strokes.png"]):
        run(mattekit, "cutout", "photo.jpg", *hint, "--overwrite", folder=folder)
    for mode in ("torch", "numba"):
        code = f"import importlib.util as u; print(u.find_spec({mode!r}))"
        assert run(binaries / "python", "-c", code, folder=folder) == "None\n"
