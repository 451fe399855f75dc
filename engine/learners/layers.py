"""Layers for many seeds at once: every weight leads with the seed axis, every product is one bmm.

Axes: S seeds, B rows (any contexts, flattened), d width.
Initial weights come from the seeds' own streams, so that a seed starts the same alone and in company.
"""

import torch
from torch import Tensor, nn

from engine.learners.lookup import looked_up
from engine.learners.normalised import normalised
from engine.tasks.streams import Streams


def affine(rows: Tensor, weight: Tensor, bias: Tensor, out: Tensor | None = None) -> Tensor:
    """x W + b of rows [S, B, inputs], weights [S, inputs, outputs] and biases [S, 1, outputs]; put `out`, if
    given."""
    # A product with a vector goes another way through the matrix library when there is one seed than
    # when there are many, with other last bits. Written out it does not.
    if weight.shape[1] == 1:
        return torch.addcmul(bias, rows, weight, out=out)
    if weight.shape[2] == 1:
        return torch.add((rows * weight.mT).sum(dim=-1, keepdim=True), bias, out=out)
    return torch.baddbmm(bias, rows, weight, out=out)


class Linear(nn.Module):
    """x W + b, a matrix a seed: [S, B, inputs] -> [S, B, outputs].

    Weights are orthogonal times `gain`, as the PPO papers' code has it; zero where `gain` is 0.
    """

    def __init__(self, inputs: int, outputs: int, streams: Streams, gain: float) -> None:
        super().__init__()
        self.inputs, self.outputs = inputs, outputs
        seeds = len(streams.seeds)
        weight = torch.zeros(seeds, inputs, outputs, device=streams.device)
        if gain:
            weight = gain * orthogonal(streams.normal(inputs, outputs))
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(seeds, 1, outputs, device=streams.device))

    def forward(self, rows: Tensor) -> Tensor:
        """[S, B, inputs] -> [S, B, outputs]."""
        return affine(rows, self.weight, self.bias)


class Embedding(nn.Module):
    """A learned vector for each of `entries` symbols, a table a seed."""

    def __init__(self, entries: int, width: int, streams: Streams, deviation: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(deviation * streams.normal(entries, width))

    def forward(self, symbols: Tensor) -> Tensor:
        """[S, B] int64 -> [S, B, width]."""
        return looked_up(self.weight, symbols)


class Norm(nn.Module):
    """Layer normalisation with a gain and a shift a seed: [S, B, d] -> [S, B, d]."""

    def __init__(self, width: int, streams: Streams) -> None:
        super().__init__()
        shape = (len(streams.seeds), 1, width)
        self.gain = nn.Parameter(torch.ones(shape, device=streams.device))
        self.shift = nn.Parameter(torch.zeros(shape, device=streams.device))

    def forward(self, rows: Tensor) -> Tensor:
        """Normalise each row."""
        return torch.addcmul(self.shift, normalised(rows), self.gain)


def orthogonal(matrices: Tensor) -> Tensor:
    """Random orthogonal matrices from normal ones [S, inputs, outputs]: Q of the taller form's QR."""
    tall = matrices.shape[1] >= matrices.shape[2]
    q, r = torch.linalg.qr((matrices if tall else matrices.mT).cpu())
    q = q * torch.sign(r.diagonal(dim1=-2, dim2=-1))[:, None]
    orthogonal: Tensor = (q if tall else q.mT).contiguous().to(matrices.device)
    return orthogonal
