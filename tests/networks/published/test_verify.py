"""What `verify` finds."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mattekit.networks import config_of
from mattekit.networks.published.verify import CASES, GOLDENS, case_of, verify
from mattekit.networks.samplenet import PUBLISHED
from mattekit.networks.weights import describe, read, save


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = PUBLISHED["background"]
    network = config.build()
    path = tmp_path_factory.mktemp("verify") / "background.safetensors"
    save(path, network.state_dict(), describe(config, network, licence="MIT"))
    return path


@pytest.mark.slow
def test_a_sound_file_is_faithful(path: Path) -> None:
    report = verify(path)
    assert report.faithful
    assert report.tensors == 84
    assert report.parameters == 3_601_542
    assert report.departures == {"part": "background"}
    assert report.golden is not None
    assert set(report.golden) == {"coarse", "refined"}
    assert max(report.golden.values()) < 1e-4
    assert report.header.licence == "MIT"
    assert not replace(report, golden={"refined": 2e-4}).faithful
    assert replace(report, golden=None).faithful


@pytest.mark.slow
def test_a_weight_that_is_no_number_is_found(path: Path, tmp_path: Path) -> None:
    header, tensors = read(path)
    name = next(iter(tensors))
    tensors[name] = torch.full_like(tensors[name], torch.nan)
    save(tmp_path / "nan.safetensors", tensors, header)
    report = verify(tmp_path / "nan.safetensors")
    assert not report.finite
    assert not report.faithful


def test_every_recorded_network_has_a_case_and_random_weights_do_not_matter() -> None:
    recorded = {(name, option) for name in GOLDENS for option in GOLDENS[name]}
    cases = {(case.network, case.option) for case in CASES}
    critics = {each for each in recorded if each[0].startswith("patchgan")}
    assert cases == recorded - critics
    found = case_of(config_of("dim", init="pytorch"))
    assert found is not None
    assert found.option == "stage1"
    assert case_of(config_of("dim", skip="none")) is None
