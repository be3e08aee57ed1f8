"""The steps of the container file, as nobody where nothing can be written."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from mattekit.cutouts.example import FOLDER

ROOT = Path(__file__).parents[2]
FILE = ROOT / "packaging" / "Containerfile"
PACKAGE = "'mattekit[serve]'"
MOST_BYTES = 600 * 10**6
NOWHERE = "/proc"  # where not even root can make a file
STARTS = 120  # seconds
TOKEN = "secret"


def step(word: str) -> str:
    """What follows a word at the beginning of a line."""
    (found,) = re.findall(rf"^{word} (.*)$", FILE.read_text(), re.M)
    return str(found)


def bytes_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def built_wheel(folder: Path) -> Path:
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=900)
    (wheel,) = folder.glob("mattekit-*.whl")
    return wheel


@pytest.mark.slow
def test_the_steps_of_the_container_file_give_a_small_server_that_writes_nothing(
    free_port: Callable[[], int],
) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder, port = Path(made), free_port()
        folder.chmod(0o755)  # nobody has to come in
        venv.create(folder / "fresh", with_pip=True)
        before = bytes_of(folder / "fresh")
        environment = {"PATH": f"{folder}/fresh/bin:/usr/bin:/bin", "HOME": made}
        install = step("RUN").replace(PACKAGE, f"'{built_wheel(folder)}[serve]'")
        subprocess.run(install, shell=True, check=True, env=environment, timeout=900)
        assert bytes_of(folder / "fresh") - before < MOST_BYTES

        environment |= {"HOME": NOWHERE, "TMPDIR": NOWHERE, "MATTEKIT_TOKEN": TOKEN}
        user = step("USER") if os.geteuid() == 0 else None
        command = [*json.loads(step("CMD")), "--port", str(port)]
        command[0] = str(folder / "fresh" / "bin" / command[0])
        server = subprocess.Popen(command, cwd=NOWHERE, env=environment, user=user)
        try:
            healthy = step("HEALTHCHECK").partition("CMD ")[2].replace("8000", str(port))
            wait_for(server, healthy, environment)
            address = f"http://127.0.0.1:{port}"
            assert httpx.get(f"{address}/v1/models").status_code == 401
            cut = httpx.post(
                f"{address}/v1/cutout",
                files={"photo": (FOLDER / "example.jpg").read_bytes()},
                headers={"Authorization": f"Bearer {TOKEN}"},
                timeout=120,
            )
            assert cut.status_code == 200, cut.text
        finally:
            server.terminate()
            server.wait(60)


def wait_for(server: "subprocess.Popen[bytes]", healthy: str, environment: dict[str, str]) -> None:
    """Until the health check says that all is well."""
    end = time.monotonic() + STARTS
    while subprocess.run(healthy, shell=True, env=environment, capture_output=True).returncode:
        assert server.poll() is None, "the server ended"
        assert time.monotonic() < end, "the server is not healthy"
        time.sleep(0.5)
