"""Every column at once, from rollouts: each with its standard error in `<name>.se`.

For policies that depend on a longer history than (state, time, return to go), and for tasks that
are not tabular. NaN is "not estimable".
"""

from dataclasses import dataclass

import numpy as np

from engine.metrics import calibration, drift, modes, pass_at_k
from engine.metrics.columns import ERROR
from engine.metrics.entropy import effective_number
from engine.metrics.fidelity import fidelity_at_probes, kl_to_oracle, supertask_score
from engine.metrics.histogram import histogram, nearest, one_hot
from engine.tasks.tabular import Floats, Goals, Integers

EPISODES = 8  # of pass@8 and mode coverage at 8
DRAWS = 100  # of the bootstrap: its standard errors are themselves good to 1/√(2·100) = 7 %


@dataclass(frozen=True)
class Episodes:
    """Whole episodes of the policy, summed up. Every array is [S, E]; E at least 2.

    Attributes:
        returns: reward units.
        drift: Σ_t KL(π(·|h_t)‖π0(·|s_t)), nats.
        entropy: Σ_t H(π(·|h_t)), nats.
        lengths: actions taken.
        outcome: index of the outcome the episode ended in, -1 for none.
        gold: Σ of what was really wanted, reward units.
    """

    returns: Floats
    drift: Floats
    entropy: Floats
    lengths: Floats
    outcome: Integers
    gold: Floats


def measure(
    episodes: Episodes,
    base: Integers,
    bins: Floats,
    outcomes: int,
    oracle: Floats | None,
    random: np.random.Generator,
    goals: Goals | None = None,
) -> dict[str, Floats]:
    """The columns that one batch of episodes gives.

    Args:
        base: [R] or [S, R] how many of the base's returns are nearest to each bin.
        bins: [R] centres, ascending, reward units.
        outcomes: O, how many outcomes the task tells apart; 0 leaves their columns out.
        oracle: [O + 1] the conditional oracle's outcomes at the target asked for; None where unknown.
        random: for the bootstrap.
        goals: how a return codes two, where it does.

    Returns:
        {column name: [S]}, standard errors included.
    """
    counts = histogram(episodes.returns, bins)
    placed = one_hot(nearest(bins, episodes.returns), len(bins)).astype(np.float64)
    total, total_error = drift.mean_and_error(episodes.drift)
    asked = drift.asked_from_histograms(counts, np.broadcast_to(base, counts.shape))
    asked_error, collateral_error = drift.asked_error(placed, episodes.drift, base, random, DRAWS)
    average, average_error = drift.mean_and_error(episodes.returns)
    trajectory, trajectory_error = drift.mean_and_error(episodes.entropy)
    action, action_error = ratio_and_error(episodes.entropy, episodes.lengths)
    measured = {
        "return": (average, average_error),
        "gold": drift.mean_and_error(episodes.gold),
        "drift": (total, total_error),
        "asked": (asked, np.where(np.isnan(asked), np.nan, asked_error)),
        "collateral": (total - asked, np.where(np.isnan(asked), np.nan, collateral_error)),
        "action_entropy": (action, action_error),
        "effective_actions": (effective_number(action), effective_number(action) * action_error),
        "trajectory_entropy": (trajectory, trajectory_error),
    }
    if goals is not None:
        first, second = goals.parts(episodes.returns)
        measured |= {"first_goal": drift.mean_and_error(first), "second_goal": drift.mean_and_error(second)}
    if outcomes:
        measured |= _outcomes(episodes.outcome, outcomes, oracle, random)
    return _flat(measured)


def measure_targets(returns: Floats, targets: Floats, step: float) -> dict[str, Floats]:
    """The calibration columns, from episodes that were asked for each of some supported targets.

    Args:
        returns: [S, T, E].
        targets: [T] reward units.
        step: width of the return grid: a return within half of it is a hit.
    """
    achieved, error = drift.mean_and_error(returns)
    count = len(targets)
    hits = (np.abs(returns - targets[:, None]) <= step / 2 * (1 + 1e-9)).astype(np.float64)
    _, hit_error = drift.mean_and_error(hits)
    weights = calibration.slope_weights(targets)
    return _flat(
        {
            # Given the sign of each difference, the mean error is linear in the achieved means.
            "calibration_error": (calibration.absolute_error(achieved, targets), _norm(error) / count),
            "calibration_slope": (calibration.slope(achieved, targets), _norm(error * weights)),
            "calibration_intercept": (
                calibration.intercept(achieved, targets),
                _norm(error * (1 / count - weights * targets.mean())),
            ),
            "wasserstein": _mean_over_targets(np.abs(returns - targets[:, None])),
            "hit_rate": (hits.mean(axis=(1, 2)), _norm(hit_error) / count),
            "leftover_preference": _mean_over_targets(returns - targets[:, None]),
        }
    )


