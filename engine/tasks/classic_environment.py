"""Classic control stepped as tensors: all episodes of all seeds in a handful of operations."""

import torch
from torch import Tensor

from engine.tasks.arithmetic import arithmetic
from engine.tasks.classic_control import SYSTEMS
from engine.tasks.environment import Endless, Simulation, Step
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.streams import Streams
from engine.tasks.system import System


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
        self._over = torch.zeros_like(self._state[0], dtype=torch.bool)
        self._move = system.bind(self._state, self._moved, self._over)
        self.observation = system.seen(self._states)
        self.running = torch.ones_like(self._over)
        self._time = 0

    def step(self, actions: Tensor) -> Step:
        """See :meth:`Simulation.step`."""
        self._move(actions)
        over = self._over
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
        self._system, self._streams = system, streams
        self._shortest = min(system.shortest, horizon)
        self._as_is = system.observe is None
        self._state = _starts(system, streams, environments).double()  # [C, S, E]
        self._states = self._state.movedim(0, -1)
        self._moved = torch.empty_like(self._state)
        self._over = torch.zeros_like(self._state[0], dtype=torch.bool)
        self._time = torch.zeros_like(self._over, dtype=torch.int64)
        self._move = system.bind(self._state, self._moved, self._over)
        self.observation = system.seen(self._states)
        self._by = by = arithmetic(streams.device)
        self._kept = [by.of(one) for one in (self._state, self._states, self._moved, self._over, self._time)]
        numbers = (torch.tensor(number, device=streams.device) for number in (0, 1, horizon))
        self._numbers = [by.of(number) for number in numbers]

    def prepare(self, steps: int) -> None:
        """See :meth:`Endless.prepare`."""
        own, state = self._by.of, self._state
        self.observation = self._system.seen(self._states)
        # In as many steps as the shortest episode has, an environment begins again at most once.
        fresh = _starts(self._system, self._streams, -(-steps // self._shortest), self._time.shape[1])
        begun = [one for one in own(fresh) for _ in range(self._shortest)][:steps]
        # Rounded once is as good as rounded later, where a state is seen as it is.
        kind = torch.float32 if self._as_is else torch.float64
        self._led = torch.empty(steps, *state.shape, dtype=kind, device=state.device)
        self._terminated, self._ended = self._over.new_empty(2, steps, *self._over.shape)
        shown = self.observation.new_empty(steps, *self.observation.shape)
        places = (begun, own(self._led), own(self._terminated), own(self._ended), own(shown), shown)
        self._turns = list(zip(*places, strict=True))
        self._turn = 0

    def step(self, actions: Tensor) -> None:
        """See :meth:`Endless.step`."""
        by, on = self._by, self._by.functions
        state, states, moved, over, time = self._kept
        zero, one, horizon = self._numbers
        fresh, led, terminated, ended, into, shown = self._turns[self._turn]
        self._turn += 1
        self._move(actions)
        by.copy(moved, led)
        by.copy(over, terminated)
        on.add(time, one, out=time)
        on.greater_equal(time, horizon, out=ended)
        on.logical_or(ended, over, out=ended)
        by.put(zero, ended, time)
        by.copy(moved, state)
        by.put(fresh, ended, state)
        if self._as_is:
            by.copy(states, into)
        self.observation = shown if self._as_is else self._system.seen(self._states)

    def taken(self) -> Step:
        """See :meth:`Endless.taken`."""
        # In memory time stays the first axis: to lay them out anew would take as long as to move.
        terminated, ended = (kept[: self._turn].movedim(0, -1) for kept in (self._terminated, self._ended))
        led = self._led[: self._turn].permute(2, 3, 0, 1)  # [S, E, T, C]
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
