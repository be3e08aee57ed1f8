"""Contextual attention as DeepFill v1 defines it, with every score in memory at once."""

import torch
import torch.nn.functional as F
from torch import Tensor


def direct_attention(features: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
    """One picture's painted features, 1 c h w, and the weights, 1 patch row column."""
    channels, height, width = features.shape[1:]
    rows, columns = height // 2, width // 2
    count = rows * columns

    padded = F.pad(features, (1, 1, 1, 1))
    values = torch.stack(
        [
            padded[0, :, 2 * row : 2 * row + 4, 2 * column : 2 * column + 4]
            for row in range(rows)
            for column in range(columns)
        ]
    )  # n c 4 4
    small = features[:, :, ::2, ::2]
    padded = F.pad(small, (1, 1, 1, 1))
    keys = torch.stack(
        [
            padded[0, :, row : row + 3, column : column + 3]
            for row in range(rows)
            for column in range(columns)
        ]
    )  # n c 3 3
    assert keys.shape == (count, channels, 3, 3)
    keys = keys / keys.flatten(1).norm(dim=1).clamp(min=1e-4).view(-1, 1, 1, 1)
    covered = F.conv2d(hole, torch.ones(1, 1, 3, 3), padding=1)
    usable = (covered == 0).float().view(1, count, 1, 1)

    scores = F.conv2d(small, keys, padding=1)  # 1 patch row column
    scores = fuse(scores, rows, columns)
    weights = torch.softmax(10 * scores * usable, dim=1) * usable
    return F.conv_transpose2d(weights, values, stride=2, padding=1) / 4, weights


def fuse(scores: Tensor, rows: int, columns: int) -> Tensor:
    """Sum along the diagonal of the (place, patch) matrix, in row-major and column-major order."""
    count = rows * columns
    diagonal = torch.eye(3).view(1, 1, 3, 3)
    matrix = scores.view(count, count).T.reshape(1, 1, count, count)  # place, patch
    matrix = F.conv2d(matrix, diagonal, padding=1)
    matrix = matrix.view(rows, columns, rows, columns).permute(1, 0, 3, 2)
    matrix = F.conv2d(matrix.reshape(1, 1, count, count), diagonal, padding=1)
    matrix = matrix.view(columns, rows, columns, rows).permute(1, 0, 3, 2)
    return matrix.reshape(count, count).T.reshape(1, count, rows, columns)
