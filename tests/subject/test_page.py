"""docs/subject.md: its table is fresh, its description of a network is read, its options exist."""

import importlib.util
import re
from dataclasses import fields
from pathlib import Path

import mattekit
from mattekit.models.registry import InputConfig, OutputConfig, describe_file
from mattekit.subject.finding import REFUSED, TAKEN

ROOT = Path(mattekit.__file__).parents[2]
PAGE = ROOT / "docs" / "subject.md"


def test_the_table_of_models_is_fresh() -> None:
    path = ROOT / "docs" / "subject_table.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    text = PAGE.read_text()
    assert program.page_with_table(text) == text, "run: python docs/subject_table.py"


def test_the_description_of_a_network_is_read_and_names_every_key(tmp_path: Path) -> None:
    text = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)[0]
    (tmp_path / "mine.yaml").write_text(text)
    arrangement, output, terms = describe_file(tmp_path / "mine.onnx")
    assert arrangement.std == (0.229, 0.224, 0.225)
    assert output == OutputConfig()
    assert terms is not None
    assert terms.weights == "MIT"
    for kind in (InputConfig, OutputConfig):
        for field in fields(kind):
            assert f"{field.name}:" in text


def test_the_options_and_thresholds_of_the_page_are_those_of_the_program() -> None:
    known = (ROOT / "tests" / "house" / "options.txt").read_text()
    text = PAGE.read_text()
    for option in set(re.findall(r"--[a-z][a-z-]+", text)):
        assert option in known, option
    assert f"from {TAKEN} the subject is taken" in text
    assert f"from {REFUSED} it is taken with a warning" in text
