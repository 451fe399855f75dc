"""Small tasks and learners for the tests of this folder."""

from collections.abc import Mapping

import numpy as np
import torch

from engine.learners.base import Learner
from engine.learners.knobs import make
from engine.learners.registry import LEARNERS
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams
from engine.tasks.tabular import TabularTask
from engine.tasks.tabular_environment import TabularEnvironment

CPU = torch.device("cpu")

# As in a run. With more, one large product is shared out differently from several, with other last bits.
torch.set_num_threads(1)


def bandit(rewards: list[float], base: list[float], unit: float = 1.0) -> TabularEnvironment:
    """One decision, one arm a reward, then the end."""
    arms = len(rewards)
    reward = np.zeros((2, arms, 1))
    reward[0, :, 0] = rewards
    return TabularEnvironment(
        TabularTask(
            name="bandit",
            help="",
            horizon=1,
            next_state=np.ones((2, arms, 1), dtype=np.int64),
            probability=np.ones((2, arms, 1)),
            reward=reward,
            terminal=np.array([False, True]),
            start=np.array([1.0, 0.0]),
            base=np.tile(base, (2, 1)),
            outcome=np.array([-1, -1]),
            outcome_names=(),
            action_names=tuple(f"arm {arm}" for arm in range(arms)),
            state_names=("start", "end"),
            reward_unit=unit,
        ),
        CPU,
    )


def two_doors() -> TabularEnvironment:
    """Two choices of three, from 0 to 1 or 2 and on to the end; it pays only to choose differently.

    State 1 is reached by actions 0 and 1, state 2 by action 2. Return 1: leave 1 by action 2 or 2
    by action 0 or 1; everything else 0.
    """
    next_state = np.zeros((4, 3, 1), dtype=np.int64)
    next_state[0, :, 0] = [1, 1, 2]
    next_state[1:] = 3
    reward = np.zeros((4, 3, 1))
    reward[1, 2] = reward[2, 0] = reward[2, 1] = 1.0
    task = TabularTask(
        name="two doors",
        help="",
        horizon=2,
        next_state=next_state,
        probability=np.ones((4, 3, 1)),
        reward=reward,
        terminal=np.array([False, False, False, True]),
        start=np.array([1.0, 0, 0, 0]),
        base=np.tile([0.5, 0.2, 0.3], (4, 1)),
        outcome=np.array([-1, -1, -1, -1]),
        outcome_names=(),
        action_names=("a", "b", "c"),
        state_names=("0", "1", "2", "end"),
    )
    return TabularEnvironment(task, CPU)


def learner(
    name: str, environment: Environment, seeds: tuple[int, ...], knobs: Mapping[str, object] | None = None
) -> Learner:
    """A learner as a run makes it."""
    kind = LEARNERS[name]
    return kind(environment, make(kind.Knobs, knobs or {}), Streams(seeds, "train", CPU), CPU)
