"""The transitions of a task as flat lists and sparse matrices, and which returns they can add up to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from engine.tasks import size
from engine.tasks.tabular import Floats, Integers, TabularTask

Matrix = sparse.csr_array[np.float64, tuple[int, int]]


@dataclass(frozen=True)
class Transitions:
    """Every transition of positive probability out of a state that is not terminal. Each array is [X].

    Attributes:
        source, action, target: state, action, next state.
        gain: reward in whole steps of the return grid.
        probability: P(target, gain | source, action).
    """

    source: Integers
    action: Integers
    target: Integers
    gain: Integers
    probability: Floats

    @classmethod
    def of(cls, task: TabularTask) -> "Transitions":
        """List them, ordered by source."""
        source, action, branch = np.nonzero((task.probability > 0) & ~task.terminal[:, None, None])
        gain = np.rint(task.reward / task.reward_unit).astype(np.int64)
        at = (source, action, branch)
        return cls(source, action, task.next_state[at], gain[at], task.probability[at])

    def matrix(self, task: TabularTask, which: NDArray[np.bool_] | slice = slice(None)) -> Matrix:
        """P(s' | s, a) as a sparse [N * A, N] matrix, of all transitions or of some."""
        rows = (self.source * task.actions + self.action)[which]
        shape = (task.states * task.actions, task.states)
        return sparse.csr_array((self.probability[which], (rows, self.target[which])), shape=shape)

    def by_gain(self, task: TabularTask) -> dict[int, Matrix]:
        """For each distinct gain the part of :meth:`matrix` that pays it."""
        return {int(gain): self.matrix(task, self.gain == gain) for gain in np.unique(self.gain)}

    def expected_reward(self, task: TabularTask) -> Floats:
        """E[r | s, a], [N * A] in reward units."""
        rows = self.source * task.actions + self.action
        total = np.bincount(rows, self.probability * self.gain, minlength=task.states * task.actions)
        return np.asarray(total * task.reward_unit, dtype=np.float64)


@dataclass(frozen=True)
class Pairs:
    """A set of (state, value) pairs that can be looked up. `value` is in steps of the return grid.

    Attributes:
        state, value: [M], ordered by state, then value.
    """

    state: Integers
    value: Integers
    _codes: Integers
    _low: int
    _span: int

    def find(self, state: Integers, value: Integers) -> Integers:
        """Index of each pair, -1 where it is not in the set. Shapes broadcast."""
        codes = state * self._span + (value - self._low)
        place = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        return np.where(self._codes[place] == codes, place, -1)


def check_size(task: TabularTask, levels: int) -> None:
    """Refuse tables over so many return levels where they would be too large (see `size`)."""
    size.check(
        f"task {task.name}",
        {"steps": task.horizon, "states": task.states, "actions": task.actions, "return levels": levels},
    )


def reachable(task: TabularTask, tail: Integers, head: Integers, gain: Integers, first: Integers) -> Pairs:
    """All (state, sum of gains) met within the horizon from (first, 0) along edges tail → head.

    Read forwards (tail = source) it gives the rewards an agent may have gathered in a state; read
    backwards (tail = target, first = every state) the returns still to go from it.

    Args:
        tail, head, gain: [X] edges.
        first: states to begin at.

    Raises:
        UserError: as soon as there are more pairs than tables over them may have.
    """
    steps = task.horizon
    check_size(task, 1)
    order = np.argsort(tail, kind="stable")
    tail, head, gain = tail[order], head[order], gain[order]
    low = int(min(gain.min(initial=0), 0)) * steps
    span = int(max(gain.max(initial=0), 0)) * steps - low + 1
    known = np.unique(first * span - low)
    fresh = known
    for _ in range(steps):
        state, value = fresh // span, fresh % span
        begin, end = np.searchsorted(tail, state, "left"), np.searchsorted(tail, state, "right")
        degree = end - begin
        size.check(f"task {task.name}", {"transitions from states with different returns": int(degree.sum())})
        # Edge numbers of all fresh pairs, one ragged row a pair, laid end to end.
        edges = np.repeat(begin - (np.cumsum(degree) - degree), degree) + np.arange(degree.sum())
        fresh = np.setdiff1d(head[edges] * span + np.repeat(value, degree) + gain[edges], known)
        if not len(fresh):
            break
        known = np.union1d(known, fresh)
        check_size(task, -(-len(known) // task.states))
    return Pairs(known // span, known % span + low, known, low, span)
