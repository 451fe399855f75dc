"""Answers by listing every trajectory of a small task: slow, obvious, sharing no code with the oracles."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.tasks.tabular import TabularTask

Policy = Callable[[int, int, float], np.ndarray]  # (time, state, reward gathered) to action probabilities


@dataclass
class Trajectory:
    steps: list[tuple[int, int, float]] = field(default_factory=list)  # (state, action, reward)
    last: int = 0
    chance: float = 1.0  # of the start and of the transitions, the policy left out

    @property
    def total(self) -> float:
        return sum(reward for _, _, reward in self.steps)

    def gathered(self, t: int) -> float:
        return sum(reward for _, _, reward in self.steps[:t])

    def probability(self, policy: Policy) -> float:
        p = self.chance
        for t, (state, action, _) in enumerate(self.steps):
            p *= float(policy(t, state, self.gathered(t))[action])
        return p


def trajectories(task: TabularTask) -> Iterator[Trajectory]:
    """Every sequence of actions and chances that can happen, in no useful order."""
    for state in range(task.states):
        if task.start[state] > 0:
            yield from _extend(task, Trajectory([], state, float(task.start[state])))


def _extend(task: TabularTask, so_far: Trajectory) -> Iterator[Trajectory]:
    if task.terminal[so_far.last] or len(so_far.steps) == task.horizon:
        yield so_far
        return
    for action in range(task.actions):
        for branch in range(task.probability.shape[2]):
            at = (so_far.last, action, branch)
            if task.probability[at] > 0:
                step = (so_far.last, action, float(task.reward[at]))
                chance = so_far.chance * float(task.probability[at])
                yield from _extend(task, Trajectory([*so_far.steps, step], int(task.next_state[at]), chance))


def base_policy(task: TabularTask) -> Policy:
    return lambda t, state, gathered: task.base[state]


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sum(np.where(p > 0, p * np.log(p / q), 0.0)))


@dataclass
class Summary:
    returns: dict[float, float]
    outcomes: np.ndarray
    mean: float
    drift: float
    asked: float
    collateral: float
    length: float
    trajectory_entropy: float
    occupancy: np.ndarray


def summarise(task: TabularTask, policy: Policy) -> Summary:
    """What `policy` does, from its definition over trajectories."""
    every = list(trajectories(task))
    p = np.array([path.probability(policy) for path in every])
    q = np.array([path.probability(base_policy(task)) for path in every])
    totals = np.array([round(path.total, 9) for path in every])
    outcomes = np.zeros(len(task.outcome_names) + 1)
    occupancy = np.zeros((task.states, task.actions))
    for path, chance in zip(every, p, strict=True):
        outcomes[task.outcome[path.last]] += chance  # -1, none, is the last
        for state, action, _ in path.steps:
            occupancy[state, action] += chance
    asked, collateral = 0.0, 0.0
    for total in np.unique(totals):
        here = totals == total
        if p[here].sum() > 0:
            asked += p[here].sum() * math.log(p[here].sum() / q[here].sum())
            collateral += p[here].sum() * divergence(p[here] / p[here].sum(), q[here] / q[here].sum())
    choice = np.array(
        [
            sum(math.log(policy(t, s, path.gathered(t))[a]) for t, (s, a, _) in enumerate(path.steps))
            if chance > 0
            else 0.0
            for path, chance in zip(every, p, strict=True)
        ]
    )
    return Summary(
        returns={float(total): float(p[totals == total].sum()) for total in np.unique(totals)},
        outcomes=outcomes,
        mean=float(p @ totals),
        drift=divergence(p, q),
        asked=asked,
        collateral=collateral,
        length=float(p @ np.array([len(path.steps) for path in every])),
        trajectory_entropy=float(-(p @ choice)),
        occupancy=occupancy,
    )


def random_task(seed: int, *, deterministic: bool = False, unit: float = 1.0) -> TabularTask:
    """A small task with nothing regular about it: loops, several starts, negative rewards."""
    random = np.random.default_rng(seed)
    states, actions = int(random.integers(3, 6)), int(random.integers(2, 4))
    branches = 1 if deterministic else int(random.integers(1, 3))
    horizon = int(random.integers(1, 4 if branches > 1 else 5))
    shape = (states, actions, branches)
    terminal = np.zeros(states, dtype=bool)
    terminal[states - int(random.integers(1, states - 1)) :] = True
    start = np.where(terminal, 0.0, random.random(states) * (random.random(states) < 0.7))
    start[0] += 0.1
    if deterministic:
        start = np.eye(states)[0]
    probability = random.dirichlet(np.ones(branches), size=(states, actions))
    outcome = np.full(states, -1)
    outcome[terminal] = np.arange(terminal.sum())
    return TabularTask(
        name="random",
        help="",
        horizon=horizon,
        next_state=random.integers(states, size=shape),
        probability=probability,
        reward=random.integers(-1, 3, size=shape) * unit,
        terminal=terminal,
        start=start / start.sum(),
        base=random.dirichlet(np.ones(actions), size=states),
        outcome=outcome,
        outcome_names=tuple(f"end {i}" for i in range(terminal.sum())),
        action_names=tuple("abc"[:actions]),
        state_names=tuple(str(i) for i in range(states)),
        reward_unit=unit,
    )


def bandit(rewards: list[float], base: list[float]) -> TabularTask:
    """One state, one decision; each arm ends the episode in an outcome of its own."""
    arms = len(rewards)
    next_state = np.zeros((arms + 1, arms, 1), dtype=np.int64)
    next_state[0, :, 0] = np.arange(1, arms + 1)
    reward = np.zeros((arms + 1, arms, 1))
    reward[0, :, 0] = rewards
    terminal = np.arange(arms + 1) > 0
    return TabularTask(
        name="bandit",
        help="",
        horizon=1,
        next_state=next_state,
        probability=np.ones_like(reward),
        reward=reward,
        terminal=terminal,
        start=np.eye(arms + 1)[0],
        base=np.tile(base, (arms + 1, 1)),
        outcome=np.arange(arms + 1) - 1,
        outcome_names=tuple(f"arm {i}" for i in range(arms)),
        action_names=tuple(f"arm {i}" for i in range(arms)),
        state_names=tuple(str(i) for i in range(arms + 1)),
    )
