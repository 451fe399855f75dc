"""Drift from the base, split into what was asked for and what came along.

D = KL(p_π(τ)‖p_0(τ)) = KL(p_π(R)‖p_0(R)) + E KL(p_π(τ|R)‖p_0(τ|R)): asked and collateral, in nats.
The exact forms are in `engine.oracles.evaluation`; here are the estimates from rollouts.
"""

import numpy as np

from engine.metrics.information import kl
from engine.tasks.tabular import Floats, Integers


def collateral(drift: Floats, asked: Floats) -> Floats:
    """drift − asked, nats; NaN (undefined) where both are infinite."""
    both = np.isinf(drift) & np.isinf(asked)
    return np.where(both, np.nan, drift - np.where(both, 0.0, asked))


def asked_plug_in(p: Floats, q: Floats) -> Floats:
    """KL between two histograms, [..., R] each, nats; NaN, not estimable, where p > 0 = q.

    The base never reached those returns in its sample: the estimate would be infinite, and the
    truth may be anything.
    """
    divergence = kl(p, q)
    return np.where(np.isinf(divergence), np.nan, divergence)


def asked_from_histograms(policy: Integers, base: Integers) -> Floats:
    """KL(p_π(R)‖p_0(R)) from counts [..., R] and [..., R], nats, corrected for bias; NaN as above.

    The plug-in −Ĥ(p̂) − Σ p̂ ln q̂ is too large, to first order, by (K − 1)/(2n) for the entropy of n
    draws that met K bins (Miller 1955) and by Σ p̂ (1 − q̂)/(2 m q̂) for the logarithm of m base
    draws' shares; both are taken off. Coarse bins make the result smaller, never larger.
    """
    n, m = policy.sum(axis=-1), base.sum(axis=-1)
    p, q = policy / n[..., None], base / m[..., None]
    estimate = asked_plug_in(p, q)
    met = (policy > 0).sum(axis=-1)
    logarithm = np.sum(p * (1 - q) / (2 * m[..., None] * np.where(q > 0, q, 1.0)), axis=-1)
    return np.asarray(estimate - (met - 1) / (2 * n) - logarithm)


def mean_and_error(sums: Floats) -> tuple[Floats, Floats]:
    """Mean over episodes and its standard error: [..., E] → ([...], [...]).

    For total drift `sums` are Σ_t KL(π(·|h_t)‖π0(·|s_t)) of each episode, the exact KL at every visited
    context: less variance than the logarithm of the ratio, the same mean. Where an episode did what the
    base never does the mean is infinite, and has no error: NaN.
    """
    with np.errstate(invalid="ignore"):
        return sums.mean(axis=-1), sums.std(axis=-1, ddof=1) / np.sqrt(sums.shape[-1])


def asked_error(
    placed: Floats, drift_sums: Floats, base: Integers, random: np.random.Generator, draws: int = 100
) -> tuple[Floats, Floats]:
    """Standard errors of asked and of collateral drift, by the Bayesian bootstrap (Rubin 1981).

    Each draw weights the policy's episodes, and the base's counts, by a Dirichlet; unlike with
    resampled counts no bin of the base ever becomes empty. Drift sums and returns of an episode
    keep together, so that the error of the difference is not the sum of the errors.

    Args:
        placed: [S, E, R] one-hot bin of each episode's return.
        drift_sums: [S, E].
        base: [R] or [S, R] counts.

    Returns:
        [S] each, nats; NaN where asked drift is not estimable.
    """
    seeds, episodes, bins = placed.shape
    weight = random.standard_exponential((draws, seeds, episodes))
    weight /= weight.sum(axis=-1, keepdims=True)
    p = np.einsum("dse,ser->dsr", weight, placed)
    q = random.standard_gamma(np.broadcast_to(base, (draws, seeds, bins)).astype(np.float64))
    q /= q.sum(axis=-1, keepdims=True)
    asked = asked_plug_in(p, q)
    total = np.einsum("dse,se->ds", weight, drift_sums)
    with np.errstate(invalid="ignore"):  # an infinite drift has no error
        return asked.std(axis=0, ddof=1), (total - asked).std(axis=0, ddof=1)
