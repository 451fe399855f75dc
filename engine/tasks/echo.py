"""echo: a predictor that learns from what it did itself forgets how to do it well (2205.06595)."""

import numpy as np

from engine.errors import UserError
from engine.tasks.tabular import TabularTask


def echo(alpha: float = 0.9) -> TabularTask:
    """Two goals; the action names one, and with probability α that one is reached.

    The return is the number of the goal reached, so that asking for a return is asking for a goal.

    Raises:
        UserError: when α is no probability.
    """
    if not 0 <= alpha <= 1:
        raise UserError(f"task echo: alpha is {alpha:g}; allowed: 0 to 1")
    probability = np.zeros((3, 2, 2))
    probability[0] = [[alpha, 1 - alpha], [1 - alpha, alpha]]
    probability[1:, :, 0] = 1.0
    next_state = np.zeros((3, 2, 2), dtype=np.int64)
    next_state[0] = [1, 2]
    reward = np.zeros((3, 2, 2))
    reward[0] = [0.0, 1.0]
    return TabularTask(
        name="echo",
        help=(
            "Two goals, 0 and 1. An action names one, and with probability α that one is reached; the return "
            "is the number of the goal. A predictor that gathers its own data credits its slips to the goal "
            "they happened to reach: from the optimal policy, with α = 0.6, it goes to .52 in one round. In "
            "brackets: echo(alpha=0.9)."
        ),
        horizon=1,
        next_state=next_state,
        probability=probability,
        reward=reward,
        terminal=np.array([False, True, True]),
        start=np.array([1.0, 0.0, 0.0]),
        base=np.full((3, 2), 0.5),
        outcome=np.array([-1, 0, 1]),
        outcome_names=("goal 0", "goal 1"),
        action_names=("towards 0", "towards 1"),
        state_names=("the choice", "goal 0", "goal 1"),
    )
