"""stitch: the best half of one demonstration and the best half of another, which nobody showed together."""

import numpy as np

from engine.tasks.mixture import mixture
from engine.tasks.tabular import Floats, TabularTask


def stitch() -> TabularTask:
    """s0 –a(+1)/b(0)→ m –c(+1)/d(0)→ end; the data hold only (a, d) and (b, c), half each."""
    return mixture(
        _steps(),
        [_demonstrator(0, 1), _demonstrator(1, 0)],
        [0.5, 0.5],
        name="stitch",
        demonstrators=("who takes the first", "who takes the second"),
        help=(
            "Two steps; each may pay 1. Every demonstration takes one of the two payments and misses the "
            "other, so a return of 2 is possible and was never seen: RL finds it, and the base's conditional "
            "oracle and a transformer that sees the whole episode are out of support. A predictor that sees "
            "the present state only (RvS) cannot tell the demonstrators apart: asked for 2 it may join the "
            "two halves after all, because it does not remember which it began."
        ),
    )


def _steps() -> TabularTask:
    """The task itself; its base is of no importance."""
    return TabularTask(
        name="steps",
        help="",
        horizon=2,
        next_state=np.array([[[1], [1]], [[2], [2]], [[2], [2]]]),
        probability=np.ones((3, 2, 1)),
        reward=np.array([[[1.0], [0.0]], [[1.0], [0.0]], [[0.0], [0.0]]]),
        terminal=np.array([False, False, True]),
        start=np.array([1.0, 0.0, 0.0]),
        base=np.full((3, 2), 0.5),
        outcome=np.array([-1, -1, 0]),
        outcome_names=("end",),
        action_names=("pays 1", "pays 0"),
        state_names=("first step", "second step", "end"),
    )


def _demonstrator(first: int, second: int) -> Floats:
    """[N, A] one who takes these actions for sure."""
    return np.eye(2)[[first, second, 0]]
