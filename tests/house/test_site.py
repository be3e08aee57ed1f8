"""The documentation site builds strictly: each link between pages leads somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mattekit

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_has_every_public_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert built.returncode == 0, built.stderr
    pages = {path.parent.name: path.read_text() for path in tmp_path.rglob("index.html")}
    assert {"photographers", "gallery", "glossary", "benchmarks", "api"} <= set(pages)
    reference = re.sub(r"<[^>]+>", "", pages["api"])
    functions = [name for name in mattekit.__all__ if callable(getattr(mattekit, name))]
    assert [name for name in functions if name not in reference] == []
    outside = [link for page in pages.values() for link in re.findall(r'src="(https?:[^"]+)', page)]
    assert outside == []  # pages load nothing from elsewhere
