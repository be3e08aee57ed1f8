"""A limit on memory is kept, and one that cannot be kept is refused with the number that can."""

import mmap
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from inference.disc import soft_disc
from inference.toy import Local
from measured import peak_of_command

from mattekit.core.errors import TooLarge
from mattekit.core.types import FOREGROUND, UNKNOWN
from mattekit.imaging.files import open_picture, write_trimap
from mattekit.inference import memory
from mattekit.inference.export_onnx import export_onnx
from mattekit.inference.inputs import Inputs
from mattekit.inference.matting import build_matting
from mattekit.inference.memory import affordable_pixels, peak_during, resident
from mattekit.inference.predictor import Predictor
from mattekit.inference.strategies import Whole
from mattekit.inference.tile import Tile
from mattekit.inference.torch_network import TorchNetwork

GB = 2**30


def inputs(side: int) -> Inputs:
    trimap = np.full((side, side), UNKNOWN, np.uint8)
    return Inputs(colours=np.zeros((side, side, 3), np.uint8), trimap=trimap)


def local() -> TorchNetwork:
    return TorchNetwork(Local(), name="local", device=torch.device("cpu"))


def hold_50_megabytes() -> None:
    with mmap.mmap(-1, 50_000_000) as held:  # an array might be given memory that was freed before
        held.write(bytes([1]) * 50_000_000)
        time.sleep(0.1)


def test_the_peak_of_a_piece_of_work_is_seen() -> None:
    before = resident()
    peak = peak_during(hold_50_megabytes)
    assert 45e6 < peak - before < 150e6  # other threads of the process take some too


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> tuple[int, int, int]:
    """The process holds so many bytes, and a run takes so many, and so many for each pixel."""
    held, fixed, per_pixel = 500_000_000, 20_000_000, 400
    monkeypatch.setattr(memory, "resident", lambda: held)
    monkeypatch.setattr(
        memory, "_peak_of_square", lambda network, side: held + fixed + per_pixel * side**2
    )
    return held, fixed, per_pixel


def test_what_fits_lies_on_the_line_through_two_measured_runs(costs: tuple[int, int, int]) -> None:
    held, fixed, per_pixel = costs
    for limit in (GB, 2 * GB, 4 * GB):
        free = limit * memory.HEADROOM - held - memory.BYTES_PER_PIXEL * 400**2 - fixed
        assert affordable_pixels(local(), (400, 400), limit) == int(free / per_pixel)


def test_a_pixel_costs_at_least_what_goes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another thread frees memory while two squares are measured, their peaks are equal."""
    monkeypatch.setattr(memory, "resident", lambda: 0)
    monkeypatch.setattr(memory, "_peak_of_square", lambda network, side: 0)
    free = GB * memory.HEADROOM - memory.BYTES_PER_PIXEL * 400**2
    assert affordable_pixels(local(), (400, 400), GB) == int(free / 16)


def test_a_network_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    monkeypatch.setattr(
        memory, "_peak_of_square", lambda network, side: runs.append(side) or side**2
    )
    monkeypatch.setattr(memory, "resident", lambda: 0)  # whatever tests before this one hold
    network = local()
    for _ in range(3):
        affordable_pixels(network, (400, 400), 2 * GB)
    assert runs == [128, 384]


def test_a_limit_that_the_smallest_square_breaks_is_refused_with_a_number() -> None:
    with pytest.raises(TooLarge, match=r"allow at least \d+\.\d\dGB"):
        affordable_pixels(local(), (400, 400), 10_000_000)


@pytest.mark.usefixtures("costs")
def test_a_picture_that_does_not_fit_whole_is_tiled() -> None:
    fits = Predictor(local(), max_memory=4 * GB).strategy_for(inputs(1000))
    assert isinstance(fits, Whole)
    tight = Predictor(local(), max_memory=800_000_000).strategy_for(inputs(1000))
    assert isinstance(tight, Tile)
    assert tight.pixels(local(), inputs(1000)) * 400 < 300_000_000


@pytest.mark.usefixtures("costs")
def test_a_strategy_that_was_asked_for_and_does_not_fit_is_refused() -> None:
    whole = Predictor(local(), strategy=Whole(), max_memory=800_000_000)
    with pytest.raises(TooLarge, match=r"whole runs 1\.0 megapixels"):
        whole.strategy_for(inputs(1000))


@pytest.mark.slow
@pytest.mark.parametrize("model", ["compact", "knn"])
def test_the_limit_holds_for_every_model(model: str) -> None:
    picture = soft_disc((64, 64))
    with pytest.raises(TooLarge):
        build_matting(model, max_memory=2**20).matte(picture.image, picture.trimap)


@pytest.mark.slow
def test_a_100_megapixel_picture_stays_under_4_gb(tmp_path: Path) -> None:
    side = 10_000
    photo, trimaps = tmp_path / "photo.jpg", tmp_path / "trimap"
    cv2.imwrite(str(photo), np.full((side, side, 3), 90, np.uint8))
    labels = np.zeros((side, side), np.uint8)
    labels[:, 5000:] = FOREGROUND
    labels[:, 4950:5050] = UNKNOWN
    write_trimap(trimaps / "photo.png", labels)
    export_onnx(local(), tmp_path / "local.onnx")
    words = ["predict", "--model", "local.onnx", "photo.jpg", "--trimap", "trimap"]
    peak = peak_of_command(*words, "-o", "out", "--max-memory", "4GB", folder=tmp_path)
    assert open_picture(tmp_path / "out" / "photo.png").size == (side, side)
    assert peak < 4 * GB
