"""What is left of a network's last hidden layer [..., P, D] over P contexts."""

import numpy as np

from engine.metrics.information import entropy
from engine.tasks.tabular import Floats

DORMANT = 0.025  # of the layer's mean activation
HELD = 0.99  # of the sum of singular values


def dormant_share(features: Floats) -> Floats:
    """Share of units whose score, mean |activation| over the layer's mean, is ≤ .025 (2302.12902). 0 to 1."""
    score = np.abs(features).mean(axis=-2)
    mean = score.mean(axis=-1, keepdims=True)
    return np.asarray((score <= DORMANT * mean).mean(axis=-1))


def effective_rank(features: Floats) -> Floats:
    """exp H(σ / Σσ) of the singular values (Roy and Vetterli 2007). 1 to min(P, D); NaN for zeros and NaN."""
    values = _singular_values(features)
    total = values.sum(axis=-1, keepdims=True)
    return np.exp(entropy(values / np.where(total > 0, total, np.nan)))


def srank(features: Floats) -> Floats:
    """The least k whose k largest singular values hold 99 % of their sum (2010.14498). 1 to min(P, D); NaN
    for NaN."""
    values = _singular_values(features)
    total = values.sum(axis=-1, keepdims=True)
    held = values.cumsum(axis=-1) >= HELD * total
    return np.where(np.isnan(total[..., 0]), np.nan, 1.0 + held.argmax(axis=-1))


def policy_variance(policy: Floats) -> Floats:
    """Σ_a Var over contexts of π(a|·): [..., P, A] → [...]; 0 where the policy is the same everywhere."""
    return np.asarray(policy.var(axis=-2).sum(axis=-1))


def _singular_values(features: Floats) -> Floats:
    """[..., min(P, D)], largest first; NaN for a layer with an entry that is no number, for that alone."""
    sound = np.asarray(np.isfinite(features).all(axis=(-2, -1), keepdims=True))
    values = np.linalg.svd(np.where(sound, features, 0.0), compute_uv=False)
    return np.where(sound[..., 0], values, np.nan)
