"""Several squashed normals at once: a policy that has more than one way keeps all of them."""

import math
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from engine.distributions.box import (
    BoxFamily,
    log_slope,
    normal,
    normal_bins,
    squashed,
    unsquashed,
    within,
)
from engine.distributions.gaussian import LOG_STD, MEAN, log_normal, normal_divergence, squashed_entropy
from engine.tasks.streams import inverted

SPREAD = 1.5  # of the components' first means, before squashing: alike, they would learn alike


@dataclass(frozen=True)
class Mixture(BoxFamily):
    """Of M components: Σ_m w_m N(u; μ_m, σ_m), a = tanh u; axes are independent within a component only.

    Rows are the M ln w, the M · D means and the M · D ln of the deviations. There is no formula for the
    entropy of a mixture, nor for divergences: what its draws say stands for them where they are measured, and
    bounds where something is to be learned.
    """

    components: int = 5
    name: ClassVar[str] = "mixture"
    formula: ClassVar[bool] = False

    @property
    def outputs(self) -> int:
        """M (1 + 2 D)."""
        return self.components * (1 + 2 * self.dimensions)

    @property
    def chances(self) -> int:
        """One for the component, one an axis."""
        return 1 + self.dimensions

    def rows(self, raw: Tensor) -> Tensor:
        """See :meth:`Family.rows`."""
        log_weight, mean, log_std = self._parts(raw)
        first = first_means(self.components, self.dimensions, raw.device, raw.dtype)
        parts = (
            functional.log_softmax(log_weight, dim=-1),
            within(mean + first, -MEAN, MEAN).flatten(-2),
            within(log_std, *LOG_STD).flatten(-2),
        )
        return torch.cat(parts, dim=-1)

    def drawn(self, told: Tensor, uniform: Tensor) -> Tensor:
        """See :meth:`Family.drawn`."""
        log_weight, mean, log_std = self._parts(told)
        chosen = inverted(log_weight.exp(), uniform[..., 0])[..., None, None]
        chosen = chosen.expand(*chosen.shape[:-1], self.dimensions)
        centre, width = (part.gather(-2, chosen)[..., 0, :] for part in (mean, log_std))
        return squashed(centre + width.exp() * normal(uniform[..., 1:]))

    def log_probability(self, rows: Tensor, actions: Tensor) -> Tensor:
        """See :meth:`Family.log_probability`."""
        log_weight, mean, log_std = self._parts(rows)
        point = unsquashed(actions)
        each = log_normal(point[..., None, :], mean, log_std).sum(-1)
        return torch.logsumexp(log_weight + each, dim=-1) - log_slope(point).sum(-1)

    def entropy(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.entropy`."""
        return torch.full_like(rows[..., 0], math.nan)

    def divergence(self, rows: Tensor, other: Tensor) -> Tensor:  # noqa: ARG002
        """See :meth:`Family.divergence`."""
        return torch.full_like(rows[..., 0], math.nan)

    def entropy_below(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.entropy_below`: Σ_i w_i (h_i − ln Σ_j w_j exp(−B_ij)), h being the components'
        entropies and B their Bhattacharyya distances (1706.02419). Exact where they coincide, and where they
        are far apart."""
        log_weight, mean, log_std = self._parts(rows)
        each = squashed_entropy(mean, log_std).sum(-1)
        overlap = torch.logsumexp(log_weight[..., None, :] - bhattacharyya(mean, log_std), dim=-1)
        return (log_weight.exp() * (each - overlap)).sum(-1)

    def divergence_above(self, rows: Tensor, other: Tensor) -> Tensor:
        """See :meth:`Family.divergence_above`: that of the weights, and of each component from its namesake.
        Knowing which component an action came from can only tell the two further apart."""
        log_weight, mean, log_std = self._parts(rows)
        log_there, there, log_other = self._parts(other)
        each = normal_divergence(mean, log_std, there, log_other).sum(-1)
        return (log_weight.exp() * (log_weight - log_there + each)).sum(-1)

    def moved(self, rows: Tensor, other: Tensor, actions: Tensor) -> Tensor:
        """See :meth:`Family.moved`."""
        return self.log_probability(rows, actions) - self.log_probability(other, actions)

    def recorded(self, rows: Tensor) -> Tensor:
        """See :meth:`Family.recorded`."""
        log_weight, mean, log_std = self._parts(rows)
        each = normal_bins(mean, log_std, self.bins)  # […, M, D, K]
        return (log_weight.exp()[..., None, None] * each).sum(-3).flatten(-2)

    def _parts(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """[…, M], […, M, D], […, M, D]."""
        each = self.components * self.dimensions
        log_weight, mean, log_std = torch.split(rows, [self.components, each, each], dim=-1)
        shape = (*rows.shape[:-1], self.components, self.dimensions)
        return log_weight, mean.reshape(shape), log_std.reshape(shape)


def bhattacharyya(mean: Tensor, log_std: Tensor) -> Tensor:
    """[…, M, M] −ln ∫ √(p q) between normals of D independent axes, means and ln deviations […, M, D]."""
    one, other = mean[..., :, None, :], mean[..., None, :, :]
    log_one, log_other = log_std[..., :, None, :], log_std[..., None, :, :]
    both = (2 * log_one).exp() + (2 * log_other).exp()
    return ((one - other).square() / (4 * both) + ((both / 2).log() - log_one - log_other) / 2).sum(-1)


@cache
def first_means(components: int, dimensions: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """[M, D] means to begin with: evenly spread along every axis, in another order along each."""
    places = torch.linspace(-SPREAD, SPREAD, components, dtype=torch.float64)
    order = [[(m * (d + 1) + d) % components for d in range(dimensions)] for m in range(components)]
    return places[torch.tensor(order)].to(device, dtype)
