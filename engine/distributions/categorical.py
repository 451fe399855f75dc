"""One of finitely many actions."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from engine.distributions.family import Family
from engine.tasks.streams import inverted

# Stands for ln 0. Its exponential is exactly 0, and unlike -inf it may be subtracted from itself.
LOG_ZERO = -1e4


@dataclass(frozen=True)
class Categorical(Family):
    """A probability for each of `actions`. Rows are their logarithms."""

    actions: int
    name: ClassVar[str] = "categorical"

    @property
    def outputs(self) -> int:
        """A."""
        return self.actions

    @property
    def chances(self) -> int:
        """One."""
        return 1

    def rows(self, raw: Tensor) -> Tensor:
        """See :meth:`Family.rows`."""
        return functional.log_softmax(raw, dim=-1)

    def told(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.told`."""
        return rows.exp()

    def acted_by(self, raw: Tensor) -> Tensor:
        """See :meth:`Family.acted_by`."""
        return functional.softmax(raw, dim=-1)

    def rows_of(self, told: Tensor) -> Tensor:
        """See :meth:`Family.rows_of`."""
        return told.log().clamp(min=LOG_ZERO)

    def drawn(self, told: Tensor, uniform: Tensor) -> Tensor:
        """See :meth:`Family.drawn`."""
        return inverted(told, uniform)

    def log_probability(self, rows: Tensor, actions: Tensor) -> Tensor:
        """See :meth:`Family.log_probability`."""
        return rows.gather(-1, actions[..., None])[..., 0]

    def entropy(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.entropy`: −Σ π ln π."""
        return -(rows.exp() * rows).sum(-1)

    def divergence(self, rows: Tensor, other: Tensor) -> Tensor:
        """See :meth:`Family.divergence`: Σ π (ln π − ln other)."""
        return (rows.exp() * (rows - other)).sum(-1)

    def from_base(self, rows: Tensor, log_base: Tensor) -> Tensor:
        """See :meth:`Family.from_base`."""
        return self.divergence(rows, log_base)

    def log_base(self, log_base: Tensor, actions: Tensor) -> Tensor:
        """See :meth:`Family.log_base`."""
        return self.log_probability(log_base, actions)

    def recorded(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.recorded`."""
        return rows.exp()

    def measured(self, told: Tensor, actions: Tensor, base: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """See :meth:`Family.measured`. Infinite where the base never acts so."""
        divergence = torch.special.xlogy(told, told / base)
        return torch.where(told > 0, divergence, 0.0).sum(-1), torch.special.entr(told).sum(-1)
