"""`mattekit doctor`."""

import json

import pytest
from cli.conftest import Command

from mattekit.cli import doctor


def test_the_report_names_what_is_installed_and_a_passed_self_test(mattekit: Command) -> None:
    result = mattekit("doctor", "--json")
    assert result.exit_code == 0, result.stdout
    report = json.loads(result.stdout)
    assert report["healthy"] is True
    assert {"numpy", "Pillow", "onnxruntime"} <= set(report["versions"])
    assert report["memory_gb"] > 0.1
    assert "cpu" in report["devices"]
    assert isinstance(report["public_models"], list)


def test_what_is_missing_comes_with_the_command_that_installs_it(
    mattekit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "EXTRAS", {"heif": ("a-package-that-is-not",)})
    text = mattekit("doctor").stdout
    assert 'missing: heif (a-package-that-is-not): pip install "mattekit[heif]"' in text
    assert "self-test: ok" in text


def test_a_wrong_alpha_fails_the_self_test_with_exit_code_1(
    mattekit: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LARGEST_ERROR", -1.0)
    result = mattekit("doctor")
    assert result.exit_code == 1
    assert "self-test: FAILED" in result.stdout
