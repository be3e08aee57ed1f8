"""docs/fine-tuning.md is run as it stands: cut-outs in a strange style make a better ONNX file."""

import os
import re
import shutil
from pathlib import Path

import pytest
from networks.test_pages import loaded
from pages import ROOT, blocks, commands, run_commands

from mattekit.imaging.files import read_image, write_image


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="commands run in forks")
def test_the_page_leads_from_cutouts_to_a_better_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same as the benchmark, with fewer pictures and steps."""
    proof = loaded(ROOT / "benchmarks" / "prove_finetuning.py")
    proof.draw(tmp_path, proof.QUICK)
    write_image(tmp_path / "photo.jpg", read_image(tmp_path / "photos" / "0.png"))
    shutil.copy(tmp_path / "trimaps" / "0.png", tmp_path / "trimap.png")
    monkeypatch.setenv("MATTEKIT_DATA", "data")
    lines = [line for block in blocks("fine-tuning.md", "") for line in commands(block)]
    verbs = [line.split()[1] for line in lines]
    assert verbs == ["train", "export", "cutout", "evaluate"]
    lines[0] += " " + " ".join([*proof.QUICK.words, *proof.SHORT])
    printed = run_commands(lines, tmp_path)
    assert (tmp_path / "cutouts" / "photo.png").is_file()
    assert "| | compact | compact+mine.onnx | difference | 95 % interval | |" in printed
    lowered = r"\| SAD \| [\d.]+ \| [\d.]+ \| -[\d.]+ "  # of few pictures, so without a verdict
    assert re.search(lowered, printed), printed
