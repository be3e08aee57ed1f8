"""Nearest points, in a process that flushes denormal numbers to zero too."""

import subprocess
import sys

import numpy as np
import pytest

from mattekit.classical.knn import Neighbours

FLUSHED = """
import numpy as np, torch
from mattekit.classical.knn import Neighbours
torch.set_flush_denormal(True)
points = np.random.default_rng(0).random((100, 2))
points[:60] *= (0, 0.5)
print(Neighbours(points).nearest(points).tolist() == [[n] for n in range(100)])
"""


def test_nearest_points_and_their_distance() -> None:
    tree = Neighbours(np.array([[0.0, 0.0], [0.0, 1.0], [3.0, 0.0]]))
    asked = np.array([[0.0, 0.9], [2.0, 0.0]])
    assert tree.nearest(asked, 2).tolist() == [[1, 0], [2, 0]]
    assert tree.nearest(asked, 9).shape == (2, 3)
    assert np.allclose(tree.distance(asked), [0.1, 1.0])


@pytest.mark.slow
def test_flushed_denormals_do_not_crash_the_process() -> None:
    """A training process flushes them; the tree of SciPy then overflowed the stack."""
    found = subprocess.run([sys.executable, "-c", FLUSHED], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "True"
