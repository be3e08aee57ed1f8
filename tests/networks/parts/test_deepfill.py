"""Attention by blocks against the definition with all scores in memory."""

import pytest
import torch
from reference.direct_attention import direct_attention, fuse
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from mattekit.networks.parts.deepfill import contextual_attention


def features(size: tuple[int, int], *, channels: int = 4, batch: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return 0.2 * torch.randn(batch, channels, *size, generator=generator)


def square_hole(rows: int, columns: int) -> Tensor:
    hole = torch.zeros(1, 1, rows, columns)
    hole[..., rows // 4 : rows // 2, columns // 3 : columns // 2] = 1
    return hole


@pytest.mark.parametrize("block_scores", [2**24, 100_000, 1])
def test_blocks_of_any_size_give_what_the_definition_gives(block_scores: int) -> None:
    planes, hole = features((12, 20)), square_hole(6, 10)
    expected, _ = direct_attention(planes, hole)
    painted = contextual_attention(planes, hole, block_scores=block_scores)
    torch.testing.assert_close(painted, expected, atol=1e-5, rtol=0)


@pytest.mark.slow
def test_blocks_agree_with_the_definition_at_320_pixels() -> None:
    planes, hole = features((80, 80)), square_hole(40, 40)
    expected, _ = direct_attention(planes, hole)
    painted = contextual_attention(planes, hole, block_scores=37 * 1600)
    torch.testing.assert_close(painted, expected, atol=1e-5, rtol=0)


def test_scores_reach_over_the_end_of_a_line() -> None:
    scores = torch.zeros(1, 12, 3, 4)
    scores[0, 3, 0, 3] = 1  # patch and place at the end of the first line
    assert fuse(scores, 3, 4)[0, 4, 1, 0] == 1  # reach those at the start of the second


def test_every_picture_of_a_batch_has_its_own_hole() -> None:
    planes = features((8, 8), batch=2)
    holes = torch.cat([square_hole(4, 4), torch.zeros(1, 1, 4, 4)])
    together = contextual_attention(planes, holes)
    alone = [contextual_attention(planes[i : i + 1], holes[i : i + 1]) for i in (0, 1)]
    torch.testing.assert_close(together, torch.cat(alone))


def test_without_a_patch_outside_the_hole_nothing_is_painted() -> None:
    painted = contextual_attention(features((8, 8)), torch.ones(1, 1, 4, 4))
    assert painted.eq(0).all()


def test_gradients_do_not_depend_on_the_blocks() -> None:
    hole = square_hole(6, 10)
    gradients = []
    for block_scores in (2**24, 200):
        planes = features((12, 20)).requires_grad_()
        contextual_attention(planes, hole, block_scores=block_scores).square().sum().backward()
        gradients.append(planes.grad)
    planes = features((12, 20)).requires_grad_()
    direct_attention(planes, hole)[0].square().sum().backward()
    torch.testing.assert_close(gradients[0], planes.grad, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(gradients[1], planes.grad, atol=1e-5, rtol=1e-4)


class LargestTensor(TorchDispatchMode):
    """Notes how large the largest tensor was that any operation made."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.elements = max(self.elements, result.numel())
        return result


def test_no_tensor_is_larger_than_a_block_and_its_margin() -> None:
    planes, hole = features((80, 80), channels=2), square_hole(40, 40)
    with LargestTensor() as seen:
        contextual_attention(planes, hole, block_scores=80 * 1600)
    assert seen.elements <= 82 * 1602
