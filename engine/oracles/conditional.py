"""The conditional oracle: what a perfect return-conditioned predictor of the base's data learns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.oracles.evaluation import Evaluation, ExactEvaluator
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.tabular import Floats


@dataclass(frozen=True)
class Conditional:
    """π*(a | s, t, g) for some returns to go.

    Attributes:
        levels: [G] returns to go, reward units, as asked for.
        policy: [G, H, N, A].
        supported: [G, H, N] whether the base can gather g from (s, t) at all; where it cannot, the
            policy falls back to the base.
    """

    levels: Floats
    policy: Floats
    supported: NDArray[np.bool_]


def conditional_policy(table: ReturnToGo, levels: Floats) -> Conditional:
    """π*(a | s, t, g) = π0(a|s) Q_t(s, a, g) / W_t(s, g), to be followed with g ← g − r.

    Args:
        levels: [G] returns to go in reward units; those off the return grid are out of support.
    """
    task = table.task
    levels = np.asarray(levels, dtype=np.float64)
    policy = np.empty((len(levels), task.horizon, task.states, task.actions))
    supported = np.empty(policy.shape[:3], dtype=np.bool_)
    for t in range(task.horizon):
        weight = task.base[:, :, None] * table.action_values(t, levels)
        total = weight.sum(axis=1)  # W_t(s, g), and 0 in terminal states, where nobody acts
        supported[:, t] = (total > 0).T
        with np.errstate(invalid="ignore"):
            share = np.where(total[:, None] > 0, weight / total[:, None], task.base[:, :, None])
        policy[:, t] = share.transpose(2, 0, 1)
    return Conditional(levels, policy, supported)


def evaluate_conditional(table: ReturnToGo, evaluator: ExactEvaluator, targets: Floats) -> Evaluation:
    """The conditional oracle asked for each of `targets` [T], evaluated exactly; axes [T].

    The oracle is computed only where such an episode can be, which on a large task is far less than
    every state with every return to go. Out of support it falls back to the base.
    """
    task = table.task
    targets = np.asarray(targets, dtype=np.float64)
    base = task.base[evaluator.node_state][:, :, None]
    to_go = np.round(targets - evaluator.node_gathered[:, None], 9)  # [M, T], the same but for the last bits
    levels, place = np.unique(to_go, return_inverse=True)
    place = place.reshape(to_go.shape)
    nodes = np.empty((task.horizon, *base.shape[:2], len(targets)))
    for t in range(task.horizon):
        values = table.action_values(t, levels)[evaluator.node_state[:, None], :, place].transpose(0, 2, 1)
        weight = base * values
        total = weight.sum(axis=1, keepdims=True)
        nodes[t] = np.where(total > 0, weight / np.where(total > 0, total, 1.0), base)
    return evaluator.evaluate_nodes(nodes, (len(targets),))
