"""The return-to-go table: how likely the base is to gather return g from here on."""

from functools import cached_property

import numpy as np

from engine.oracles.transitions import Transitions, check_size, reachable
from engine.tasks.tabular import Floats, Integers, TabularTask

ON_GRID = 1e-6  # how far from a whole number of grid steps a return may be and still count as one


class ReturnToGo:
    """W_t(s, g) = P_0(G_t = g | s_t = s), by backward recursion.

    W_H(s, g) = 1[g = 0]; Q_t(s, a, g) = Σ_{s', r} P(s', r | s, a) W_{t+1}(s', g − r);
    W_t(s, g) = Σ_a π0(a|s) Q_t(s, a, g). In a terminal state nothing more is gathered.

    Only returns that some state can reach are held, not the whole range between the smallest and
    the largest, so that payments of 1 and .000001 cost no more than 1 and 2.
    """

    def __init__(self, task: TabularTask) -> None:
        self.task = task
        edges = Transitions.of(task)
        pairs = reachable(task, edges.target, edges.source, edges.gain, np.arange(task.states))
        self._steps: Integers = np.unique(pairs.value)
        check_size(task, len(self._steps))
        self._matrices = edges.by_gain(task)

    @property
    def values(self) -> Floats:
        """[G] the returns to go that can occur, ascending, reward units."""
        return np.asarray(self._steps * self.task.reward_unit, dtype=np.float64)

    @cached_property
    def supported(self) -> Floats:
        """The returns that the base reaches from its start with positive probability, ascending."""
        return np.asarray(self.values[self.task.start @ self.table[0] > 0])

    @cached_property
    def table(self) -> Floats:
        """W [H + 1, N, G], G along :attr:`values`."""
        task = self.task
        w = np.zeros((task.horizon + 1, task.states, len(self._steps)))
        w[-1, :, self._position(np.array([0]))[0]] = 1.0
        w[:, task.terminal] = w[-1, task.terminal]
        live = ~task.terminal
        for t in reversed(range(task.horizon)):
            q = self._action_values(w[t + 1], self._steps)
            w[t, live] = np.einsum("na,nag->ng", task.base[live], q[live])
        return w

    def at(self, levels: Floats) -> Floats:
        """W at any returns [G'] (reward units): [H + 1, N, G']; 0 for returns that cannot occur."""
        place = self._position(self._in_steps(levels))
        return np.where(place >= 0, self.table[:, :, place], 0.0)

    def action_values(self, t: int, levels: Floats) -> Floats:
        """Q_t(s, a, g) at any returns [G'] (reward units): [N, A, G']; 0 in terminal states."""
        return self._action_values(self.table[t + 1], self._in_steps(levels))

    def _action_values(self, following: Floats, steps: Integers) -> Floats:
        """Σ_r P_r W_{t+1}(·, g − r), one sparse product for each distinct reward."""
        q = np.zeros((self.task.states * self.task.actions, len(steps)))
        for gain, matrix in self._matrices.items():
            place = self._position(steps - gain)
            held = place >= 0
            q[:, held] += np.asarray(matrix @ following[:, place[held]])
        return q.reshape(self.task.states, self.task.actions, len(steps))

    def _position(self, steps: Integers) -> Integers:
        """Index into `values`, -1 where the return cannot occur."""
        place = np.minimum(np.searchsorted(self._steps, steps), len(self._steps) - 1)
        return np.where(self._steps[place] == steps, place, -1)

    def _in_steps(self, levels: Floats) -> Integers:
        """Returns in whole grid steps; one beyond every reachable return where it is off the grid."""
        exact = np.asarray(levels, dtype=np.float64) / self.task.reward_unit
        whole = np.rint(exact)
        impossible = self._steps[-1] + 1 + np.abs(self.task.reward / self.task.reward_unit).max()
        return np.where(np.abs(exact - whole) <= ON_GRID, whole, impossible).astype(np.int64)
