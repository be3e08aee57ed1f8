"""The files on the page about a million photos are whole: they parse, and their options exist."""

import re
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text()
OPTIONS = (Path(__file__).with_name("options.txt")).read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_yaml_python_and_shell_of_the_page_parse() -> None:
    kinds = [yaml.safe_load(text).get("kind", "Ray") for text in blocks("yaml")]
    assert kinds == ["Job", "Ray"]
    for text in blocks("python"):
        compile(text, "scale.md", "exec")
    for text in blocks("bash"):
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)


def test_options_of_the_page_exist() -> None:
    (known,) = re.findall(r"^cutout (.*)$", OPTIONS, re.MULTILINE)
    commands = re.findall(r"mattekit cutout (?:[^\n]*\\\n)*[^\n]*", PAGE)
    used = {option for command in commands for option in re.findall(r"(?<=\s)--[a-z-]+", command)}
    assert len(used) > 8
    assert used <= {*known.split()}
