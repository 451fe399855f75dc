"""The KL oracle: the optimum of E[R] − β·KL(p_π‖p_0) (2205.11275)."""

from dataclasses import dataclass

import numpy as np

from engine.errors import UserError
from engine.oracles.transitions import Matrix, Transitions
from engine.tasks.tabular import Floats, TabularTask

LOWEST, HIGHEST = 1e-3, 1e3  # β for which float64 keeps the values to about 1e-9
TIE = 1e-9  # in reward units: values closer than this (times their size) count as equal


@dataclass(frozen=True)
class Soft:
    """The oracle for several weights at once.

    Attributes:
        beta: [B] reward units a nat.
        policy: [B, H, N, A].
        value: [B, H + 1, N] V_t(s): the best attainable E[R] − β KL from here on; 0 at the end.
    """

    beta: Floats
    policy: Floats
    value: Floats


def kl_policy(task: TabularTask, beta: Floats) -> Soft:
    """Q_t(s,a) = E[r + V_{t+1}(s')]; V_t(s) = β ln Σ_a π0 exp(Q_t/β); π = π0 exp((Q_t − V_t)/β).

    The largest exponent is taken out before exponentiating, so no β in the range overflows.

    Args:
        beta: [B], each from 1e-3 to 1e3.

    Raises:
        UserError: for a β outside that range.
    """
    beta = np.atleast_1d(np.asarray(beta, dtype=np.float64))
    if not np.all((beta >= LOWEST) & (beta <= HIGHEST)):  # also refuses NaN
        wrong = next(value for value in beta.tolist() if not LOWEST <= value <= HIGHEST)
        raise UserError(f"beta is {wrong:g}; allowed: {LOWEST:g} to {HIGHEST:g}")
    successor, expected = _one_step(task)
    value = np.zeros((len(beta), task.horizon + 1, task.states))
    policy = np.empty((len(beta), task.horizon, task.states, task.actions))
    for t in reversed(range(task.horizon)):
        q = (expected + (successor @ value[:, t + 1].T).T).reshape(-1, task.states, task.actions)
        top = np.max(np.where(task.base > 0, q, -np.inf), axis=2, keepdims=True)
        weight = task.base * np.exp(np.minimum(q - top, 0.0) / beta[:, None, None])
        total = weight.sum(axis=2)
        policy[:, t] = weight / total[:, :, None]
        value[:, t] = np.where(task.terminal, 0.0, top[:, :, 0] + beta[:, None] * np.log(total))
    return Soft(beta, policy, value)


def greedy_limit(task: TabularTask) -> tuple[Floats, Floats]:
    """The KL oracle as β → 0: the best return, and of all ways to it the one nearest to the base.

    Among actions of equal best value it chooses in proportion to π0 exp(c), where c is the
    expected logarithm of the base's share of best play from the next state on: the second term of
    V_t(s) = V*_t(s) + β c_t(s) + ….

    Returns:
        policy [H, N, A] and V* [H + 1, N], the best return to go within the base's support.
    """
    successor, expected = _one_step(task)
    value = np.zeros((task.horizon + 1, task.states))
    share = np.zeros_like(value)
    policy = np.empty((task.horizon, task.states, task.actions))
    for t in reversed(range(task.horizon)):
        q = (expected + successor @ value[t + 1]).reshape(task.states, task.actions)
        q = np.where(task.base > 0, q, -np.inf)
        best = q.max(axis=1)
        tied = q >= (best - TIE * np.maximum(1.0, np.abs(best)))[:, None]
        c = (successor @ share[t + 1]).reshape(task.states, task.actions)
        top = np.max(np.where(tied, c, -np.inf), axis=1)
        weight = np.where(tied, task.base * np.exp(np.minimum(c - top[:, None], 0.0)), 0.0)
        total = weight.sum(axis=1)
        policy[t] = weight / total[:, None]
        value[t] = np.where(task.terminal, 0.0, best)
        share[t] = np.where(task.terminal, 0.0, top + np.log(total))
    return policy, value


def _one_step(task: TabularTask) -> tuple[Matrix, Floats]:
    """P(s'|s, a) as a sparse [N * A, N] matrix, and E[r|s, a] as [N * A]."""
    edges = Transitions.of(task)
    return edges.matrix(task), edges.expected_reward(task)
