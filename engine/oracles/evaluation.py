"""Exact evaluation: everything about a policy's episodes without sampling one.

The state of an episode that a return-conditioned policy can see is (state, reward gathered so far,
time). Pushing its distribution forward, one sparse product a step, gives every number below.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from engine.metrics import modes
from engine.metrics.drift import collateral
from engine.metrics.histogram import nearest
from engine.metrics.information import TINY, entropy, kl
from engine.oracles.transitions import Matrix, Transitions, reachable
from engine.tasks.tabular import Floats, Integers, TabularTask

SUM_TOLERANCE = 1e-3  # float32 policies are renormalised; anything further off is no policy


@dataclass(frozen=True)
class Evaluation:
    """What a batch of policies does. Every array begins with the axes [B] or, where conditioned, [B, T].

    Attributes:
        values: [R] possible returns, ascending, reward units; the same for every policy of a task.
        returns: [..., R] P(return).
        outcomes: [..., O + 1] P(outcome); the last entry is "none".
        mean: [...] expected return, reward units.
        drift: [...] total drift D = KL(p_π(τ)‖p_0(τ)) = Σ_t E_π KL(π‖π0), nats; infinite where the
            policy does what the base never does.
        asked: [...] KL(p_π(R)‖p_0(R)), nats; infinite where the base never reaches a return that
            the policy reaches.
        length: [...] expected number of actions.
        trajectory_entropy: [...] Σ_t E_π H(π(·|s_t)), nats.
        occupancy: [..., N, A] expected number of times each action is taken in each state.
        node_policy, node_entropy, node_visits: [H, M, A, ...], [H, M, ...], [H, M, ...] the policy
            as it acts, its entropy, and the probability of being there, at every node (see
            :class:`ExactEvaluator`). These trail the batch axes, T before B.
    """

    values: Floats
    returns: Floats
    outcomes: Floats
    mean: Floats
    drift: Floats
    asked: Floats
    length: Floats
    trajectory_entropy: Floats
    occupancy: Floats
    node_policy: Floats
    node_entropy: Floats
    node_visits: Floats

    def item(self, *index: int) -> "Evaluation":
        """The evaluation of one policy (and target) of the batch: the axes [B] (or [B, T]) are gone."""
        trailing: Any = (..., *reversed(index))
        return Evaluation(
            values=self.values,
            returns=self.returns[index],
            outcomes=self.outcomes[index],
            mean=self.mean[index],
            drift=self.drift[index],
            asked=self.asked[index],
            length=self.length[index],
            trajectory_entropy=self.trajectory_entropy[index],
            occupancy=self.occupancy[index],
            node_policy=self.node_policy[trailing],
            node_entropy=self.node_entropy[trailing],
            node_visits=self.node_visits[trailing],
        )

    @property
    def collateral(self) -> Floats:
        """[...] drift − asked, nats; NaN (undefined) where both are infinite."""
        return collateral(self.drift, self.asked)

    @property
    def action_entropy(self) -> Floats:
        """[...] H(π(·|s)) averaged over the policy's own actions, nats."""
        return np.asarray(self.trajectory_entropy / self.length)

    @property
    def occupancy_entropy(self) -> Floats:
        """[...] entropy of d(s, a), the share of its actions that the policy takes as a in s, nats."""
        share = self.occupancy / self.length[..., None, None]
        return entropy(share.reshape(*share.shape[:-2], -1))

    @property
    def success(self) -> Floats:
        """[...] probability of ending in an outcome."""
        return modes.success(self.outcomes)

    @property
    def effective_outcomes(self) -> Floats:
        """[...] exp of the entropy over outcomes of episodes that end in one; NaN where none does."""
        return modes.effective_modes(self.outcomes)


