"""What a learner trains on: whole episodes, side by side, every tensor led by the seed axis.

Axes: S seeds, E episodes, N states, D features, A actions, H horizon, C dimensions of a box of actions.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.distributions.categorical import Categorical
from engine.distributions.family import Family
from engine.errors import UserError
from engine.tasks.streams import Streams
from engine.tasks.tabular import Goals

if TYPE_CHECKING:
    from engine.tasks.dataset import Trajectories


@dataclass(frozen=True)
class Step:
    """What one action a running episode led to. Rows that were not running are to be ignored.

    Of several steps of environments that never stop, an axis T follows E.

    Attributes:
        observation: [S, E] int64 states or [S, E, D] vectors, float32 or the bytes of pictures: what
            follows. For an episode that ended here it is the one it ended in.
        reward: [S, E] float32, reward units; 0 where no episode was running.
        terminated: [S, E] bool: the task ended the episode here; nothing is worth anything after it.
        truncated: [S, E] bool: a time limit foreign to the task cut the episode here; its last
            observation still has a value. Never true together with `terminated`.
    """

    observation: Tensor
    reward: Tensor
    terminated: Tensor
    truncated: Tensor


class Simulation(ABC):
    """E episodes per seed, from their start to their end, once.

    There is no automatic reset in sight: `running` says which episodes have not ended, and what a
    step returns for the others (in a vector environment, a reset and another episode) does not count.

    Attributes:
        observation: [S, E] or [S, E, D], what the next action answers.
        running: [S, E] bool.
    """

    observation: Tensor
    running: Tensor

    @abstractmethod
    def step(self, actions: Tensor) -> Step:
        """Take actions [S, E] int64, or [S, E, C] float32 of a box, in all episodes at once and move
        `observation` and `running` on."""

    @abstractmethod
    def outcome(self) -> Tensor:
        """[S, E] int64 index of the outcome of each episode that has ended, -1 for none."""


class Endless(ABC):
    """E environments per seed that never stop: where an episode ends the next begins at once.

    Every step therefore counts: of the step that ends an episode is told what it led to, and
    `observation` is already the first of the next one.

    Attributes:
        observation: [S, E] or [S, E, D], what the next action answers.
        repeatable: whether it is tensors throughout, changed in place: steps can be captured.
    """

    observation: Tensor
    repeatable: bool = False

    @abstractmethod
    def prepare(self, steps: int) -> None:
        """Draw all the chance of the next `steps` steps, however many episodes end in them."""

    @abstractmethod
    def step(self, actions: Tensor) -> None:
        """Take actions [S, E] int64 in all environments at once and move `observation` on."""

    @abstractmethod
    def taken(self) -> Step:
        """What the steps since they were prepared led to, [S, E, T, …]."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Everything that is needed to go on from here, [S, …] each, between the steps prepared for."""

    @abstractmethod
    def load(self, state: dict[str, Tensor]) -> None:
        """Take over what :meth:`state` gave."""


class Environment(ABC):
    """A task as learners see it: immutable, shared by all seeds.

    Attributes:
        name: as on the command line.
        help: what it is, in a sentence or more.
        horizon: H, the number of actions in the longest episode.
        states: N where observations are state numbers, else 0.
        features: D where observations are vectors, else 0.
        picture: height, width and channels of observations that are pictures, flattened; None for others.
        action_names: [A] one an action; of a box, one a bin of each of its axes.
        dimensions: C where actions are points of the box [-1, 1]^C, 0 where they are numbered.
        outcome_names: one an outcome; none where outcomes are not told apart.
        levels: returns, ascending, that a learner may be asked for and is recorded at.
        device: where its tensors live.
        shown: [N] int64 what a learner sees of each state; None where it sees all of it. What is fed
            to a network or read from a table of weights goes through :meth:`seen`; base and oracles
            know the state itself.
        goals: how a return codes two, where a task has two.
        data: the episodes that predictors learn from, where these are not the base's.
    """

    name: str
    help: str
    horizon: int
    states: int
    features: int
    picture: tuple[int, int, int] | None = None
    action_names: tuple[str, ...]
    dimensions: int = 0
    outcome_names: tuple[str, ...]
    levels: tuple[float, ...]
    device: torch.device
    shown: Tensor | None = None
    goals: Goals | None = None
    data: "Trajectories | None" = None

    def seen(self, observations: Tensor) -> Tensor:
        """What a learner sees of observations […] or […, D]."""
        return observations if self.shown is None else self.shown[observations]

    @property
    def actions(self) -> int:
        """A: of a box, the bins of all its axes."""
        return len(self.action_names)

    @property
    def family(self) -> Family:
        """Of the base, and of every learner that does not choose another."""
        return Categorical(self.actions)

    @property
    def uniform(self) -> bool:
        """Whether the base is known to be uniform everywhere."""
        return False

    def no_action(self, like: Tensor) -> Tensor:
        """[S, E] or [S, E, C] what stands for the action before the first, for episodes `like` [S, E]."""
        if self.dimensions:
            return torch.zeros(*like.shape, self.dimensions, device=like.device)
        return torch.zeros_like(like, dtype=torch.int64)

    @property
    def scale(self) -> float:
        """A return's natural size: the largest |level|, at least a hundredth. Networks divide by it."""
        return max(0.01, *(abs(level) for level in self.levels))

    def gold_of(self, observations: Tensor, actions: Tensor) -> Tensor:  # noqa: ARG002
        """Expected reward [...] of what was really wanted, for actions [...]; 0 where nobody tells."""
        return torch.zeros_like(actions[..., 0] if self.dimensions else actions, dtype=torch.float32)

    def affordable(self, episodes: int) -> tuple[int, int]:
        """How to take so many of the base: episodes side by side, and how often. Together they may be fewer,
        where that many would take long or much memory."""
        return episodes, 1

    @abstractmethod
    def simulate(self, episodes: int, streams: Streams, group: int = 1) -> Simulation:
        """Begin `episodes` episodes per seed, `group` after `group` of them from the same start.

        `episodes` is a multiple of `group`. All chance comes from `streams`, and how much is drawn from
        them depends on these two alone, never on how long the episodes turn out to be.
        """

    def endless(self, environments: int, streams: Streams) -> Endless | None:  # noqa: ARG002
        """`environments` of them per seed that never stop, all chance from `streams`; None for a task whose
        episodes are short and best taken whole."""
        return None

    def take_base(self, base: Callable[[Tensor], Tensor]) -> None:  # noqa: ARG002
        """From now on act by `base` where the base is asked for: from observations […, D] to the base policy
        […, A].

        Raises:
            UserError: where the base is part of the task.
        """
        raise UserError(f"task {self.name} has a base of its own; allowed: tasks that are not tabular")

    @abstractmethod
    def base_probabilities(self, observations: Tensor) -> Tensor:
        """The base policy π0 […, A] float32 at observations […] or […, D], as it is told and recorded: of a
        box, the probabilities of the bins, within each of which it is uniform."""
