"""Nearest points, in a process that flushes denormal numbers to zero too."""

import subprocess
import sys

import numpy as np

from mattekit.classical.neighbours import Neighbours

FLUSHED = """
import numpy as np, torch
from mattekit.classical.information_flow import information_flow
torch.set_flush_denormal(True)
rng = np.random.default_rng(0)
image = np.full((60, 60, 3), 0.5, np.float32)
image[..., 0] = rng.random((60, 60)) > 0.7
trimap = np.full((60, 60), 128, np.uint8)
trimap[:15], trimap[45:] = 0, 255
print(information_flow(image, trimap).alpha.shape)
"""


def test_nearest_points_and_their_distance() -> None:
    tree = Neighbours(np.array([[0.0, 0.0], [0.0, 1.0], [3.0, 0.0]]))
    asked = np.array([[0.0, 0.9], [2.0, 0.0]])
    assert tree.nearest(asked, 2).tolist() == [[1, 0], [2, 0]]
    assert tree.nearest(asked, 9).shape == (2, 3)
    assert np.allclose(tree.distance(asked), [0.1, 1.0])


def test_flushed_denormals_do_not_crash_the_process() -> None:
    """A training process flushes them; the tree of SciPy then overflowed the stack."""
    found = subprocess.run([sys.executable, "-c", FLUSHED], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == "(60, 60)"
