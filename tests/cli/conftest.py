"""Small files for the commands, and a way to run these."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from mattekit.cli.main import app
from mattekit.core.types import BACKGROUND, FOREGROUND, UNKNOWN
from mattekit.imaging.compose import over
from mattekit.imaging.files import write_alpha, write_image, write_trimap
from mattekit.imaging.trimap import make_trimap
from mattekit.inference import memory

Command = Callable[..., Result]

SIZE = (40, 56)


@pytest.fixture
def mattekit(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `mattekit` with these words, in a process that seems to hold nothing yet."""
    held, resident = memory.resident(), memory.resident
    monkeypatch.setattr(memory, "resident", lambda: max(resident() - held, 0))

    def run(*words: object, given: bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], input=given)

    return run


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A photo of an orange disc on blue, and everything that can be known of it."""
    rows, columns = np.indices(SIZE)
    distance = np.hypot(rows - 20, columns - 28)
    alpha = np.clip((11 - distance) / 3 + 0.5, 0, 1).astype(np.float32)
    grain = np.random.default_rng(6).normal(0, 0.03, (*SIZE, 3))
    image = over(np.float32([0.9, 0.5, 0.1]), alpha[..., None], np.float32([0.1, 0.2, 0.7]))
    write_image(tmp_path / "photo.png", (image + grain).clip(0, 1).astype(np.float32))
    write_alpha(tmp_path / "alpha.png", alpha)
    write_alpha(tmp_path / "mask.png", (alpha > 0.5).astype(np.float32))
    write_trimap(tmp_path / "trimap.png", make_trimap(alpha, 2, 2))
    strokes = np.full(SIZE, UNKNOWN, np.uint8)
    strokes[19:21, 25:31], strokes[2:4, 5:50] = FOREGROUND, BACKGROUND
    write_trimap(tmp_path / "scribbles.png", strokes)
    write_image(tmp_path / "hills.png", np.full((30, 80, 3), 0.25, np.float32))
    return tmp_path
