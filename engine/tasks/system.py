"""What moves as tensors, and how: the form that the physics of classic control have here.

A state [C, …] leads with its variables; the other axes are any episodes, all moved at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Step = Callable[[Tensor], None]  # actions […] int64
# From a state [C, …], the place [C, …] for what it moves to and that […] for which terminated: a step from
# what is in the first into the other two.
Bind = Callable[[Tensor, Tensor, Tensor], Step]


@dataclass(frozen=True)
class System:
    """What moves, and how.

    Attributes:
        low, high: [C] bounds that each variable of a first state is drawn between, uniformly.
        bind: to the places where states are and will be, before the steps that are taken there; the time
            limit is not its concern.
        pays: reward units for a step, and for one that terminates.
        observe: states […, C] -> observations […, D]; None where they are the states.
        shortest: steps that every episode lasts at the least, where there is no time limit.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    bind: Bind
    pays: tuple[float, float]
    observe: Callable[[Tensor], Tensor] | None = None
    shortest: int = 1

    def move(self, state: Tensor, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One step from states [C, …] by actions […] int64: states [C, …], rewards […] float32 and which […]
        terminated."""
        moved = torch.empty_like(state)
        terminated = torch.empty_like(state[0], dtype=torch.bool)
        self.bind(state, moved, terminated)(action)
        return moved, self.rewards(terminated), terminated

    def rewards(self, terminated: Tensor) -> Tensor:
        """[…] float32 of steps, by whether they terminated."""
        return torch.where(terminated, self.pays[1], self.pays[0])

    def start(self, uniform: Tensor, place: Tensor) -> Tensor:
        """First states from numbers [C, …] of [0, 1), put where `place` [C, …] float32 says."""
        for own, low, high, into in zip(uniform, self.low, self.high, place, strict=True):
            least, most = torch.tensor(low), torch.tensor(high)
            torch.add(least, own, alpha=float(most - least), out=into)
        return place

    def seen(self, states: Tensor, laid: torch.memory_format = torch.contiguous_format) -> Tensor:
        """Observations […, D] float32 of states […, C], as learners see them; `laid` out in memory in that
        order, or as the states are."""
        told = states if self.observe is None else self.observe(states)
        return told.to(torch.float32, memory_format=laid)


def bound(move: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> Bind:
    """From what moves states [C, …] by actions […] to new ones, and tells which […] terminated."""

    def bind(state: Tensor, place: Tensor, over: Tensor) -> Step:
        def step(action: Tensor) -> None:
            moved, terminated = move(state, action)
            place.copy_(moved)
            over.copy_(terminated)

        return step

    return bind