def _mean_over_targets(values: Floats) -> tuple[Floats, Floats]:
    """Mean of [S, T, E] over targets and episodes, and its standard error: [S], [S]."""
    mean, error = drift.mean_and_error(values)
    return mean.mean(axis=1), _norm(error) / values.shape[1]


def measure_probes(
    policy: Floats, oracle: Floats, weight: Floats, now: Floats, oracle_now: Floats
) -> dict[str, Floats]:
    """The distances to the conditional oracle at the fixed probes; nothing here is sampled.

    Args:
        policy: [S, T, P, A] when asked for each target.
        oracle: [T, P, A], NaN where the target is out of support.
        weight: [P] the base's visits.
        now, oracle_now: [S, P, A] and [P, A] at the current target.
    """
    current = fidelity_at_probes(now[:, None], oracle_now[None], weight)
    every = fidelity_at_probes(policy, oracle, weight).js
    met = ~np.isnan(oracle[..., 0]).all(axis=1)
    known = ~np.isnan(oracle_now[..., :1])
    return {
        "oracle_js": current.js[:, 0],
        "oracle_tv": current.tv[:, 0],
        "oracle_kl": kl_to_oracle(
            now, np.where(known, oracle_now, 1.0 / oracle_now.shape[-1]), weight * known[..., 0]
        ),
        "supertask_score": supertask_score(every[:, met]),
    }


def ratio_and_error(numerator: Floats, denominator: Floats) -> tuple[Floats, Floats]:
    """Σ numerator / Σ denominator over episodes, and its standard error by the delta method: [S, E] → [S]."""
    ratio = numerator.sum(axis=-1) / denominator.sum(axis=-1)
    residual = (numerator - ratio[:, None] * denominator) / denominator.mean(axis=-1, keepdims=True)
    return ratio, residual.std(axis=-1, ddof=1) / np.sqrt(numerator.shape[-1])


def _outcomes(
    outcome: Integers, count: int, oracle: Floats | None, random: np.random.Generator
) -> dict[str, tuple[Floats, Floats]]:
    """The columns about outcomes; errors by the Bayesian bootstrap over episodes."""
    placed = one_hot(np.where(outcome < 0, count, outcome), count + 1).astype(np.float64)
    weight = random.standard_exponential((DRAWS, *outcome.shape))
    weight /= weight.sum(axis=-1, keepdims=True)
    drawn = np.einsum("dse,seo->dso", weight, placed)
    shares = placed.mean(axis=1)
    measured = {
        "success": drift.mean_and_error(placed[..., :-1].sum(axis=-1)),
        "effective_modes": (modes.effective_modes(shares), modes.effective_modes(drawn).std(axis=0, ddof=1)),
        "outcome_entropy": (modes.outcome_entropy(shares), modes.outcome_entropy(drawn).std(axis=0, ddof=1)),
        "pass_at_8": (
            pass_at_k.unbiased((outcome >= 0).sum(axis=-1), outcome.shape[-1], EPISODES),
            pass_at_k.exact(modes.success(drawn), EPISODES).std(axis=0, ddof=1),
        ),
        "mode_coverage_8": (
            modes.coverage_at(shares, EPISODES),
            modes.coverage_at(drawn, EPISODES).std(axis=0, ddof=1),
        ),
    }
    if oracle is not None:
        for name, function in (("coverage", modes.coverage), ("soft_coverage", modes.soft_coverage)):
            measured[name] = (function(shares, oracle), function(drawn, oracle).std(axis=0, ddof=1))
    return measured


def _norm(errors: Floats) -> Floats:
    """Standard error of a sum of independent terms: [S, T] → [S]."""
    return np.asarray(np.sqrt(np.sum(errors**2, axis=-1)))


def _flat(measured: dict[str, tuple[Floats, Floats]]) -> dict[str, Floats]:
    """{name: value, name.se: error}."""
    return {
        key: value
        for name, pair in measured.items()
        for key, value in zip((name, name + ERROR), pair, strict=True)
    }
