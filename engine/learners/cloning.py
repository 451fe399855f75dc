"""Learners that imitate the base's data, some episodes more than others, and take no target.

Behaviour cloning weighs all episodes alike; filtered cloning keeps the best; best-of-n distillation
keeps the best of every n. What they share is one weighted cross-entropy.

Axes: S seeds, E episodes, T time steps, A actions.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional

from engine.learners.heads import family_of
from engine.learners.knobs import knob
from engine.learners.networks import Network
from engine.learners.optimiser import Adam
from engine.learners.policy import Policy
from engine.learners.predictor import DataKnobs
from engine.learners.trained import GRADIENT_NORM, LOSS, diagnostic
from engine.learners.unconditioned import Unconditioned
from engine.tasks.dataset import Trajectories, summed
from engine.tasks.environment import Environment
from engine.tasks.sources import training_data
from engine.tasks.streams import Streams

EFFECTIVE = diagnostic(
    "effective_episodes",
    "Effective episodes",
    "(Σ w)² / Σ w² over the episodes' weights: how many equally weighted ones the data amount to.",
)


class WeightedCloning(Unconditioned):
    """Cross-entropy on the data's actions, step by step, each weighted; the policy starts uniform."""

    kind: ClassVar[Literal["predictor", "reward", "oracle"]] = "predictor"
    from_data = True
    in_boxes = True
    diagnostics = (LOSS, GRADIENT_NORM, EFFECTIVE)
    knobs: DataKnobs

    def __init__(
        self, environment: Environment, knobs: DataKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.family = family_of(environment, knobs.head)
        body = Network(environment, streams, self.family.outputs, timed=True, conditioned=False)
        self.policy = Policy(environment, body, from_base=False, family=self.family)
        self.optimiser = Adam(list(self.policy.parameters()))
        self.data = training_data(environment, knobs.data_episodes, streams.seeds)
        weights = torch.where(self.data.mask, self.weights(self.data), 0.0)
        of_episodes = weights.amax(dim=2)
        self.effective = summed(of_episodes).square() / summed(of_episodes.square())
        # A small table of what the data amount to, or the steps themselves, heaviest first.
        self.frequency = None
        if environment.states:
            self.frequency = weighted_frequency(self.data, weights, environment)
        else:
            self.rows = Rows.of(self.data, weights)

    @abstractmethod
    def weights(self, data: Trajectories) -> Tensor:
        """[S, E, 1] or [S, E, T] how much each episode, or step, counts; not negative. What is said of a step
        that is none is not heard."""

    def _update(self) -> dict[str, Tensor]:
        loss = self._batch_loss() if self.frequency is None else self._whole_loss(self.frequency)
        norm = self.optimiser.step(loss, self.knobs.learning_rate)
        return {"loss": loss.detach(), "gradient_norm": norm, "effective_episodes": self.effective}

    def _whole_loss(self, frequency: Tensor) -> Tensor:
        """[S] cross-entropy on all of the data at once."""
        logits: Tensor = self.policy.body.table(torch.zeros(1, device=self.device))[:, 0]
        loss: Tensor = -(frequency * functional.log_softmax(logits, dim=-1)).flatten(1).sum(dim=1)
        return loss

    def _batch_loss(self) -> Tensor:
        """[S] cross-entropy on steps drawn in proportion to their weights."""
        observations, times, actions = self.rows.drawn(self.streams, self.knobs.batch)
        policy, _ = self.policy(observations, times)
        return self.family.surprise(policy, actions).mean(dim=1)


@dataclass(frozen=True)
class Rows:
    """The steps of some episodes, to be drawn in proportion to their weights.

    Attributes:
        observations: [S, M, D].
        times: [S, M].
        actions: [S, M], or [S, M, C] of a box.
        cumulative: [S, M] of the weights, in doubles.
    """

    observations: Tensor
    times: Tensor
    actions: Tensor
    cumulative: Tensor

    @classmethod
    def of(cls, data: Trajectories, weights: Tensor) -> "Rows":
        """All steps, with their weights [S, E, T]; what is none weighs 0 and is never drawn."""
        times = torch.arange(data.mask.shape[2], device=data.mask.device).expand_as(data.mask)
        return cls(
            data.observations.flatten(1, 2),
            times.flatten(1),
            data.actions.flatten(1, 2),
            weights.expand_as(data.mask).flatten(1).double().cumsum(1),
        )

    def drawn(self, streams: Streams, number: int) -> tuple[Tensor, Tensor, Tensor]:
        """`number` steps per seed, with replacement: observations, times, actions."""
        uniform = streams.uniform(2, number).double()  # two, because 24 bits are few for many steps
        place = (uniform[:, 0] + uniform[:, 1] * 2.0**-24) * self.cumulative[:, -1:]
        rows = torch.searchsorted(self.cumulative, place, right=True)
        rows = rows.clamp(max=self.cumulative.shape[1] - 1)
        seed = torch.arange(len(rows), device=rows.device)[:, None]
        return self.observations[seed, rows], self.times[seed, rows], self.actions[seed, rows]


def weighted_frequency(data: Trajectories, weights: Tensor, environment: Environment) -> Tensor:
    """[S, H, N, A] share of the weight [S, E, T] on each action in each state at each time."""
    seeds, _, longest = data.mask.shape
    horizon, states, actions = environment.horizon, environment.states, environment.actions
    time = torch.arange(longest, device=weights.device)
    cell = (time * states + data.observations) * actions + data.actions
    share = torch.zeros(seeds, horizon * states * actions, dtype=torch.float64, device=weights.device)
    share.scatter_add_(1, cell.flatten(1), weights.expand_as(data.mask).flatten(1).double())
    share = share / share.sum(dim=1, keepdim=True)
    return share.reshape(seeds, horizon, states, actions).float()


class Cloning(WeightedCloning):
    """Every episode counts the same: what comes out is the base."""

    name = "cloning"
    label = "Behaviour cloning"
    help = "Supervised: imitates all of the data alike. It keeps everything and improves nothing."
    Knobs = DataKnobs

    def weights(self, data: Trajectories) -> Tensor:
        """See :meth:`WeightedCloning.weights`."""
        return torch.ones_like(data.returns)[..., None]


@dataclass(frozen=True)
class FilteredCloningKnobs(DataKnobs):
    """What may be turned."""

    best_share: float = knob(
        10.0,
        label="Best share",
        help="The share of the episodes that is imitated, those with the highest returns.",
        unit="%",
        low=0.01,
        high=100.0,
        scale="log",
        steerable=False,
    )


class FilteredCloning(WeightedCloning):
    """The best q % of *trajectories* (2106.01345). Equal returns at the border share what room is left."""

    name = "filtered_cloning"
    label = "Filtered cloning"
    help = "Supervised: imitates the episodes with the best returns only, and can be asked for nothing else."
    Knobs = FilteredCloningKnobs
    knobs: FilteredCloningKnobs

    def weights(self, data: Trajectories) -> Tensor:
        """See :meth:`WeightedCloning.weights`."""
        returns = torch.where(data.held, data.returns, -torch.inf)
        room = self.knobs.best_share / 100 * data.counts[:, None].double()
        ordered = returns.sort(dim=1, descending=True).values
        border = ordered.gather(1, (room.round().long() - 1).clamp(min=0))
        above, at = returns > border, returns == border
        left = (room - above.sum(dim=1, keepdim=True)).clamp(min=0.0) / at.sum(dim=1, keepdim=True)
        return torch.where(above, 1.0, torch.where(at, left.clamp(max=1.0).float(), 0.0))[..., None]


@dataclass(frozen=True)
class BestOfNKnobs(DataKnobs):
    """What may be turned."""

    candidates: int = knob(
        4,
        label="Candidates n",
        help="Episodes of the base of which the best is imitated.",
        low=1,
        high=1024,
        scale="log",
        steerable=False,
    )


class BestOfN(WeightedCloning):
    """Best-of-n distillation (2009.01325, 2407.14622): draw n episodes, keep the best, imitate it."""

    name = "best_of_n"
    label = "Best-of-n distillation"
    help = "Supervised: of every n episodes of the base imitates the best, ties shared."
    Knobs = BestOfNKnobs
    knobs: BestOfNKnobs

    def weights(self, data: Trajectories) -> Tensor:
        """See :meth:`WeightedCloning.weights`. Episodes beyond the last whole group count nothing."""
        count = self.knobs.candidates
        groups = data.returns.shape[1] // count
        grouped = data.returns[:, : groups * count].reshape(-1, groups, count)
        best = (grouped == grouped.amax(dim=2, keepdim=True)).float()
        share = best / best.sum(dim=2, keepdim=True)
        full = data.held[:, count - 1 : groups * count : count, None]
        chosen = torch.zeros_like(data.returns)
        chosen[:, : groups * count] = torch.where(full, share, 0.0).flatten(1)
        return chosen[..., None]
