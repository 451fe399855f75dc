"""How many of the possible outcomes a policy still has, and how much of the oracle's share of each.

Outcome distributions [..., O + 1] have "none" (the episode ran out of time) as their last entry.
"""

import numpy as np

from engine.metrics.information import entropy
from engine.tasks.tabular import Floats

KEPT = 0.1  # a mode counts as kept while it has at least this part of its oracle share


def success(outcomes: Floats) -> Floats:
    """P(the episode ends in an outcome), [..., O + 1] → [...]. A pure number."""
    return np.asarray(outcomes[..., :-1].sum(axis=-1))


def outcome_entropy(outcomes: Floats) -> Floats:
    """Entropy over outcomes of the episodes that end in one. [..., O + 1] → [...], nats, 0 to ln O.

    NaN (undefined) where no episode does.
    """
    reached = success(outcomes)
    share = outcomes[..., :-1] / np.where(reached > 0, reached, np.nan)[..., None]
    return entropy(share)


def effective_modes(outcomes: Floats) -> Floats:
    """exp of :func:`outcome_entropy`. [..., O + 1] → [...], 1 to O."""
    return np.exp(outcome_entropy(outcomes))


def coverage(outcomes: Floats, oracle: Floats) -> Floats:
    """Share of the oracle's modes that keep at least a tenth of their oracle share. [...], 0 to 1.

    The modes are the outcomes (without "none") that the oracle has; NaN where it has none.
    """
    modes = oracle[..., :-1] > 0
    kept = modes & (outcomes[..., :-1] >= KEPT * oracle[..., :-1])
    count = modes.sum(axis=-1)
    return np.asarray(kept.sum(axis=-1) / np.where(count > 0, count, np.nan))


def soft_coverage(outcomes: Floats, oracle: Floats) -> Floats:
    """Σ_m min(p_m, q_m) = 1 − TV(p, q), "none" included. [...], 0 to 1."""
    return np.asarray(np.minimum(outcomes, oracle).sum(axis=-1))


def coverage_at(outcomes: Floats, k: int) -> Floats:
    """Expected share of the outcomes met in k episodes: Σ_m [1 − (1 − p_m)^k] / M. [...], 0 to 1."""
    return np.asarray((1 - (1 - outcomes[..., :-1]) ** k).mean(axis=-1))
