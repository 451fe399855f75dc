"""Fixed contexts at which policies are compared across learners, chosen from the base's visits."""

import numpy as np

from engine.metrics.histogram import nearest
from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.reference import Reference
from engine.tasks.tabular import Floats, Integers

MOST = 64


def state_visits(evaluator: ExactEvaluator) -> Floats:
    """[H, N] probability that the base is in each state that is not terminal at each time."""
    visits = np.zeros((evaluator.task.horizon, evaluator.task.states))
    for t, row in enumerate(evaluator.base.node_visits):
        visits[t] = np.bincount(evaluator.node_state, row, minlength=evaluator.task.states)
    return visits


def choose_probes(evaluator: ExactEvaluator, most: int = MOST) -> tuple[Integers, Integers, Floats]:
    """One probe a state that the base acts in: the time at which it is there most often (the first such).

    Where there are more states than `most`, those with the most visits are kept.

    Returns:
        state [P] ascending, time [P], and weight [P]: the base's visits there, summing to 1.
    """
    visits = state_visits(evaluator)
    total = visits.sum(axis=0)
    # A stable order, so that equally visited states are kept by number and not by chance.
    kept = np.argsort(-total, kind="stable")[: min(most, np.count_nonzero(total))]
    state = np.sort(kept)
    time = visits[:, state].argmax(axis=0)
    weight = visits[time, state]
    return state, time, weight / weight.sum()


def oracle_at(
    reference: Reference, targets: Floats, state: Integers, time: Integers, gathered: Floats
) -> Floats:
    """The conditional oracle at probes, had each target been asked at their start.

    Args:
        targets: [T] reward units.
        state, time: [P].
        gathered: [P] reward gathered on the way to each probe.

    Returns:
        [T, P, A], NaN where the target is out of support.
    """
    policies = np.empty((len(targets), len(state), reference.task.actions))
    for row, target in enumerate(targets):
        oracle = reference.conditional_table(float(target))
        level = nearest(oracle.levels, target - gathered)
        supported = oracle.supported[level, time, state]
        policies[row] = np.where(supported[:, None], oracle.policy[level, time, state], np.nan)
    return policies
