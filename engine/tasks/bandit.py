"""Tasks of a single choice: arms, what each may pay, and what the data's demonstrator does."""

from collections.abc import Sequence

import numpy as np

from engine.errors import UserError
from engine.tasks.tabular import Floats, TabularTask

Payment = Sequence[tuple[float, float]]  # (reward, probability) pairs whose probabilities sum to 1


def bandit_task(
    name: str,
    help: str,
    arms: Sequence[str],
    payments: Sequence[Payment],
    base: Sequence[float] | Floats,
    *,
    winning: Sequence[int],
    reward_unit: float = 1.0,
    gold: Floats | None = None,
) -> TabularTask:
    """State 0 is the choice; pulling arm i ends the episode in state 1 + i.

    Args:
        payments: what each arm pays, reward units.
        base: [A] the demonstrator's choice.
        winning: the arms that count as outcomes: modes are counted over them.
        gold: [A] what each arm is really worth, where its payment is only a proxy.
    """
    count, branches = len(arms), max(map(len, payments))
    shape = (count + 1, count, branches)
    next_state = np.zeros(shape, dtype=np.int64)
    probability, reward = np.zeros(shape), np.zeros(shape)
    probability[1:, :, 0] = 1.0  # nobody acts in a terminal state
    for arm, payment in enumerate(payments):
        next_state[0, arm] = 1 + arm
        reward[0, arm, : len(payment)] = [value for value, _ in payment]
        probability[0, arm, : len(payment)] = [chance for _, chance in payment]
    policy = np.full(shape[:2], 1 / count)
    policy[0] = base
    outcome = np.full(count + 1, -1)
    outcome[[1 + arm for arm in winning]] = np.arange(len(winning))
    worth = None
    if gold is not None:
        worth = np.zeros(shape[:2])
        worth[0] = gold
    terminal = np.arange(count + 1) > 0
    return TabularTask(
        name=name,
        help=help,
        horizon=1,
        next_state=next_state,
        probability=probability,
        reward=reward,
        terminal=terminal,
        start=(~terminal).astype(np.float64),
        base=policy,
        outcome=outcome,
        outcome_names=tuple(arms[arm] for arm in winning),
        action_names=tuple(arms),
        state_names=("the choice", *(f"after {arm}" for arm in arms)),
        reward_unit=reward_unit,
        gold=worth,
    )


def chosen(name: str, probabilities: Sequence[float]) -> Floats:
    """[A] the probabilities, if they are a distribution.

    Raises:
        UserError: when they are not.
    """
    if min(probabilities) < 0 or abs(sum(probabilities) - 1) > 1e-9:
        listed = ", ".join(f"{value:g}" for value in probabilities)
        raise UserError(f"task {name}: probabilities {listed}; allowed: from 0, and 1 in all")
    return np.array(probabilities)
