"""What every test gets: no network beyond this machine, and the same seed.

Tests marked `browser`, `gpu` or `posix` are left out, and counted, where there is none.
"""

import os
import shutil
import signal
import socket
from functools import cache

import numpy as np
import pytest
from hypothesis import settings

# Properties are tried on few examples by default, and never timed: the machine may be busy.
settings.register_profile("few", max_examples=30, deadline=None)
settings.load_profile("few")

LOCAL = ("127.", "::1", "localhost")


@cache
def find_chromium() -> str | None:
    """The browser that `CHROMIUM` names, or one on PATH."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@cache
def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


NEEDS = {
    "browser": (find_chromium, "no Chromium is on PATH or named by CHROMIUM"),
    "gpu": (has_gpu, "no GPU is there"),
    "posix": (lambda: os.name == "posix", "this is Windows"),
}


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start, also where the shell began the tests with
    `&`, which leaves it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)  # after -m
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for marker, (found, _) in NEEDS.items():
        without = [item for item in items if item.get_closest_marker(marker)]
        if without and not found():
            config.hook.pytest_deselected(items=without)
            items[:] = [item for item in items if item not in without]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for marker, (found, reason) in NEEDS.items():
        if f"not {marker}" not in config.option.markexpr and not found():
            terminalreporter.write_line(f"tests marked {marker} are left out: {reason}")


@pytest.fixture(scope="session")
def chromium() -> str | None:
    return find_chromium()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0]) if isinstance(address, tuple) else str(address)
            if not host.startswith(LOCAL):
                raise AssertionError(f"a test tried to reach {host}; tests use no network")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local_only)


@pytest.fixture(autouse=True)
def _no_plug_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that a command imports in a test are not those of the next one's processes."""
    monkeypatch.setenv("MATTEKIT_PLUGINS", "")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1234)
