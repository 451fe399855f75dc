"""The exact frontier: the least drift at which each return can be had; and what conditioning has to pay."""

import numpy as np

from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.kl import HIGHEST, LOWEST, greedy_limit, kl_policy
from engine.oracles.reference import Reference
from engine.tasks.tabular import Floats

MOST_TARGETS = 33
AT_ONCE = 64_000_000  # policy entries held in memory at a time


def frontier(evaluator: ExactEvaluator, points: int = 61) -> Floats:
    """Return against drift of the KL oracle over its whole range of β.

    No policy has more return at the same drift: the KL oracle maximises E[R] − β·D for every β.

    Args:
        points: how many β, evenly spaced in the logarithm, between the two ends.

    Returns:
        [points + 2, 3] of (β, mean return, total drift), β descending from ∞ (the base: drift 0) to
        0 (the best return and of all ways to it the nearest).
    """
    task = evaluator.task
    scale = max(float(np.ptp(evaluator.values)), task.reward_unit)  # β has the rewards' unit
    low, high = np.clip([1e-2 * scale, 1e2 * scale], LOWEST, HIGHEST)
    beta = np.geomspace(high, low, points)
    rows = [(np.inf, float(evaluator.base.mean), 0.0)]
    step = max(1, AT_ONCE // (task.horizon * task.states * task.actions))
    for first in range(0, points, step):
        some = beta[first : first + step]
        evaluation = evaluator.evaluate(kl_policy(task, some).policy)
        rows += zip(some.tolist(), evaluation.mean.tolist(), evaluation.drift.tolist(), strict=True)
    limit = evaluator.evaluate(greedy_limit(task)[0][None]).item(0)
    rows.append((0.0, float(limit.mean), float(limit.drift)))
    return np.array(rows)


def conditional_frontier(reference: Reference, most: int = MOST_TARGETS) -> Floats:
    """Return against drift of the conditional oracle over all targets that the base reaches.

    In a deterministic task with one start an agent that draws its target g with probability w(g) has
    mean Σ w g and drift KL(w ‖ p_0(R)), as episodes of equal return stay the base's own. The best such
    mixtures are w ∝ p_0(R) exp(R/β), the KL oracle itself: mixtures of targets trace out exactly
    :func:`frontier`, and single targets lie on it or below. Where chance plays a part single targets may
    lie far below it, for the oracle waits for luck instead of seeking it.

    Args:
        most: beyond so many targets evenly spaced ones are taken, both ends included.

    Returns:
        [T, 5] of (target, mean return, total drift, asked, collateral), by ascending target.
    """
    targets = reference.supported_targets
    if len(targets) > most:
        targets = targets[np.rint(np.linspace(0, len(targets) - 1, most)).astype(np.int64)]
    found = [reference.conditional(target) for target in targets.tolist()]
    rows = [
        (target, float(one.mean), float(one.drift), float(one.asked), float(one.collateral))
        for target, one in zip(targets.tolist(), found, strict=True)
    ]
    return np.array(rows)
