"""Pooling and its undoing: against torch on the CPU, with ties and with windows that overlap."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mattekit.models.runtime import open_session
from mattekit.networks.parts.unpool import Window, pool, unpool

WINDOWS: list[tuple[Window, int, int]] = [("2x2", 2, 0), ("3x3", 3, 1)]


def planes_with_ties(seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-3, 4, (2, 3, 16, 24), generator=generator).float().relu()


@pytest.mark.parametrize(("window", "side", "margin"), WINDOWS)
def test_both_ways_agree_with_torch(window: Window, side: int, margin: int) -> None:
    planes = planes_with_ties()
    expected, indices = F.max_pool2d(planes, side, 2, margin, return_indices=True)
    maxima, places = pool(planes, window)
    assert torch.equal(maxima, expected)
    values = torch.randn(maxima.shape, generator=torch.Generator().manual_seed(1))
    assert torch.equal(unpool(values, places, window), F.max_unpool2d(values, indices, 2, 2))


def test_what_is_exported_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    maxima, places = pool(planes_with_ties(), "2x2")
    back = unpool(maxima, places, "2x2")
    monkeypatch.setattr(torch.compiler, "is_exporting", lambda: True)
    maxima, places = pool(planes_with_ties(), "2x2")
    assert places.max() == 3
    assert torch.equal(unpool(maxima, places, "2x2"), back)


@pytest.mark.parametrize("window", ["2x2", "3x3"])
def test_gradients_are_those_of_small_differences(window: Window) -> None:
    generator = torch.Generator().manual_seed(2)
    planes = torch.randperm(48, generator=generator).view(1, 1, 6, 8).double().requires_grad_()
    factors = torch.rand(1, 1, 3, 4, generator=generator, dtype=torch.float64).requires_grad_()

    def there_and_back(planes: Tensor, factors: Tensor) -> Tensor:
        maxima, places = pool(planes, window)
        return unpool(maxima * factors, places, window)

    assert torch.autograd.gradcheck(there_and_back, (planes, factors))


def test_of_four_equal_values_the_first_wins_and_only_it() -> None:
    maxima, places = pool(torch.zeros(1, 1, 2, 2), "2x2")
    back = unpool(maxima + 5, places, "2x2")
    assert back.tolist() == [[[[5, 0], [0, 0]]]]


def test_where_overlapping_windows_name_one_pixel_the_later_wins() -> None:
    planes = torch.zeros(1, 1, 4, 4)
    planes[0, 0, 1, 1] = 1  # the maximum of all four windows
    maxima, places = pool(planes, "3x3")
    assert maxima.eq(1).all()
    values = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    back = unpool(values, places, "3x3")
    assert back[0, 0, 1, 1] == 4
    assert back.sum() == 4


class PoolAndUnpool(nn.Module):
    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window: Window = window

    def forward(self, planes: Tensor) -> Tensor:
        maxima, places = pool(planes, self.window)
        return unpool(2 * maxima, places, self.window)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("window", ["2x2", "3x3"])
def test_onnx_runtime_gives_the_same_at_other_sizes(window: Window, tmp_path: Path) -> None:
    half_height, half_width = torch.export.Dim("h", min=2), torch.export.Dim("w", min=2)
    torch.onnx.export(
        PoolAndUnpool(window),
        (planes_with_ties(),),
        tmp_path / "pool.onnx",
        dynamo=True,
        dynamic_shapes={"planes": {2: 2 * half_height, 3: 2 * half_width}},
        verbose=False,
    )
    session = open_session(tmp_path / "pool.onnx")
    planes = planes_with_ties(seed=7)[..., :10, :14].contiguous()
    [answer] = session.run(None, {"planes": planes.numpy()})
    np.testing.assert_array_equal(answer, PoolAndUnpool(window)(planes).numpy())
