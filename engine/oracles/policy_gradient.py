"""The exact policy gradient of a softmax table, by dynamic programming, and its natural form."""

from dataclasses import dataclass

import numpy as np

from engine.oracles.transitions import Transitions
from engine.tasks.tabular import Floats, TabularTask

RARE = 1e-300


@dataclass(frozen=True)
class Gradient:
    """Of J = E[R] in the logits θ[t, s, a] of π(a|s, t) ∝ exp θ. Every array is [B, H, N, A] but the first.

    Attributes:
        value: [B] J, reward units.
        advantage: A_t(s, a) = Q_t(s, a) − V_t(s), reward units.
        vanilla: ∂J/∂θ = d_t(s) π(a|s, t) A_t(s, a) (1999, policy gradient theorem).
        natural: F⁺ ∂J/∂θ, up to a constant in each context: the advantage, where the policy ever is
            (1908.00261, lemma 15).
    """

    value: Floats
    advantage: Floats
    vanilla: Floats
    natural: Floats


def policy_gradient(task: TabularTask, policy: Floats) -> Gradient:
    """The gradients at policies [B, H, N, A].

    With one logit for all times, [N, A], the gradient is the sum of `vanilla` over the times.
    """
    edges = Transitions.of(task)
    successor, expected = edges.matrix(task), edges.expected_reward(task)
    batch, horizon, states, actions = policy.shape
    live = ~task.terminal
    value = np.zeros((batch, states))
    advantage = np.zeros(policy.shape)
    for t in reversed(range(horizon)):
        q = (expected + (successor @ value.T).T).reshape(batch, states, actions)
        value = np.where(live, (policy[:, t] * q).sum(axis=-1), 0.0)
        advantage[:, t] = np.where(live[:, None], q - value[:, :, None], 0.0)
    visits = np.zeros(policy.shape[:3])
    here = np.broadcast_to(task.start, (batch, states)).copy()
    for t in range(horizon):
        visits[:, t] = np.where(live, here, 0.0)
        flow = (visits[:, t, :, None] * policy[:, t]).reshape(batch, -1)
        here = np.asarray(successor.T @ flow.T).T
    return Gradient(
        value=np.asarray(value @ task.start),
        advantage=advantage,
        vanilla=visits[..., None] * policy * advantage,
        natural=np.where(visits[..., None] > RARE, advantage, 0.0),
    )
