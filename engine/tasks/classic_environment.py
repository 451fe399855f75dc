"""Classic control stepped as tensors: all episodes of all seeds in a handful of operations."""

import torch
from torch import Tensor

from engine.tasks.classic_control import SYSTEMS, System
from engine.tasks.environment import Endless, Simulation, Step
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.streams import Streams


class ClassicEnvironment(GymnasiumEnvironment):
    """A Gymnasium environment whose physics are known here: same spaces, limits and levels, no vectors."""

    def __init__(self, name: str, device: torch.device) -> None:
        self.system = SYSTEMS[name]
        super().__init__(name, device)
        self.help += (
            " Its physics are computed here as tensors, all episodes of all seeds at once; the steps are "
            "those of Gymnasium's own."
        )

    @property
    def vectorised(self) -> bool:
        """See :attr:`GymnasiumEnvironment.vectorised`."""
        return True

    def simulate(self, episodes: int, streams: Streams, group: int = 1) -> "ClassicSimulation":  # type: ignore[override]
        """See :meth:`Environment.simulate`."""
        return ClassicSimulation(self.system, self.horizon, episodes, streams, group)

    def endless(self, environments: int, streams: Streams) -> "ClassicEndless":
        """See :meth:`Environment.endless`."""
        return ClassicEndless(self.system, self.horizon, environments, streams)


class ClassicSimulation(Simulation):
    """Episodes to their end; one that has ended stays where it is."""

    def __init__(self, system: System, horizon: int, episodes: int, streams: Streams, group: int) -> None:
        self._system, self._horizon = system, horizon
        own = _starts(system, streams, episodes // group).double()
        self._state = own.repeat_interleave(group, dim=2)  # [C, S, E]
        self._states = self._state.movedim(0, -1)
        self._moved = torch.empty_like(self._state)
        self._move = system.bind(self._state, self._moved)
        self.observation = system.seen(self._states)
        self.running = torch.ones(self._state.shape[1:], dtype=torch.bool, device=self._state.device)
        self._time = 0

    def step(self, actions: Tensor) -> Step:
        """See :meth:`Simulation.step`."""
        over = self._move(actions)
        self._time += 1
        torch.where(self.running, self._moved, self._state, out=self._state)
        self.observation = self._system.seen(self._states)
        reward = self._system.rewards(over)
        terminated = over & self.running
        going = self.running & ~over
        cut = self._time == self._horizon
        truncated = going if cut else torch.zeros_like(going)
        step = Step(self.observation, reward * self.running, terminated, truncated)
        self.running = torch.zeros_like(going) if cut else going
        return step

    def outcome(self) -> Tensor:
        """[S, E], -1: there are none to tell apart."""
        return torch.full(self.running.shape, -1, device=self.running.device)


class ClassicEndless(Endless):
    """Environments that begin again by themselves, each at its own time. Where they are is kept in place, for
    updates that are captured (see :mod:`engine.learners.captured`)."""

    repeatable = True

    def __init__(self, system: System, horizon: int, environments: int, streams: Streams) -> None:
        self._system, self._horizon, self._streams = system, horizon, streams
        self._state = _starts(system, streams, environments).double()  # [C, S, E]
        self._states = self._state.movedim(0, -1)
        self._moved = torch.empty_like(self._state)
        self._move = system.bind(self._state, self._moved)
        self._time = torch.zeros(self._state.shape[1:], dtype=torch.int64, device=self._state.device)
        self.observation = system.seen(self._states)

    def prepare(self, steps: int) -> None:
        """See :meth:`Endless.prepare`."""
        self.observation = self._system.seen(self._states)
        self._fresh = list(_starts(self._system, self._streams, steps, self._time.shape[1]))
        # Rounded once is as good as rounded later, where a state is seen as it is.
        kind = torch.float32 if self._system.observe is None else torch.float64
        self._led = torch.empty(steps, *self._state.shape, dtype=kind, device=self._state.device)
        self._places = self._led.unbind()
        self._ends: list[tuple[Tensor, Tensor]] = []

    def step(self, actions: Tensor) -> None:
        """See :meth:`Endless.step`."""
        terminated = self._move(actions)
        ended = (self._time.add_(1) == self._horizon).logical_or_(terminated)
        self._time.masked_fill_(ended, 0)
        self._places[len(self._ends)].copy_(self._moved)
        torch.where(ended, self._fresh.pop(), self._moved, out=self._state)
        self.observation = self._system.seen(self._states)
        self._ends.append((terminated, ended))

    def taken(self) -> Step:
        """See :meth:`Endless.taken`."""
        # In memory time stays the first axis: to lay them out anew would take as long as to move.
        terminated, ended = (torch.stack(column).movedim(0, -1) for column in zip(*self._ends, strict=True))
        led = self._led[: len(self._ends)].permute(2, 3, 0, 1)  # [S, E, T, C]
        seen = self._system.seen(led, torch.preserve_format)
        return Step(seen, self._system.rewards(terminated), terminated, truncated=terminated < ended)

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Endless.state`."""
        return {"variables": self._state.movedim(0, 1).clone(), "time": self._time.clone()}

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Endless.load`."""
        self._state.copy_(state["variables"].movedim(1, 0))
        self._time.copy_(state["time"])
        self.observation = self._system.seen(self._states)


def _starts(system: System, streams: Streams, *shape: int) -> Tensor:
    """First states [T, C, S, E] from a `shape` of steps and environments, or [C, S, E] of environments."""
    uniform = streams.uniform(len(system.low), *shape).movedim(1, 0)
    if len(shape) == 1:
        return system.start(uniform, torch.empty_like(uniform))
    uniform = uniform.transpose(1, 2)  # [C, T, S, E]
    place = uniform.new_empty(shape[0], len(system.low), *uniform.shape[2:])
    system.start(uniform, place.movedim(1, 0))
    return place
