"""One action and no distribution, as the Decision Transformer's published head for continuous actions."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from engine.distributions.box import BoxFamily


@dataclass(frozen=True)
class Deterministic(BoxFamily):
    """Rows are the action itself, tanh of what the network puts out, as published (2106.01345). It is trained
    by squared error.

    Nothing is left to chance, so that entropies and divergences from a base that is spread out are not
    defined: they are NaN, and so is every metric that is made of them. The bin it falls into is recorded.
    """

    name: ClassVar[str] = "deterministic"

    @property
    def outputs(self) -> int:
        """D."""
        return self.dimensions

    @property
    def chances(self) -> int:
        """One, of which nothing comes."""
        return 1

    def rows(self, raw: Tensor) -> Tensor:
        """See :meth:`Family.rows`."""
        return raw.tanh()

    def drawn(self, told: Tensor, uniform: Tensor) -> Tensor:  # noqa: ARG002
        """See :meth:`Family.drawn`."""
        return told

    def surprise(self, rows: Tensor, actions: Tensor) -> Tensor:
        """See :meth:`Family.surprise`: the mean over the axes of (a − action)²."""
        return (rows - actions).square().mean(-1)

    def log_probability(self, rows: Tensor, actions: Tensor) -> Tensor:  # noqa: ARG002
        """See :meth:`Family.log_probability`: not defined."""
        return torch.full_like(rows[..., 0], math.nan)

    def entropy(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.entropy`: not defined."""
        return torch.full_like(rows[..., 0], math.nan)

    def divergence(self, rows: Tensor, other: Tensor) -> Tensor:  # noqa: ARG002
        """See :meth:`Family.divergence`: not defined."""
        return torch.full_like(rows[..., 0], math.nan)

    def recorded(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.recorded`."""
        return functional.one_hot(self.bin_of(rows), self.bins).to(rows).flatten(-2)
