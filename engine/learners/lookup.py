"""Rows of a table for each seed, by number, and the gradient that goes back to them.

Axes: S seeds, N rows of a table, B look-ups, d width.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

MOST_ROWS = 1024  # of a table whose gradient is a product on a GPU; beyond that, sorting is less work


def looked_up(table: Tensor, numbers: Tensor) -> Tensor:
    """Rows `numbers` [S, B] int64 of tables [S, N, d] -> [S, B, d]."""
    if table.is_cuda and table.shape[1] <= MOST_ROWS:
        rows: Tensor = _ByProduct.apply(table, numbers)  # type: ignore[no-untyped-call]
        return rows
    return _rows(table, numbers)


def _rows(table: Tensor, numbers: Tensor) -> Tensor:
    seeds, entries = table.shape[:2]
    shift = torch.arange(seeds, device=table.device)[:, None] * entries
    return functional.embedding(numbers + shift, table.flatten(0, 1))


class _ByProduct(torch.autograd.Function):
    """The gradient of a row is a sum over its look-ups. PyTorch sorts these on a GPU, some thirty small
    kernels; as the product of the look-ups, written as ones and zeros, with what comes back, it is two."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, numbers: Tensor) -> Tensor:
        """See :func:`looked_up`."""
        ctx.save_for_backward(numbers)
        ctx.entries = table.shape[1]
        return _rows(table, numbers)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        """[S, B, d] -> [S, N, d]; none for the numbers."""
        (gradient,) = gradients
        (numbers,) = ctx.saved_tensors
        every = torch.arange(ctx.entries, device=numbers.device)
        return (every[:, None] == numbers[:, None]).to(gradient.dtype) @ gradient, None
