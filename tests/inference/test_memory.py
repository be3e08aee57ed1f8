"""A limit on memory is kept, and one that cannot be kept is refused with the number that can."""

import json
import mmap
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from inference.toy import Local

from mattekit.core.errors import TooLarge
from mattekit.core.types import FOREGROUND, UNKNOWN
from mattekit.imaging.files import size_of, write_trimap
from mattekit.inference import memory
from mattekit.inference.export_onnx import export_onnx
from mattekit.inference.inputs import Inputs
from mattekit.inference.memory import largest_tile, peak_during, resident
from mattekit.inference.predictor import Predictor
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
    assert 45e6 < peak - before < 80e6


def test_the_largest_tile_lies_on_the_line_through_two_measured_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, fixed, per_pixel = 500_000_000, 20_000_000, 400
    monkeypatch.setattr(memory, "resident", lambda: held)
    monkeypatch.setattr(
        memory, "_peak_of_tile", lambda network, inputs, side: held + fixed + per_pixel * side**2
    )
    picture = memory.BYTES_PER_PIXEL * 400**2
    for limit in (GB, 2 * GB, 4 * GB):
        side = largest_tile(local(), inputs(400), limit)
        free = limit * memory.HEADROOM - held - picture - fixed
        assert side % 4 == 0
        assert per_pixel * side**2 <= free < per_pixel * (side + 4) ** 2


def test_a_limit_that_the_smallest_tile_breaks_is_refused_with_a_number() -> None:
    with pytest.raises(TooLarge, match=r"allow at least \d+\.\d\dGB"):
        largest_tile(local(), inputs(400), 10_000_000)


def test_a_memory_limit_makes_the_predictor_tile() -> None:
    predictor = Predictor(local(), max_memory=resident() + GB)
    strategy = predictor.strategy_for(inputs(300))
    assert isinstance(strategy, Tile)
    assert strategy.size <= 512


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
    words = ["predict", "--model", "local.onnx", "--images", "photo.jpg", "--trimaps", "trimap"]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *words, "-o", "out", "--max-memory", "4GB"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert size_of(tmp_path / "out" / "photo.png") == (side, side)
    assert json.loads(done.stdout.splitlines()[-1])["peak"] < 4 * GB


CHILD = """
import json, resource, sys
from mattekit.cli.main import main
try:
    main()
except SystemExit as end:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak": peak}))
    sys.exit(end.code)
"""
