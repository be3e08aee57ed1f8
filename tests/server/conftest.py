"""A real server, as a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

STARTS = 120  # seconds, on a busy machine


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    url: str
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(name="free_port", scope="session")
def free_port_fixture() -> Callable[[], int]:
    """The function above."""
    return free_port


def wait_until_ready(served: Served) -> None:
    """Until a worker has come up."""
    end = time.monotonic() + STARTS
    while time.monotonic() < end:
        assert served.process.poll() is None, "the server ended before it was ready"
        try:
            if httpx.get(f"{served.url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the server was not ready after {STARTS} s")


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Served]]:
    """Start `mattekit serve` with options; it ends with the module."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Served:
        port = free_port()
        command = [sys.executable, "-m", "mattekit", "serve", "--port", str(port), *options]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.append(process)
        served = Served(f"http://127.0.0.1:{port}", process)
        wait_until_ready(served)
        return served

    yield start
    for process in running:
        process.terminate()
    for process in running:
        process.wait(60)
