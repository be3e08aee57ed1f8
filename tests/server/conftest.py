"""A real server, as a process of its own, and its page in a real browser."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

STARTS = 120  # seconds, on a busy machine
PATIENCE = 60_000  # milliseconds for what the page does
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


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


@pytest.fixture(scope="module")
def url(serve: Callable[..., Served]) -> str:
    """The address of a server with one worker."""
    return serve("--workers", "1").url


@pytest.fixture(scope="module")
def browser(chromium: str) -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: "Browser", url: str) -> "Iterator[Page]":
    """The page as it opens. At the end it must have left no error, and asked nobody else."""
    errors: list[str] = []
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda asked: url in asked.url or errors.append(asked.url))
    page.goto(url)
    yield page
    page.close()
    assert [error for error in errors if not error.startswith(("blob:", "data:"))] == []
