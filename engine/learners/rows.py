"""The steps of whole episodes, laid end to end in pieces of one fixed size.

How long the episodes of other seeds are decides how far a seed's are filled up. A sum over filled-up
rows adds the same terms in another order, with other last bits; over pieces of one size, of which a seed
that has no more steps gets nothing but zeros, it does not.

Axes: S seeds, E episodes, T steps, M rows of a piece.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.tasks.environment import Environment

ROWS = 1024


@dataclass(frozen=True)
class Rows:
    """One piece. `places` [S, M] are where its steps lie among E × T, None for all of these as they lie;
    `counts` [S, M] which of them count."""

    places: Tensor | None
    counts: Tensor

    def of(self, values: Tensor) -> Tensor:
        """[S, M, …] these rows of values [S, E, T, …]."""
        if self.places is None:
            return values.flatten(1, 2)
        seed = torch.arange(len(self.places), device=self.places.device)[:, None]
        return values.flatten(1, 2)[seed, self.places]

    def summed(self, values: Tensor) -> Tensor:
        """[S] sum of values [S, M] over the rows that count, whatever stands in the others."""
        return torch.where(self.counts, values, 0.0).sum(dim=1)


def in_pieces(environment: Environment, mask: Tensor) -> list[Rows]:
    """All steps of episodes that ran where `mask` [S, E, T] is true.

    A tabular task's episodes are always as long as its horizon: they are one piece as they lie.
    """
    flat = mask.flatten(1)
    if environment.states:
        return [Rows(None, flat)]
    order = (~flat).to(torch.int8).argsort(dim=1, stable=True)  # the steps that count come first, in order
    ranks = torch.arange(ROWS, device=mask.device)
    count = flat.sum(dim=1, keepdim=True)
    return [
        Rows(
            order.gather(1, (first + ranks).clamp(max=flat.shape[1] - 1).expand(len(flat), -1)),
            first + ranks < count,
        )
        for first in range(0, int(count.max()), ROWS)
    ]


def total(parts: Sequence[Tensor]) -> Tensor:
    """Σ of one tensor a piece, piece after piece."""
    return functools.reduce(torch.add, parts)
