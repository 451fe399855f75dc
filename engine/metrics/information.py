"""Entropies and divergences of finite distributions, in nats. Distributions lie along the last axis."""

import numpy as np

from engine.tasks.tabular import Floats

TINY = 1e-300  # keeps ln away from 0; the term p ln p it stands in for is 0


def entropy(p: Floats) -> Floats:
    """H(p) = −Σ p ln p. [..., K] → [...], nats; 0 ln 0 = 0 (Shannon 1948)."""
    p = np.asarray(p, dtype=np.float64)  # TINY is 0 in float32
    return np.asarray(-np.sum(p * np.log(np.maximum(p, TINY)), axis=-1))


def kl(p: Floats, q: Floats) -> Floats:
    """KL(p‖q) = Σ p ln(p/q). [..., K] broadcast → [...], nats; infinite where p > 0 = q."""
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    logs = np.log(np.maximum(p, TINY)) - np.log(np.maximum(q, TINY))
    return np.where(np.any((p > 0) & (q <= 0), axis=-1), np.inf, np.sum(p * logs, axis=-1))


def jensen_shannon(p: Floats, q: Floats) -> Floats:
    """JS = H((p + q)/2) − (H(p) + H(q))/2. [..., K] → [...], nats, from 0 to ln 2 (Lin 1991)."""
    return np.maximum(entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2, 0.0)


def total_variation(p: Floats, q: Floats) -> Floats:
    """TV = ½ Σ |p − q|. [..., K] → [...], from 0 to 1."""
    return np.asarray(0.5 * np.sum(np.abs(p - q), axis=-1))
