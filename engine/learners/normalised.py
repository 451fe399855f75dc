"""Layer normalisation (1607.06450) without gain or shift, over the last axis."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

NARROW, MANY = 64, 2**15  # numbers in a row up to which, and rows from which, a GPU is faster by products
EPSILON = 1e-5


def normalised(rows: Tensor) -> Tensor:
    """Each row of […, d] less its mean, over √(variance + 10⁻⁵)."""
    if rows.is_cuda and rows.shape[-1] <= NARROW and rows[..., 0].numel() >= MANY:
        found: Tensor = _ByProduct.apply(rows)  # type: ignore[no-untyped-call]
        return found
    return functional.layer_norm(rows, rows.shape[-1:], eps=EPSILON)


class _ByProduct(torch.autograd.Function):
    """PyTorch gives each row a block of threads of its own, most of which have nothing to do when it is
    narrow. A product with a matrix of 1/d puts the mean at every place of the row instead."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        """See :func:`normalised`."""
        mean = _mean(rows)
        centred = rows - rows @ mean
        scale = torch.rsqrt((centred * centred) @ mean + EPSILON)
        out = centred.mul_(scale)
        ctx.save_for_backward(out, scale)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """σ⁻¹ (g − mean g − y mean(g y)), with y what came out."""
        (gradient,) = gradients
        out, scale = ctx.saved_tensors
        mean = _mean(out)
        straight = gradient - gradient @ mean
        return straight.addcmul_(out, (gradient * out) @ mean, value=-1).mul_(scale)


def _mean(rows: Tensor) -> Tensor:
    width = rows.shape[-1]
    return torch.full((width, width), 1 / width, dtype=rows.dtype, device=rows.device)