class ExactEvaluator:
    """Exact evaluation of any policy that depends on (state, time, return still to go).

    What depends on the task alone is computed here, once. A *node* is a state that is not terminal
    together with the reward gathered on the way to it, reachable from the start by any actions.

    Attributes:
        task: the task.
        node_state: [M] state of each node.
        node_gathered: [M] reward gathered, reward units.
        values: [R] possible returns, ascending, reward units.
        base: the evaluation of the base policy (arrays without a batch axis).
    """

    def __init__(self, task: TabularTask) -> None:
        self.task = task
        edges = Transitions.of(task)
        started = np.flatnonzero(task.start)
        pairs = reachable(task, edges.source, edges.target, edges.gain, started)
        ended = task.terminal[pairs.state]
        node = np.flatnonzero(~ended)
        self.node_state: Integers = pairs.state[node]
        self.node_gathered: Floats = np.asarray(pairs.value[node] * task.reward_unit, dtype=np.float64)

        # Of every node: its outgoing transitions, as entries (next pair, node * A + action).
        first = np.searchsorted(edges.source, self.node_state, "left")
        degree = np.searchsorted(edges.source, self.node_state, "right") - first
        edge = np.repeat(first - (np.cumsum(degree) - degree), degree) + np.arange(degree.sum())
        origin = np.repeat(np.arange(len(node)), degree)
        into = pairs.find(edges.target[edge], pairs.value[node][origin] + edges.gain[edge])
        # Pairs first met at the horizon have no known successors, and no action is taken there.
        known = into >= 0
        push: Matrix = sparse.csr_array(
            (
                edges.probability[edge][known],
                (into[known], (origin * task.actions + edges.action[edge])[known]),
            ),
            shape=(len(pairs.state), len(node) * task.actions),
        )
        self._live, self._end = push[node], push[np.flatnonzero(ended)]

        begin = np.zeros(len(pairs.state))
        begin[pairs.find(started, np.zeros_like(started))] = task.start[started]
        self._begin = begin[node]

        # Final pairs, live at the horizon or ended before, to returns and outcomes in one product.
        final = np.concatenate([node, np.flatnonzero(ended)])
        steps, place = np.unique(pairs.value, return_inverse=True)
        self.values: Floats = np.asarray(steps * task.reward_unit, dtype=np.float64)
        outcomes = len(task.outcome_names)
        outcome = task.outcome[pairs.state[final]]
        self._final_return: Integers = place[final]
        self._final_outcome: Integers = np.where(outcome < 0, outcomes, outcome)
        self._sort: Matrix = sparse.csr_array(
            (
                np.ones(2 * len(final)),
                (
                    np.concatenate([self._final_return, len(steps) + self._final_outcome]),
                    np.tile(np.arange(len(final)), 2),
                ),
            ),
            shape=(len(steps) + outcomes + 1, len(final)),
        )
        self._by_state: Matrix = sparse.csr_array(
            (np.ones(len(node)), (self.node_state, np.arange(len(node)))), shape=(task.states, len(node))
        )

        self._forbidden = task.base[self.node_state] <= 0  # [M, A]
        self._log_base = np.log(np.where(self._forbidden, 1.0, task.base[self.node_state]))
        base = np.broadcast_to(task.base, (1, task.horizon, *task.base.shape))
        self.base_returns: Floats = self.base_joint.sum(axis=1)
        self.base: Evaluation = self.evaluate(base).item(0)

    def levels_for(self, targets: Floats) -> Floats:
        """The returns to go that an agent asked for `targets` [T] can come to act on, ascending.

        A policy table over exactly these levels is evaluated without any rounding.
        """
        wanted = np.asarray(targets, dtype=np.float64)[:, None] - np.unique(self.node_gathered)
        # Equal returns to go that were reached by different sums differ in the last bits only.
        return np.unique(np.round(wanted, 9))

    def evaluate(
        self, policy: Floats, levels: Floats | None = None, targets: Floats | None = None
    ) -> Evaluation:
        """Evaluate a batch of policies.

        Args:
            policy: [B, H, N, A], or [B, G, H, N, A] for policies that are asked for a return. Sums
                over A may miss 1 by float32's rounding and are renormalised.
            levels: [G] the return to go of each table, ascending, reward units.
            targets: [T] returns asked for at the start. Acting takes off what was gathered and uses
                the nearest level.

        Returns:
            Axes [B], or [B, T] where `levels` are given.

        Raises:
            ValueError: when shapes disagree or a policy is no distribution.
        """
        policy = np.asarray(policy)
        nodes = self.at_nodes(policy, levels, targets)
        batch = (len(policy),) if levels is None else (len(policy), nodes.shape[3])
        return self.evaluate_nodes(nodes, batch)

    def at_nodes(self, policy: Floats, levels: Floats | None = None, targets: Floats | None = None) -> Floats:
        """The policy where it acts: [H, M, A, B] or [H, M, A, T, B]. Arguments as in `evaluate`."""
        task = self.task
        if (levels is None) != (targets is None):
            raise ValueError("levels and targets go together")
        expected = (task.horizon, task.states, task.actions)
        if levels is None or targets is None:
            if policy.ndim != 4 or policy.shape[1:] != expected:
                raise ValueError(f"policy has shape {policy.shape}; expected (batch, *{expected})")
            nodes = policy[:, :, self.node_state].transpose(1, 2, 3, 0).astype(np.float64)
        else:
            if policy.ndim != 5 or policy.shape[1:] != (len(levels), *expected):
                raise ValueError(
                    f"policy has shape {policy.shape}; expected (batch, {len(levels)}, *{expected})"
                )
            if np.any(np.diff(levels) <= 0):
                raise ValueError(f"levels are {levels}; expected ascending")
            level = nearest(np.asarray(levels), np.asarray(targets) - self.node_gathered[:, None])  # [M, T]
            # One gather, [M, T, B, H, A], of what is needed of a table that may be far larger.
            gathered = policy[:, level, :, self.node_state[:, None]]
            nodes = gathered.transpose(3, 0, 4, 1, 2).astype(np.float64, order="C")
        total = nodes.sum(axis=2, keepdims=True)
        if np.any(np.abs(total - 1) > SUM_TOLERANCE):  # NaN passes, and makes every number NaN
            raise ValueError("a policy does not sum to 1 over its actions")
        nodes /= total
        return nodes

    @cached_property
    def base_joint(self) -> Floats:
        """[R, O + 1] P(return, outcome) of an episode of the base; the last outcome is none."""
        base = np.broadcast_to(self.task.base, (1, self.task.horizon, *self.task.base.shape))
        final = self._forward(self.at_nodes(base))[2][:, 0]
        shape = (len(self.values), len(self.task.outcome_names) + 1)
        joint: Floats = np.zeros(shape)
        np.add.at(joint, (self._final_return, self._final_outcome), final)
        return joint

    def _forward(self, nodes: Floats) -> tuple[Floats, Floats, Floats]:
        """Push the start forward: visits [H, M, X], flow [M, A, X] and the probability [F, X] of every end.

        `nodes` is [H, M, A, X].
        """
        horizon, count, actions, batch = nodes.shape
        visits = np.empty((horizon, count, batch))
        flow = np.zeros((count, actions, batch))
        here = np.repeat(self._begin[:, None], batch, axis=1)
        for t in range(horizon):
            visits[t] = here
            step = here[:, None, :] * nodes[t]
            flow += step
            here = self._live @ step.reshape(count * actions, batch)
        ended = self._end @ flow.reshape(count * actions, batch)
        return visits, flow, np.concatenate([here, ended])

    def evaluate_nodes(self, nodes: Floats, batch: tuple[int, ...]) -> Evaluation:
        """Evaluate policies given at the nodes, [H, M, A, (T,) B]; `batch` is (B, T) or (B,)."""
        task = self.task
        flat = nodes.reshape(*nodes.shape[:3], -1)
        visits, flow, final = self._forward(flat)
        sums: Floats = np.asarray(self._sort @ final)
        logs = np.log(np.maximum(flat, TINY))
        node_entropy = -np.einsum("tmax,tmax->tmx", flat, logs)
        total_entropy = np.einsum("tmx,tmx->x", visits, node_entropy)
        logs -= self._log_base[:, :, None]
        drift = np.einsum("tmx,tmx->x", visits, np.einsum("tmax,tmax->tmx", flat, logs))
        drift[np.any(flow[self._forbidden] > 0, axis=0)] = np.inf
        occupancy = np.asarray(self._by_state @ flow.reshape(len(flow), -1)).reshape(*task.base.shape, -1)

        def leading(array: Floats) -> Floats:
            """[..., X] to [B, ...] or [B, T, ...]: the batch was the last axis, T before B."""
            wide = array.reshape(*array.shape[:-1], *reversed(batch))
            kept = tuple(range(array.ndim - 1))
            return wide.transpose(*reversed(range(array.ndim - 1, wide.ndim)), *kept)

        returns = leading(sums[: len(self.values)])
        return Evaluation(
            values=self.values,
            returns=returns,
            outcomes=leading(sums[len(self.values) :]),
            mean=returns @ self.values,
            drift=leading(drift),
            asked=kl(returns, self.base_returns),
            length=leading(flow.sum(axis=(0, 1))),
            trajectory_entropy=leading(total_entropy),
            occupancy=leading(occupancy),
            node_policy=nodes,
            node_entropy=node_entropy.reshape(*node_entropy.shape[:2], *reversed(batch)),
            node_visits=visits.reshape(*visits.shape[:2], *reversed(batch)),
        )
