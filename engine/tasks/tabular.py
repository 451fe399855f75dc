"""A finite-horizon Markov decision process small enough to be exact, and what is worth knowing of it.

Everything in the program that is exact is a function of one :class:`TabularTask`.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Rounded = TypeVar("Rounded", bound=Any)  # an array, or a tensor: there is no torch here


@dataclass(frozen=True)
class GridPicture:
    """How to draw a task that lives on a grid.

    Attributes:
        height, width: cells.
        cell: [states] index `row * width + column` of each state's cell.
        walls: cell indices that block.
        moves: [actions, 2] the (row, column) step of each action, for arrows.
    """

    height: int
    width: int
    cell: Integers
    walls: Integers
    moves: Integers


@dataclass(frozen=True)
class Goals:
    """Two returns at once, in one number: parts (x, y), both whole, are worth x + y + y · `step`.

    A return of 3.002 is then the pair (1, 2), and no other: whatever knows returns (tables, oracles,
    targets, calibration) knows pairs. Who is rewarded by that number is paid the sum of both parts,
    and the thousandth part of y on top.

    Attributes:
        names: of the two parts.
        step: width of the return grid, reward units.
    """

    names: tuple[str, str]
    step: float = 1e-3

    def coded(self, first: float, second: float) -> float:
        """One number for a pair, on the return grid."""
        return round(first + second + second * self.step, 9)

    def parts(self, returns: Rounded) -> tuple[Rounded, Rounded]:
        """The pair of each return [...], an array's or a tensor's: the inverse of :meth:`coded`."""
        total = returns.round()
        second = ((returns - total) / self.step).round()
        return total - second, second


@dataclass(frozen=True)
class TabularTask:
    """P(s', r, done | s, a) in branches, a base policy, and names for what matters.

    Axes: N states, A actions, K branches (the most successors any state and action has; 1 in a
    deterministic task). Unused branches have probability 0 and lead to state 0.

    Attributes:
        name: as on the command line.
        help: one paragraph: what the task is for.
        horizon: H, the number of actions in the longest episode.
        next_state: [N, A, K].
        probability: [N, A, K], sums to 1 over K.
        reward: [N, A, K] in reward units, each a whole multiple of `reward_unit`.
        terminal: [N]; an episode ends on entering one. No action is taken there.
        start: [N] distribution of the first state; none of it on terminal states.
        base: [N, A] the base policy π0: it generated the data and a KL penalty refers to it.
        outcome: [N] the outcome an episode has when it *ends* in this state, -1 for none. Outcomes
            are what modes are counted over (the exits of a grid).
        outcome_names: one a outcome.
        action_names: one an action.
        state_names: one a state, for labels.
        reward_unit: width of the return grid.
        picture: how to draw it, if it lives on a grid.
        strings: whether an episode spells a string, one action a letter.
        gold: [N, A] expected reward of what was really wanted, where `reward` is only a proxy of it;
            no learner sees it.
        shown: [N] what a learner sees of each state, as a state number; None where it sees all. Two
            states that look alike differ only in how they were reached (see `mixture`).
        goals: how two returns share one number, for a task with two.

    Raises:
        UserError: where the arrays contradict each other; the message names the entry.
    """

    name: str
    help: str
    horizon: int
    next_state: Integers
    probability: Floats
    reward: Floats
    terminal: NDArray[np.bool_]
    start: Floats
    base: Floats
    outcome: Integers
    outcome_names: tuple[str, ...]
    action_names: tuple[str, ...]
    state_names: tuple[str, ...]
    reward_unit: float = 1.0
    picture: GridPicture | None = field(default=None)
    strings: bool = False
    gold: Floats | None = None
    shown: Integers | None = None
    goals: Goals | None = None

    @property
    def drawn_as(self) -> Literal["grid", "strings", "arms", "table"]:
        """What a picture of the policy looks like: arrows on a grid, letters, bars, or rows of numbers."""
        if self.picture is not None:
            return "grid"
        if self.strings:
            return "strings"
        return "arms" if self.horizon == 1 else "table"

    @property
    def states(self) -> int:
        """N."""
        return int(self.next_state.shape[0])

    @property
    def actions(self) -> int:
        """A."""
        return int(self.next_state.shape[1])

    @property
    def deterministic(self) -> bool:
        """True when no transition is left to chance (a random start is allowed)."""
        return bool(np.all(self.probability.max(axis=2) == 1.0))

    def __post_init__(self) -> None:
        """Refuse what is not a decision process."""
        shape = (self.states, self.actions)
        if self.horizon < 1:
            raise UserError(f"task {self.name}: horizon is {self.horizon}; allowed: whole numbers from 1")
        for what in ("next_state", "probability", "reward"):
            array = getattr(self, what)
            if array.ndim != 3 or array.shape[:2] != shape:
                raise UserError(
                    f"task {self.name}: {what} has shape {array.shape}; expected {(*shape, 'branches')}"
                )
        sums = self.probability.sum(axis=2)
        if np.any(self.probability < 0) or np.any(np.abs(sums - 1) > 1e-9):
            state, action = np.argwhere((np.abs(sums - 1) > 1e-9) | np.any(self.probability < 0, axis=2))[0]
            raise UserError(
                f"task {self.name}: probability[{state}, {action}] sums to {sums[state, action]:g}; "
                "expected 1"
            )
        if np.any((self.next_state < 0) | (self.next_state >= self.states)):
            raise UserError(f"task {self.name}: next_state leaves the range 0 to {self.states - 1}")
        if (
            abs(self.start.sum() - 1) > 1e-9
            or np.any(self.start < 0)
            or np.any(self.start[self.terminal] > 0)
        ):
            raise UserError(
                f"task {self.name}: start must be a distribution over states that are not terminal"
            )
        if (
            self.base.shape != shape
            or np.any(self.base < 0)
            or np.any(np.abs(self.base.sum(axis=1) - 1) > 1e-9)
        ):
            raise UserError(
                f"task {self.name}: base must be a distribution over {self.actions} actions in every state"
            )
        if self.gold is not None and self.gold.shape != shape:
            raise UserError(f"task {self.name}: gold has shape {self.gold.shape}; expected {shape}")
        if self.shown is not None and (
            self.shown.shape != shape[:1] or np.any((self.shown < 0) | (self.shown >= self.states))
        ):
            raise UserError(f"task {self.name}: shown must name a state for each of {self.states} states")
        levels = self.reward / self.reward_unit
        if np.any(np.abs(levels - np.round(levels)) > 1e-6):
            raise UserError(
                f"task {self.name}: a reward is not a multiple of the return grid's width "
                f"{self.reward_unit:g}"
            )


def traps(task: TabularTask, visits: Floats) -> Integers:
    """Cells of the picture in which an episode ends and no outcome is reached, ascending; `visits` [N] says
    which states are met at all, for in a cell that can be acted in nothing but the time ends an episode."""
    assert task.picture is not None
    cell, met = task.picture.cell, visits > 0
    ends = np.unique(cell[task.terminal & (task.outcome < 0)])
    others = cell[(~task.terminal & met) | (task.terminal & (task.outcome >= 0))]
    return np.setdiff1d(ends, np.concatenate([others, task.picture.walls]))
