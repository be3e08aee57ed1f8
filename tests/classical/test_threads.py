"""Classical methods from four threads at once: the serial results, and no trace in the process."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mattekit.classical.closed_form import closed_form
from mattekit.classical.estimates import estimates
from mattekit.classical.foreground import estimate_foreground
from mattekit.classical.information_flow import information_flow
from mattekit.classical.knn import knn
from mattekit.core.types import Sample

THREADS = 4
METHODS = {
    "closed-form": lambda s: closed_form(s.image, s.trimap).alpha,
    "fast": lambda s: closed_form(s.image, s.trimap, quality="fast").alpha,
    "information-flow": lambda s: information_flow(s.image, s.trimap).alpha,
    "knn": lambda s: knn(s.image, s.trimap).alpha,
    "estimates": lambda s: estimates(s.image, s.trimap),
    "multilevel": lambda s: estimate_foreground(s.image, s.alpha),
    "levin": lambda s: estimate_foreground(s.image, s.alpha, method="levin"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_threads_find_what_a_single_one_finds(
    strands: Sample, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    serial = METHODS[name](strands)
    before = dict(os.environ), sys.stdout, sys.stderr
    together = threading.Barrier(THREADS)

    def work(_: int) -> np.ndarray:
        together.wait()
        return METHODS[name](strands)

    with ThreadPoolExecutor(THREADS) as pool:
        for found in pool.map(work, range(2 * THREADS)):
            np.testing.assert_array_equal(found, serial)
    assert before == (dict(os.environ), sys.stdout, sys.stderr)
    assert capsys.readouterr() == ("", "")
