"""What every learner is: a policy for many seeds at once, improved one update at a time.

Every tensor leads with the seed axis. Axes: S seeds, E episodes side by side, T targets, P probes,
H horizon, N states, A actions. One learner object trains all its seeds in one program; seed 3 gives
the same numbers alone and among thirty, because its random stream, its optimiser state, its
clipping and its early stopping are its own.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from engine.distributions.family import Family
from engine.errors import UserError
from engine.recording.schema import MetricColumn
from engine.tasks.dataset import Act
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


@dataclass(frozen=True)
class Probes:
    """The fixed contexts at which policies are compared across learners.

    A probe is a history sampled from the base, ending in the moment asked about. A learner that
    needs only the present reads the last entry of each.

    Attributes:
        observations: [P, L, …] what was observed, oldest first (state numbers or feature vectors). The
            histories are aligned at their end: entry L - 1 is the moment asked about, and entries
            before an episode's beginning are 0 and mean nothing.
        actions: [P, L] or [P, L, C] the action taken at each moment; the last is not yet taken and is 0.
        rewards: [P, L] the reward that followed each action; the last entry is 0.
        time: [P] the time step of the last entry; the history covers times 0 … time.
    """

    observations: Tensor
    actions: Tensor
    rewards: Tensor
    time: Tensor


@dataclass(frozen=True)
class Rollouts:
    """Whole episodes of the current policy, summed up. Every tensor is [S, E].

    Attributes:
        returns: R(τ), reward units.
        drift: Σ_t KL(π(·|h_t) ‖ π0(·|s_t)) in nats, the exact KL at each visited context where there is a
            formula for it, else what the action taken says.
        entropy: Σ_t H(π(·|h_t)) in nats, likewise; of a density over [-1, 1]^C.
        lengths: actions taken.
        outcome: index of the outcome the episode ended in, -1 for none.
        gold: Σ of what was really wanted, reward units; 0 where the task does not tell.
    """

    returns: Tensor
    drift: Tensor
    entropy: Tensor
    lengths: Tensor
    outcome: Tensor
    gold: Tensor


class Learner(ABC):
    """One learning method on one environment, for all seeds.

    Class attributes are what the catalogue says of the learner.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    help: ClassVar[str]
    kind: ClassVar[Literal["predictor", "reward", "oracle"]]
    conditioned: ClassVar[bool]  # takes a target return
    markov: ClassVar[bool]  # the policy depends on (state, time, return-to-go) only: exact evaluation applies
    in_boxes: ClassVar[bool] = (
        False  # can act where actions are points of a box, not only where they are numbered
    )
    on_tables: ClassVar[bool] = False  # needs a table of states
    from_data: ClassVar[bool] = False  # learns from data that were gathered before, not from its own acting
    Knobs: ClassVar[type[Any]]
    diagnostics: ClassVar[tuple[MetricColumn, ...]]  # what update() reports, in the order of its keys

    def __init__(self, environment: Environment, knobs: Any, streams: Streams, device: torch.device) -> None:
        """Raises UserError where it needs a table of states and the task has none."""
        if self.on_tables and not environment.states:
            raise UserError(
                f"learner {self.name}: task {environment.name} has no table of states; allowed: tabular tasks"
            )
        self.environment = environment
        self.knobs = knobs  # replaced as a whole at the safe point, never between
        self.streams = streams
        self.device = device
        self.family: Family = environment.family  # of what :meth:`actor` tells

    @abstractmethod
    def update(self) -> dict[str, Tensor]:
        """Collect and learn once. Returns diagnostics, each [S] (loss, …); the keys never change."""

    @abstractmethod
    def policy_table(self, targets: Tensor) -> Tensor:
        """Action probabilities [S, T, H, N, A] for every state and time of a tabular task.

        `targets` [T] are returns *still to go*; a learner that takes none returns T = 1.
        Only where `markov`.
        """

    @abstractmethod
    def probabilities(self, probes: Probes, targets: Tensor) -> Tensor:
        """Action probabilities [S, T, P, A] at the probes, had `targets` [T] been asked at their start; of a
        box, those of the bins of each axis.

        Return-to-go at a probe is the target minus the rewards of its history.
        """

    @abstractmethod
    def actor(self, target: float) -> Act:
        """How the present policy acts from the start of an episode when asked for `target`."""

    def features(self, probes: Probes, target: float) -> Tensor | None:  # noqa: ARG002
        """Activations [S, P, D] of the last hidden layer at the probes, had `target` been asked at their
        start; None for a learner that has no hidden layer."""
        return None

    @abstractmethod
    def rollout(self, target: float, episodes: int) -> Rollouts:
        """Run `episodes` whole episodes per seed, asking for `target`, on streams of their own: the
        training streams do not move, so that looking changes nothing."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Everything a fork needs: weights, optimiser, random state, data. Flat, named tensors."""

    @abstractmethod
    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what :meth:`state` gave."""
