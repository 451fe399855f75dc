"""Steps of environments that never stop, a fixed number at a time: an episode may span several segments.

Axes: S seeds, E environments, T steps, D features, A actions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from engine.distributions.family import Family
from engine.tasks.dataset import Trajectories
from engine.tasks.environment import Endless
from engine.tasks.sources import joined
from engine.tasks.streams import Streams


@dataclass(frozen=True)
class Segment:
    """T steps of each environment. Every one of them counts: a new episode begins without a step between.

    Attributes:
        observations: [S, E, T, D].
        actions: [S, E, T] int64, or [S, E, T, C] points of a box.
        rewards: [S, E, T] float32.
        probabilities: [S, E, T, A] with which the actions were drawn, as the family tells them.
        following: [S, E, T, D] what each step led to: where it ended an episode, the one it ended in.
        terminated, truncated: [S, E, T] bool, as of :class:`engine.tasks.environment.Step`.
        age: [S, E] steps taken before the first one in the episode it belongs to.
    """

    observations: Tensor
    actions: Tensor
    rewards: Tensor
    probabilities: Tensor
    following: Tensor
    terminated: Tensor
    truncated: Tensor
    age: Tensor

    @property
    def ended(self) -> Tensor:
        """[S, E, T] bool: the last steps of episodes."""
        return self.terminated | self.truncated


Gathered = list[Trajectories | Segment]  # what updates learned from, in turn


class Collector:
    """Takes segments from environments, and an account of what their episodes earned.

    Attributes:
        earned: [S, E] rewards of the episodes that are under way.
        finished: [S] mean return of the episodes that ended in the newest segment in which any did;
            NaN before the first.
    """

    def __init__(self, endless: Endless, family: Family, streams: Streams) -> None:
        """`family` is of the distributions that will be acted by."""
        self.endless, self.family, self.streams = endless, family, streams
        self.earned = torch.zeros(endless.observation.shape[:2], device=streams.device)
        self.age = torch.zeros_like(self.earned, dtype=torch.int64)
        self.finished = torch.full_like(self.earned[:, 0], torch.nan)

    def collect(self, act: Callable[[Tensor], Tensor], steps: int) -> Segment:
        """The next `steps` steps, acting by `act`: from observations to what the family draws from."""
        endless = self.endless
        endless.prepare(steps)
        several = () if self.family.chances == 1 else (self.family.chances,)
        chance = self.streams.uniform(steps, self.earned.shape[1], *several)
        rows: list[tuple[Tensor, Tensor, Tensor]] = []
        for uniform in chance.unbind(1):
            observation = endless.observation
            told = act(observation)
            action = self.family.drawn(told, uniform)
            endless.step(action)
            rows.append((observation, action, told))
        observations, actions, probabilities = (
            torch.stack(column, dim=2) for column in zip(*rows, strict=True)
        )
        led = endless.taken()
        segment = Segment(
            observations,
            actions,
            led.reward,
            probabilities,
            led.observation,
            led.terminated,
            led.truncated,
            self.age.clone(),
        )
        self._account(segment)
        return segment

    def _account(self, segment: Segment) -> None:
        """What the finished episodes earned is all that was earned, less the part of those under way."""
        ended, rewards = segment.ended, segment.rewards.double()
        under_way = ended.flip(-1).cumsum(-1).flip(-1) == 0  # [S, E, T] steps after an environment's last end
        none = ~ended.any(-1)
        left = (rewards * under_way).sum(-1) + self.earned * none
        number = ended.sum((1, 2))
        mean = (rewards.sum(-1) + self.earned - left).sum(-1) / number
        self.finished.copy_(torch.where(number > 0, mean.float(), self.finished))
        self.earned.copy_(left)
        self.age.copy_(under_way.sum(-1) + self.age * none)

    @property
    def episode_return(self) -> Tensor:
        """[S] `finished`; before the first end, what the episodes under way have earned, on average."""
        return torch.where(self.finished.isnan(), self.earned.mean(dim=1), self.finished)

    def state(self) -> dict[str, Tensor]:
        """The environments and the account, [S, …] each, copied."""
        own = {"earned": self.earned.clone(), "age": self.age.clone(), "finished": self.finished.clone()}
        return {**own, **{f"endless.{name}": tensor for name, tensor in self.endless.state().items()}}

    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what :meth:`state` gave."""
        for name in ("earned", "age", "finished"):
            getattr(self, name).copy_(state[name])
        prefix = "endless."
        self.endless.load(
            {name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)}
        )


def episodes_of(gathered: Gathered) -> Trajectories:
    """All episodes that updates learned from, whether these took them whole or in segments."""
    segments = [part for part in gathered if isinstance(part, Segment)]
    if segments:
        return whole_episodes(segments)
    return joined([part for part in gathered if isinstance(part, Trajectories)])


def whole_episodes(segments: Sequence[Segment]) -> Trajectories:
    """The episodes that began and ended in consecutive segments, in the order of their ends.

    Of every seed all that it has, which may be none: see :class:`Trajectories`. An episode that was under
    way before the first segment, or is after the last, is none of them.
    """
    names = ("observations", "actions", "rewards", "probabilities", "following", "terminated", "truncated")
    run = {name: torch.cat([getattr(one, name) for one in segments], dim=2) for name in names}
    ended = run["terminated"] | run["truncated"]
    found = [
        _spans(own, begun) for own, begun in zip(ended.cpu(), segments[0].age.cpu() == 0, strict=True)
    ]  # seed by seed: [episodes, 3]
    longest = max((int(spans[:, 2].max()) for spans in found if len(spans)), default=1)
    place, first, length = pad_sequence(found, batch_first=True).to(ended.device).unbind(-1)
    last = (first + length - 1).clamp(min=0)  # what fills up has no steps
    time = torch.arange(longest, device=ended.device)
    seed = torch.arange(len(place), device=ended.device)[:, None]
    mask = time < length[..., None]
    at = (seed[..., None], place[..., None], torch.minimum(first[..., None] + time, last[..., None]))
    return Trajectories(
        observations=run["observations"][at],
        actions=run["actions"][at],
        rewards=torch.where(mask, run["rewards"][at], 0.0),
        probabilities=run["probabilities"][at],
        mask=mask,
        final=run["following"][seed, place, last],
        truncated=run["truncated"][seed, place, last] & (length > 0),
        outcome=torch.full_like(place, -1),
    )


def _spans(ended: Tensor, begun: Tensor) -> Tensor:
    """[episodes, 3] environment, first step and length of the episodes in `ended` [E, T], in the order of
    their ends; the first of an environment only if its beginning was seen (`begun` [E])."""
    last, place = torch.nonzero(ended.T, as_tuple=True)  # by time, then by environment
    previous = torch.where(begun, -1, -2)  # the step before the first; -2 where it was not seen
    spans = []
    for end, environment in zip(last.tolist(), place.tolist(), strict=True):
        if previous[environment] > -2:
            first = int(previous[environment]) + 1
            spans.append((environment, first, end - first + 1))
        previous[environment] = end
    return torch.tensor(spans, dtype=torch.int64).reshape(-1, 3)
