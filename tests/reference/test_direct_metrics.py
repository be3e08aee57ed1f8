"""The fast metrics against the slow ones, on random mattes."""

import numpy as np
import pytest
from reference.direct_metrics import direct

from mattekit.metrics import PROTOCOLS, measure

SIZES = [(1, 1), (1, 17), (19, 1), (5, 4), (23, 31), (57, 40), (64, 101)]


def random_pair(rng: np.random.Generator, size: tuple[int, int], levels: int | None):
    """Blobs with soft edges, several components, a prediction that is sometimes far off."""
    height, width = size
    y, x = np.mgrid[:height, :width]
    true = np.zeros(size)
    for _ in range(4):
        distance = np.hypot(y - rng.uniform(0, height), x - rng.uniform(0, width))
        reach = rng.uniform(0.05, 0.35) * max(size)
        true = np.maximum(true, np.clip((reach - distance) / rng.uniform(1, 9) + 0.5, 0, 1))
    predicted = np.clip(true + rng.normal(0, 0.15, size) * rng.integers(0, 2, size), 0, 1)
    if levels:
        true, predicted = np.round(true * levels) / levels, np.round(predicted * levels) / levels
    trimap = np.where(true <= 0.02, 0, np.where(true >= 0.98, 2, 1)).astype(np.uint8)
    trimap[rng.random(size) < 0.2] = 1
    return predicted, true, trimap


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("levels", [None, 255, 10], ids=["float", "8-bit", "eleven levels"])
def test_metrics_agree_with_the_direct_implementation_on_random_mattes_of_odd_sizes(
    protocol: str, levels: int | None, rng: np.random.Generator
) -> None:
    for size in SIZES:
        predicted, true, trimap = random_pair(rng, size, levels)
        expected = direct(predicted, true, trimap, protocol)
        assert measure(predicted, true, trimap, protocol) == pytest.approx(
            expected, rel=1e-6, abs=1e-10
        )


def test_protocols_differ_on_these_mattes_so_that_agreement_means_something(
    rng: np.random.Generator,
) -> None:
    predicted, true, trimap = random_pair(rng, (57, 40), 255)
    numbers = [
        tuple(direct(predicted, true, trimap, protocol).values())[-2:] for protocol in PROTOCOLS
    ]
    assert len({round(grad, 9) for grad, _ in numbers}) >= 2
    assert len({round(conn, 9) for _, conn in numbers}) >= 3
