"""A learner's own past steps, a ring of them for each seed, to be drawn from uniformly.

Axes: S seeds, E episodes, T steps, M drawn, D features, C dimensions of a box of actions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.tasks.dataset import Trajectories
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


@dataclass(frozen=True)
class Transitions:
    """Steps [S, M] and what each led to.

    Attributes:
        observations, following: [S, M] or [S, M, D], as the environment gives them.
        times: [S, M] int64.
        actions: [S, M] int64, or [S, M, C] float32 points of a box.
        rewards: [S, M] float32, reward units.
        ended: [S, M] bool: the task ended the episode here. A step at which a time limit foreign to the
            task cut the episode is none of these: what it led to still has a worth.
    """

    observations: Tensor
    following: Tensor
    times: Tensor
    actions: Tensor
    rewards: Tensor
    ended: Tensor


def transitions(episodes: Trajectories) -> tuple[Transitions, Tensor]:
    """All steps of episodes, flattened to [S, E · T], and which of them count."""
    mask = episodes.mask
    goes_on = torch.zeros_like(mask)
    goes_on[:, :, :-1] = mask[:, :, 1:]
    following = episodes.final.unsqueeze(2).expand_as(episodes.observations).clone()
    here = goes_on if following.dim() == 3 else goes_on[..., None]
    following = torch.where(here, episodes.observations.roll(-1, dims=2), following)
    times = torch.arange(mask.shape[2], device=mask.device).expand_as(mask)
    columns = Transitions(
        observations=episodes.observations.flatten(1, 2),
        following=following.flatten(1, 2),
        times=times.flatten(1),
        actions=episodes.actions.flatten(1, 2),
        rewards=episodes.rewards.flatten(1),
        ended=(~goes_on & ~episodes.truncated[..., None]).flatten(1),
    )
    return columns, mask.flatten(1)


class Memory:
    """The last `capacity` steps of each seed; how many it holds depends on that seed's episodes alone."""

    def __init__(self, environment: Environment, seeds: int, capacity: int) -> None:
        device, shape = environment.device, (seeds, capacity + 1)  # the last place is for what is not kept
        whole = torch.zeros(shape, dtype=torch.int64, device=device)
        if environment.states:
            seen = whole
        else:
            dtype = torch.uint8 if environment.picture else torch.float32
            seen = torch.zeros(*shape, environment.features, dtype=dtype, device=device)
        self.capacity = capacity
        self.columns = {
            "observations": seen.clone(),
            "following": seen.clone(),
            "times": whole.clone(),
            "actions": environment.no_action(whole),
            "rewards": torch.zeros(shape, device=device),
            "ended": torch.zeros(shape, dtype=torch.bool, device=device),
        }
        self.written = torch.zeros(seeds, dtype=torch.int64, device=device)
        self._full: list[int] = []  # how many each seed holds, once none can hold more

    def add(self, episodes: Trajectories) -> None:
        """Keep the steps of episodes, the oldest making room; of more than fit, the last in order."""
        found, counts = transitions(episodes)
        rank = counts.cumsum(dim=1) - 1
        number = counts.sum(dim=1)
        kept = counts & (rank >= (number - self.capacity)[:, None])
        place = torch.where(kept, (self.written[:, None] + rank) % self.capacity, self.capacity)
        seed = torch.arange(len(place), device=place.device)[:, None]
        for name, column in self.columns.items():
            column[seed, place] = getattr(found, name)
        self.written += number

    def held(self) -> list[int]:
        """How many steps of each seed there are. Asks the device, unless all are known to be full."""
        held: list[int] = self._full or self.written.clamp(max=self.capacity).tolist()
        if min(held) == self.capacity:
            self._full = held
        return held

    def drawn(self, streams: Streams, number: int) -> Transitions:
        """`number` of the steps held per seed, with replacement."""
        rows = streams.below(self.held, number)
        seed = torch.arange(len(rows), device=rows.device)[:, None]
        return Transitions(**{name: column[seed, rows] for name, column in self.columns.items()})

    def state(self) -> dict[str, Tensor]:
        """What is held, copied."""
        held = {name: column[:, : self.capacity].clone() for name, column in self.columns.items()}
        return {**held, "written": self.written.clone()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what :meth:`state` gave."""
        for name, column in self.columns.items():
            column[:, : self.capacity] = state[name].to(column.device)
        self.written.copy_(state["written"])
        self._full = []
