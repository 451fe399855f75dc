"""A tabular task, stepped as tensors: gathers over (seed, episode), no loop over either."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.arithmetic import Array, arithmetic
from engine.tasks.environment import Environment, Simulation, Step
from engine.tasks.streams import Streams
from engine.tasks.tabular import Floats, TabularTask

MOST_LEVELS = 33


@dataclass(frozen=True)
class Branching:
    """What actions lead to, of every state and action `width` branches, a power of two: [N * A * width] each.

    Attributes:
        edges: float32, the probability of this branch and those before it; 1 of the last and of those added.
            No number of [0, 1) is beyond it.
        next_state: int64.
        reward: float32.
    """

    width: int
    edges: Tensor
    next_state: Tensor
    reward: Tensor

    @classmethod
    def of(cls, next_state: Tensor, reward: Tensor, probability: Tensor) -> "Branching":
        """From [N * A, K] each."""
        branches = probability.shape[1]
        width = 1 << (branches - 1).bit_length()
        cumulative = probability.double().cumsum(dim=1)
        edges = (cumulative / cumulative[:, -1:]).float()
        columns = (
            functional.pad(table, (0, width - branches), value=beyond).flatten()
            for table, beyond in ((edges, 1.0), (next_state, 0), (reward, 0.0))
        )
        return cls(width, *columns)


class TabularEnvironment(Environment):
    """The task's arrays on a device. `levels` are the returns that the base can reach."""

    def __init__(self, task: TabularTask, device: torch.device) -> None:
        self.task = task
        self.name, self.help, self.horizon = task.name, task.help, task.horizon
        self.states, self.features = task.states, 0
        self.action_names, self.outcome_names = task.action_names, task.outcome_names
        self.levels = reachable_returns(task)
        self.device = device
        ended = task.terminal[:, None, None]
        # Terminal states lead to themselves and pay nothing, so that episodes that have ended can be
        # stepped along with the others. Rows are indexed by state * actions + action.
        own = np.arange(task.states)[:, None, None]
        branches = task.next_state.shape[2]
        self.next_state = self._tensor(np.where(ended, own, task.next_state)).reshape(-1, branches)
        self.reward = self._tensor(np.where(ended, 0.0, task.reward)).reshape(-1, branches)
        self.probability = self._tensor(task.probability).reshape(-1, branches)
        self.branching = Branching.of(self.next_state, self.reward, self.probability)
        self.terminal = self._tensor(task.terminal)
        self.start = self._tensor(task.start)
        self.certain_start = int(task.start.argmax()) if (task.start == 1).any() else None
        self.base = self._tensor(task.base)
        self.outcomes = self._tensor(task.outcome)
        self.gold = None if task.gold is None else self._tensor(task.gold)
        self.shown = None if task.shown is None else self._tensor(task.shown)
        self.goals = task.goals

    def _tensor(self, array: np.ndarray) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(array)).to(self.device)
        return tensor.float() if tensor.is_floating_point() else tensor

    def simulate(self, episodes: int, streams: Streams, group: int = 1) -> "TabularSimulation":
        """See :meth:`Environment.simulate`."""
        return TabularSimulation(self, episodes, streams, group)

    def gold_of(self, observations: Tensor, actions: Tensor) -> Tensor:
        """See :meth:`Environment.gold_of`."""
        if self.gold is None:
            return super().gold_of(observations, actions)
        return self.gold[observations, actions]

    def base_probabilities(self, observations: Tensor) -> Tensor:
        """See :meth:`Environment.base_probabilities`."""
        return self.base[observations]


class TabularSimulation(Simulation):
    """Episodes of a tabular task. The last action of the horizon *terminates*: the task is the
    finite-horizon process, time is part of its state, and nothing is cut off."""

    def __init__(
        self, environment: TabularEnvironment, episodes: int, streams: Streams, group: int = 1
    ) -> None:
        self._environment = environment
        self._by = by = arithmetic(streams.device)
        branching = environment.branching
        tables = (branching.edges, branching.next_state, branching.reward, environment.terminal)
        self._edges, self._next_state, self._reward, self._terminal = map(by.of, tables)
        self._time = 0
        number = (len(streams.seeds), episodes // group)
        if environment.certain_start is not None:  # nothing is left to chance: draw nothing
            first = torch.full(number, environment.certain_start, device=streams.device)
        else:
            first = streams.categorical(environment.start.expand(*number, -1))
        self.observation = first.repeat_interleave(group, dim=1)
        self.running = torch.ones_like(self.observation, dtype=torch.bool)
        self._never = torch.zeros_like(self.running)
        self._chance: Tensor | None = None
        if environment.next_state.shape[1] > 1:
            self._chance = streams.uniform(environment.horizon, episodes)

    def step(self, actions: Tensor) -> Step:
        """See :meth:`Simulation.step`. Entries are picked by one index each: an index of several axes takes
        two to four times as long."""
        own, on, tensor = self._by.of, self._by.functions, self._by.tensor
        running = own(self.running)
        rows = on.add(on.multiply(own(self.observation), self._environment.actions), own(actions))
        if self._chance is not None:
            rows = self._branched(rows, self._chance[:, self._time])
        following = self._next_state.take(rows)
        reward = self._reward.take(rows)
        self._time += 1
        last = self._time == self._environment.horizon
        ended = on.ones_like(running) if last else self._terminal.take(following)
        terminated = on.logical_and(ended, running)
        self.observation, self.running = tensor(following), tensor(on.greater(running, ended))
        return Step(self.observation, tensor(reward), tensor(terminated), self._never)

    def _branched(self, rows: Array, uniform: Tensor) -> Array:
        """Rows of states and actions with the branch that each number `uniform` falls in, by halves."""
        on, step = self._by.functions, self._environment.branching.width
        found, chance = on.multiply(rows, step), self._by.of(uniform)
        while step := step // 2:
            beyond = on.less_equal(self._edges[step - 1 :].take(found), chance)
            found = on.add(found, beyond if step == 1 else on.multiply(beyond, step))
        return found

    def outcome(self) -> Tensor:
        """See :meth:`Simulation.outcome`."""
        return self._environment.outcomes[self.observation]


def reachable_returns(task: TabularTask) -> tuple[float, ...]:
    """The returns that the base reaches with positive probability, ascending, in reward units.

    Where there are more than 33, evenly spaced ones among them, the ends included.
    """
    found = ReturnToGo(task).supported
    if len(found) > MOST_LEVELS:
        found = found[np.rint(np.linspace(0, len(found) - 1, MOST_LEVELS)).astype(np.int64)]
    return tuple(float(level) for level in found)


def base_occupancy(task: TabularTask) -> Floats:
    """[H + 1, N] probability that the base is in each state at each time; ended episodes stay put."""
    occupancy = np.zeros((task.horizon + 1, task.states))
    occupancy[0] = task.start
    weight = task.base[:, :, None] * task.probability
    for t in range(task.horizon):
        moved = weight * np.where(task.terminal, 0.0, occupancy[t])[:, None, None]
        occupancy[t + 1] = np.bincount(task.next_state.ravel(), moved.ravel(), minlength=task.states)
        occupancy[t + 1, task.terminal] += occupancy[t, task.terminal]
    return occupancy
