"""What the learners that learn have in common: an update count, an optimiser, and how to act."""

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from copy import copy
from functools import cached_property
from typing import Self

import torch
from torch import Tensor, get_num_threads

from engine.learners.base import Learner, Rollouts
from engine.learners.captured import Captured, in_turn
from engine.learners.few import cores, side_by_side
from engine.learners.optimiser import Plain
from engine.learners.rollouts import run_episodes
from engine.recording.schema import MetricColumn
from engine.tasks.dataset import Act, Trajectories, collect
from engine.tasks.segments import Gathered
from engine.tasks.streams import Streams


class TrainedLearner(Learner):
    """A learner whose state is its optimiser's (weights and moments), its stream's, and a count."""

    optimiser: Plain
    at_a_time: int = 0  # seeds whose update is one program on a CPU; 0 for all (see few.py)
    updates = 0
    gathered: Gathered | None = None  # whoever makes a run again puts a list here, to be filled

    def update(self) -> dict[str, Tensor]:
        """See :meth:`Learner.update`. On a GPU a repeated update is launched as a whole where it can be; on a
        CPU some learners take few seeds at a time."""
        whole = self.device.type == "cuda" and self.fixed and self.gathered is None
        diagnostics: dict[str, Tensor] = {}
        if whole:
            for part in self.repeated:
                diagnostics |= part(self.phase)
        else:
            diagnostics = side_by_side([few._update for few in self.split()])
        self.updates += 1
        return {column.name: diagnostics[column.name] for column in self.diagnostics}

    def split(self) -> list[Self]:
        """This learner as several, each of few seeds; itself where it takes all of them at once."""
        seeds = len(self.streams.seeds)
        size = min(self.at_a_time, -(-seeds // cores()))
        # A GPU has room for all; and where products are shared out among threads, that is a run's own choice.
        if size in (0, seeds) or self.device.type != "cpu" or get_num_threads() > 1:
            return [self]
        return [self.few(slice(first, first + size)) for first in range(0, seeds, size)]

    def few(self, seeds: slice) -> Self:
        """This learner with some of its seeds alone, on the same memory: what that one learns, this one has
        learned. Only its update may be asked for, which changes things in place: an attribute that is given
        anew is lost with it."""
        few = copy(self)
        few.streams = self.streams.of(seeds)
        return few

    @property
    def fixed(self) -> bool:
        """Whether updates of one phase have the same shapes and ask the device nothing (see captured.py)."""
        return self.from_data or self.environment.states > 0

    @property
    def phase(self) -> Hashable:
        """All that decides, in Python, what an update does."""
        knobs: Hashable = self.knobs
        return knobs

    @property
    def drawn_from(self) -> Sequence[Streams]:
        """The streams that an update draws from."""
        return (self.streams,)

    @property
    def parts(self) -> Sequence[Callable[[], dict[str, Tensor]]]:
        """What an update consists of, in turn; the device may be asked something only between them."""
        return (self._update,)

    @cached_property
    def repeated(self) -> Sequence[Captured]:
        """The parts, each as it is repeated on a GPU."""
        return in_turn([Captured(part, self.drawn_from) for part in self.parts])

    @abstractmethod
    def _update(self) -> dict[str, Tensor]:
        """Collect and learn once; the keys are the names of `diagnostics`."""

    def gather(self, act: Act, episodes: int, streams: Streams | None = None, group: int = 1) -> Trajectories:
        """`episodes` whole episodes per seed for an update to learn from (its own stream by default),
        `group` after `group` of them from the same start."""
        found = collect(self.environment, act, episodes, streams or self.streams, group, self.family)
        if self.gathered is not None:
            self.gathered.append(found)
        return found

    def rollout(self, target: float, episodes: int) -> Rollouts:
        """See :meth:`Learner.rollout`."""
        actor = self.actor(target)
        return run_episodes(
            self.environment, self.family, actor, episodes, self.streams.seeds, self.updates, target
        )

    def state(self) -> dict[str, Tensor]:
        """See :meth:`Learner.state`."""
        optimiser = {f"optimiser.{name}": tensor for name, tensor in self.optimiser.state().items()}
        return {**optimiser, "streams": self.streams.state(), "updates": torch.tensor(self.updates)}

    def load(self, state: dict[str, Tensor]) -> None:
        """See :meth:`Learner.load`."""
        self.optimiser.load(
            {
                name.removeprefix("optimiser."): tensor
                for name, tensor in state.items()
                if name.startswith("optimiser.")
            }
        )
        self.streams.load(state["streams"])
        self.updates = int(state["updates"])


def diagnostic(name: str, label: str, help: str, unit: str = "") -> MetricColumn:
    """A column for something that an update reports."""
    return MetricColumn(name, label, unit, help, "diagnostic")


LOSS = diagnostic("loss", "Loss", "What the last update went down on.")
GRADIENT_NORM = diagnostic("gradient_norm", "Gradient norm", "Norm of the gradient before clipping.")
EPISODE_RETURN = diagnostic(
    "episode_return", "Training return", "Mean return of the episodes the update learned from.", "reward"
)
STEP_ENTROPY = diagnostic(
    "step_entropy",
    "Action entropy",
    "Mean action entropy over the steps learned from; of a mixture, a bound from below.",
    "nats",
)
