"""The tabular predictor: what was done in this state, at this time, by those who then gathered this much.

Axes: S seeds, H horizon, N states, G returns to go, A actions.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.errors import UserError
from engine.learners.base import Probes
from engine.learners.knobs import knob
from engine.learners.predictor import Predictor, target_knob
from engine.learners.rollouts import asked_at
from engine.learners.trained import EPISODE_RETURN, diagnostic
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.dataset import Act, Trajectories
from engine.tasks.environment import Environment
from engine.tasks.sources import picked
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment

MOST_COUNTS = 50_000_000  # entries of the table of counts, all seeds together

EPISODES_SEEN = diagnostic("episodes_seen", "Episodes seen", "Episodes counted so far.", "episodes")


@dataclass(frozen=True)
class CountingKnobs:
    """What may be turned."""

    target: float = target_knob()
    smoothing: float = knob(
        0.0,
        label="Smoothing",
        help="Imaginary observations of what usually is done in a state, whatever followed.",
        unit="observations",
        low=0.0,
        high=1000.0,
        acts=True,
    )
    episodes: int = knob(
        256,
        label="Episodes",
        help="Episodes that each update counts.",
        low=1,
        high=65536,
        scale="log",
    )


class Counting(Predictor):
    """A conditioned learner whose whole state is a table of counts N(t, s, g, a).

    π(a | s, t, g) = (N(t, s, g, a) + κ π̂(a | s, t)) / (N(t, s, g) + κ), with π̂ what was done there
    whatever followed: the base, until it has been seen there. Where g was never seen it is π̂ itself.
    """

    markov = True
    on_tables = True
    knobs: CountingKnobs

    def __init__(
        self, environment: Environment, knobs: CountingKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        assert isinstance(environment, TabularEnvironment)
        self.task = environment.task
        self.values = torch.from_numpy(ReturnToGo(self.task).values).to(device)
        shape = (environment.horizon, environment.states, len(self.values), environment.actions)
        seeds = len(streams.seeds)
        if seeds * int(np.prod(shape)) > MOST_COUNTS:
            raise UserError(
                f"learner {self.name}: task {environment.name} needs {int(np.prod(shape)):,} counts a seed "
                f"for {seeds} seeds; allowed: {MOST_COUNTS:,} in all; take fewer seeds, or a network (rvs)"
            )
        self.counts = torch.zeros(seeds, *shape, device=device)
        self._policy: tuple[object, Tensor] | None = None

    def count(self, episodes: Trajectories, weight: float = 1.0) -> None:
        """Add the steps of episodes, each `weight` times."""
        seeds, _, horizon = episodes.mask.shape
        unit = self.task.reward_unit
        level = self._level(episodes.returns_to_go, unit)
        time = torch.arange(horizon, device=self.device)
        states, levels, actions = self.counts.shape[2:]
        state = self.environment.seen(episodes.observations)
        cell = ((time * states + state) * levels + level) * actions + episodes.actions
        added = torch.where(episodes.mask & (level >= 0), weight, 0.0)
        flat = self.counts.reshape(seeds, -1)
        flat.scatter_add_(1, cell.clamp(min=0).flatten(1), added.flatten(1))
        self._policy = None

    def _level(self, returns_to_go: Tensor, unit: float) -> Tensor:
        """Where each return to go [...] is among the possible ones; −1 where it is none of them."""
        wanted, steps = (returns_to_go.double() / unit).round(), (self.values / unit).round()
        place = torch.searchsorted(steps, wanted).clamp(max=len(steps) - 1)
        return torch.where(steps[place] == wanted, place, -1)

    def usual(self) -> Tensor:
        """[S, H, N, A] π̂(a | s, t) over all that followed."""
        seen = self.counts.sum(dim=3)
        total = seen.sum(dim=-1, keepdim=True)
        environment = self.environment
        every = torch.arange(environment.states, device=self.device)
        return torch.where(total > 0, seen / total.clamp(min=1e-12), environment.base_probabilities(every))

    def policy_table(self, targets: Tensor) -> Tensor:
        """See :meth:`Learner.policy_table`."""
        usual = self.usual()
        level = self._level(targets, self.task.reward_unit)
        counts = self.counts[:, :, :, level.clamp(min=0)].permute(0, 3, 1, 2, 4)  # [S, T, H, N, A]
        counts = torch.where((level >= 0)[:, None, None, None], counts, 0.0)
        imagined = self.knobs.smoothing * usual[:, None]
        total = counts.sum(dim=-1, keepdim=True) + self.knobs.smoothing
        table = torch.where(total > 0, (counts + imagined) / total.clamp(min=1e-12), usual[:, None])
        every = torch.arange(self.environment.states, device=self.device)
        return table[:, :, :, self.environment.seen(every)]

    def probabilities(self, probes: Probes, targets: Tensor) -> Tensor:
        """See :meth:`Learner.probabilities`."""
        asked = asked_at(probes, targets)  # [T, P]
        levels, which = torch.unique(asked, return_inverse=True)
        table = self.policy_table(levels)
        return table[:, which, probes.time.expand_as(which), probes.observations[:, -1].expand_as(which)]

    def actor(self, target: float) -> Act:
        """See :meth:`Learner.actor`."""
        asked = torch.empty(0)
        seed = torch.arange(len(self.streams.seeds), device=self.device)[:, None]
        # Every return to go that can be left of the target, each with a table of its own.
        left = target - self.values
        levels = torch.unique(torch.cat([left, self.values, torch.tensor([target], device=self.device)]))
        table = self.policy_table(levels)

        def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:  # noqa: ARG001
            nonlocal asked
            asked = torch.full_like(reward, target, dtype=torch.float64) if time == 0 else asked - reward
            distance = (levels - asked[..., None]).abs()
            return table[seed, distance.argmin(dim=-1), time, observation]

        return act

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Learner.state`."""
        return {
            "counts": self.counts.clone(),
            "streams": self.streams.state(),
            "updates": torch.tensor(self.updates),
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Learner.load`."""
        self.counts = state["counts"].clone().to(self.device)
        self.streams.load(state["streams"])
        self.updates = int(state["updates"])


class TabularPredictor(Counting):
    """Counts more of the base's episodes with every update; in the limit it is the conditional oracle.

    Data that are given it counts in their order, and once they are all counted it stays as it is.
    """

    name = "tabular_predictor"
    label = "Tabular predictor"
    help = (
        "Supervised: counts what the base did before each return. No network stands between data and policy."
    )
    Knobs = CountingKnobs
    from_data = True
    diagnostics = (EPISODE_RETURN, EPISODES_SEEN)
    taken = 0  # episodes of given data that were counted

    @property
    def fixed(self) -> bool:
        """See :attr:`TrainedLearner.fixed`. Of given data every update counts other episodes."""
        return self.environment.data is None

    def _update(self) -> dict[str, Tensor]:
        environment = self.environment

        def act(observation: Tensor, action: Tensor, reward: Tensor, time: int) -> Tensor:  # noqa: ARG001
            return environment.base_probabilities(observation)

        if environment.data is None:
            episodes = self.gather(act, self.knobs.episodes)
            self.count(episodes)
        else:
            episodes = picked(environment.data, slice(0, self.taken + self.knobs.episodes))
            self.count(picked(episodes, slice(self.taken, None)))
            self.taken = episodes.mask.shape[1]
        return {
            "episode_return": episodes.mean_return,
            "episodes_seen": self.counts[:, 0].flatten(1).sum(dim=1),
        }

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Learner.state`."""
        return {**super().state(), "taken": torch.tensor(self.taken)}

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Learner.load`."""
        super().load(state)
        self.taken = int(state["taken"])
