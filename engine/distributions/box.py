"""What the densities over a box [-1, 1]^D share: bins in which they are compared, and how they are squashed.

Whatever its form, a density is recorded as the probability of each of K equal bins of each axis: D blocks of
K numbers. The base is given the same way, uniform within each bin and its axes independent, so that the
divergence from it needs no more than a density's entropy and those very numbers:

    KL(π ‖ π0) = −h(π) − Σ_d Σ_k P_π(a_d in bin k) ln (π0(bin k of d) K / 2)

Torch's own atanh and softplus give other last bits at the end of a row than within it, so that a seed's
numbers would hang on how many others there are. What is written with log1p and exp does not.

Axes: D dimensions, K bins.
"""

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.distributions.categorical import LOG_ZERO
from engine.distributions.family import Family

LIMIT = 1 - 2.0**-20  # an action nearer to its bound than this is taken for this: tanh is 1 in float32 soon
NODES = 32  # of Gauss–Hermite quadrature


@dataclass(frozen=True)
class BoxFamily(Family):
    """A density over [-1, 1]^D, recorded in K bins of each axis.

    Class attribute beside the family's own:
        formula: its entropy has one.
    """

    dimensions: int
    bins: int
    formula: ClassVar[bool] = True

    def by_axis(self, bins: Tensor) -> Tensor:
        """D blocks of K numbers […, D · K] as […, D, K]."""
        return bins.reshape(*bins.shape[:-1], self.dimensions, self.bins)

    def bin_of(self, actions: Tensor) -> Tensor:
        """[…, D] int64 the bin of each axis that actions […, D] lie in; the upper bound is in the last."""
        return ((actions + 1) * (self.bins / 2)).long().clamp(0, self.bins - 1)

    def from_base(self, rows: Tensor, log_base: Tensor) -> Tensor:
        """See :meth:`Family.from_base`."""
        expected = self._base_expected(rows, log_base)
        return -self.entropy(rows) - expected

    def from_base_above(self, rows: Tensor, log_base: Tensor) -> Tensor:
        """See :meth:`Family.from_base_above`."""
        expected = self._base_expected(rows, log_base)
        return -self.entropy_below(rows) - expected

    def _base_expected(self, rows: Tensor, log_base: Tensor) -> Tensor:
        """[…] what ln of the base's density is on average where these act."""
        expected = self.by_axis(self.recorded(rows)) * (self.by_axis(log_base) + math.log(self.bins / 2))
        return expected.sum((-2, -1))

    def log_base(self, log_base: Tensor, actions: Tensor) -> Tensor:
        """See :meth:`Family.log_base`."""
        in_bin = self.by_axis(log_base).gather(-1, self.bin_of(actions)[..., None])
        return (in_bin + math.log(self.bins / 2)).sum((-2, -1))

    @abstractmethod
    def recorded(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.recorded`: exact, through the cumulative distribution."""

    def measured(self, told: Tensor, actions: Tensor, base: Tensor) -> tuple[Tensor, Tensor]:
        """See :meth:`Family.measured`."""
        rows, log_base = self.rows_of(told), base.log().clamp(min=LOG_ZERO)
        if self.formula:
            return self.from_base(rows, log_base), self.entropy(rows)
        log_density = self.log_probability(rows, actions)
        return log_density - self.log_base(log_base, actions), -log_density


def unsquashed(actions: Tensor) -> Tensor:
    """u with tanh u = a, for actions in [-1, 1]; finite."""
    inner = actions.clamp(-LIMIT, LIMIT)
    return (inner.log1p() - (-inner).log1p()) / 2


def squashed(points: Tensor) -> Tensor:
    """tanh u, kept from the bounds."""
    return points.tanh().clamp(-LIMIT, LIMIT)


def log_slope(points: Tensor) -> Tensor:
    """ln(1 − tanh² u), what a density loses by being squashed; accurate however large u is."""
    size = points.abs()
    return 2 * (math.log(2) - size - (-2 * size).exp().log1p())


def within(raw: Tensor, low: float, high: float) -> Tensor:
    """`raw` bent smoothly into (low, high), low < 0 < high: as it is near 0, and never without a slope."""
    return torch.where(raw > 0, high * (raw / high).tanh(), low * (raw / low).tanh())


def normal_bins(mean: Tensor, log_std: Tensor, bins: int) -> Tensor:
    """[…, bins] the probability of each equal bin of [-1, 1] of tanh u, u normal: mean, ln deviation […]."""
    inner = inner_edges(bins, mean.device, mean.dtype)
    below = torch.special.ndtr((inner - mean[..., None]) * (-log_std)[..., None].exp())
    return torch.diff(functional.pad(functional.pad(below, (0, 1), value=1.0), (1, 0)), dim=-1)


def normal(uniform: Tensor) -> Tensor:
    """Standard normal numbers from uniform ones of [0, 1), by inversion."""
    found: Tensor = torch.special.ndtri(uniform.clamp(min=2.0**-25))
    return found


@cache
def quadrature(device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Nodes and weights [NODES] with Σ w f(x) = E f(x), x standard normal; exact to the 63rd power of x."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / weights.sum()
    return torch.from_numpy(nodes).to(device, dtype), torch.from_numpy(weights).to(device, dtype)


@cache
def inner_edges(bins: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """[bins − 1] where equal bins of [-1, 1] meet, before squashing."""
    return torch.linspace(-1, 1, bins + 1, dtype=torch.float64)[1:-1].atanh().to(device, dtype)
