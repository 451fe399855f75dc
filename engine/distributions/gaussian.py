"""A normal distribution of each axis, squashed into the box by tanh (1801.01290, appendix C)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from engine.distributions.box import (
    BoxFamily,
    log_slope,
    normal,
    normal_bins,
    quadrature,
    squashed,
    unsquashed,
    within,
)

MEAN = 4.0  # tanh 4 is 0.9993: further out nothing is to be had
LOG_STD = (-5.0, 0.5)  # of u; deviations from 0.0067 to 1.65
HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True)
class Gaussian(BoxFamily):
    """a = tanh u, u normal, its axes independent. Rows are the means [D] and ln of the deviations [D] of u.

    Divergence between two is that before squashing: an invertible map changes none. The entropy of the
    squashed is that of the normal plus E ln(1 − tanh² u), by quadrature.
    """

    name: ClassVar[str] = "gaussian"

    @property
    def outputs(self) -> int:
        """2 D."""
        return 2 * self.dimensions

    @property
    def chances(self) -> int:
        """One an axis."""
        return self.dimensions

    def rows(self, raw: Tensor) -> Tensor:
        """See :meth:`Family.rows`; from zeros, tanh of a standard normal, which is nearly uniform."""
        mean, log_std = raw.chunk(2, dim=-1)
        return torch.cat([within(mean, -MEAN, MEAN), within(log_std, *LOG_STD)], dim=-1)

    def drawn(self, told: Tensor, uniform: Tensor) -> Tensor:
        """See :meth:`Family.drawn`."""
        mean, log_std = told.chunk(2, dim=-1)
        return squashed(mean + log_std.exp() * normal(uniform.reshape(mean.shape)))

    def log_probability(self, rows: Tensor, actions: Tensor) -> Tensor:
        """See :meth:`Family.log_probability`."""
        mean, log_std = rows.chunk(2, dim=-1)
        point = unsquashed(actions)
        return (log_normal(point, mean, log_std) - log_slope(point)).sum(-1)

    def entropy(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.entropy`."""
        return squashed_entropy(*rows.chunk(2, dim=-1)).sum(-1)

    def divergence(self, rows: Tensor, other: Tensor) -> Tensor:
        """See :meth:`Family.divergence`."""
        return normal_divergence(*rows.chunk(2, dim=-1), *other.chunk(2, dim=-1)).sum(-1)

    def recorded(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.recorded`."""
        mean, log_std = rows.chunk(2, dim=-1)
        return normal_bins(mean, log_std, self.bins).flatten(-2)


def log_normal(points: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """ln of the normal density of each point."""
    return -0.5 * ((points - mean) * (-log_std).exp()).square() - log_std - HALF_LOG_TAU


def squashed_entropy(mean: Tensor, log_std: Tensor) -> Tensor:
    """Entropy […] of tanh u, u normal: that of the normal and E ln(1 − tanh² u), by quadrature."""
    nodes, weights = quadrature(mean.device, mean.dtype)
    # Not as a product of matrices: its last bits would hang on how many rows there are.
    lost = (log_slope(mean[..., None] + log_std.exp()[..., None] * nodes) * weights).sum(-1)
    return HALF_LOG_TAU + 0.5 + log_std + lost


def normal_divergence(mean: Tensor, log_std: Tensor, there: Tensor, log_other: Tensor) -> Tensor:
    """KL […] of one normal distribution from another, which squashing does not change."""
    apart = (2 * log_std).exp() + (mean - there).square()
    return log_other - log_std + 0.5 * apart * (-2 * log_other).exp() - 0.5
