"""The Space on 127.0.0.1, asked by Gradio's own client. Left out where Gradio is not installed:
its versions of other packages are not ours; a workflow installs it and runs this file."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from integrations.loading import ROOT

from mattekit.imaging.files import read_alpha, write_image
from mattekit.synthetic.scene import scene

SPACE = ROOT / "gradio"
ASK = """
import shutil
from app import app
from gradio_client import Client, handle_file

_, url, _ = app.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
photo, strokes = handle_file("photo.png"), handle_file("strokes.png")
editor = {"background": photo, "layers": [strokes], "composite": photo}
picture, said = Client(url, verbose=False).predict(editor, api_name="/cut_out")
shutil.copy(picture, "cut-out.png")
print(said)
"""


def test_the_app_is_about_thirty_lines() -> None:
    assert len((SPACE / "app.py").read_text().splitlines()) <= 40


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("gradio"), reason="Gradio is not installed")
def test_strokes_cut_the_subject_out(tmp_path: Path) -> None:
    sample = scene(3, (96, 128), kind="hard")
    subject = np.repeat((sample.trimap == 2)[..., None], 3, axis=2).astype(np.float32)
    known = (sample.trimap != 1).astype(np.float32)
    write_image(tmp_path / "photo.png", sample.image)
    write_image(tmp_path / "strokes.png", subject, alpha=known)
    settings = {"GRADIO_ANALYTICS_ENABLED": "False", "PYTHONPATH": str(SPACE)}
    ran = subprocess.run(
        [sys.executable, "-c", ASK], cwd=tmp_path, env={**os.environ, **settings},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "confidence" in ran.stdout
    assert np.abs(read_alpha(tmp_path / "cut-out.png") - sample.alpha).mean() < 0.03
