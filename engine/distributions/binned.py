"""A histogram of each axis of a box (1901.10500): any shape, and nothing about it needs to be sampled."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from engine.distributions.box import BoxFamily
from engine.distributions.categorical import LOG_ZERO
from engine.tasks.streams import inverted


@dataclass(frozen=True)
class Binned(BoxFamily):
    """Axes are independent; within a bin all points are alike. Rows are ln of the bins' probabilities."""

    name: ClassVar[str] = "bins"

    @property
    def outputs(self) -> int:
        """D · K."""
        return self.dimensions * self.bins

    @property
    def chances(self) -> int:
        """One an axis: it picks the bin, and the place in it."""
        return self.dimensions

    def rows(self, raw: Tensor) -> Tensor:
        """See :meth:`Family.rows`."""
        return functional.log_softmax(self.by_axis(raw), dim=-1).flatten(-2)

    def told(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.told`."""
        return rows.exp()

    def rows_of(self, told: Tensor) -> Tensor:
        """See :meth:`Family.rows_of`."""
        return told.log().clamp(min=LOG_ZERO)

    def drawn(self, told: Tensor, uniform: Tensor) -> Tensor:
        """See :meth:`Family.drawn`: by inversion of the cumulative distribution, linear in each bin."""
        share = self.by_axis(told)
        uniform = uniform.reshape(share.shape[:-1])
        bin_ = inverted(share, uniform)
        above = share.cumsum(-1)
        here = share.gather(-1, bin_[..., None])[..., 0]
        through = uniform * above[..., -1] - (above.gather(-1, bin_[..., None])[..., 0] - here)
        place = (through / here).clamp(0, 1)
        return torch.minimum(2 * (bin_ + place) / self.bins - 1, torch.ones_like(place))

    def log_probability(self, rows: Tensor, actions: Tensor) -> Tensor:
        """See :meth:`Family.log_probability`."""
        return self.log_base(rows, actions)

    def entropy(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.entropy`: Σ_d (H(bins of d) + ln(2 / K))."""
        return -(rows.exp() * rows).sum(-1) + self.dimensions * math.log(2 / self.bins)

    def divergence(self, rows: Tensor, other: Tensor) -> Tensor:
        """See :meth:`Family.divergence`."""
        return (rows.exp() * (rows - other)).sum(-1)

    def recorded(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.recorded`."""
        return rows.exp()
