"""One episode as it is shown to a person: what happened, and nothing that a learner could be trained on."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def _no_observations() -> NDArray[np.float32]:
    return np.zeros((0, 0), dtype=np.float32)


def _no_frames() -> NDArray[np.uint8]:
    return np.zeros((0, 0, 0, 3), dtype=np.uint8)


@dataclass(frozen=True)
class Episode:
    """T steps of one seed, or T episodes of a single step each.

    Attributes:
        target: the return that was asked for, reward units; means nothing to a learner that takes none.
        seed: place of the seed among the run's.
        number: which of the episodes that may be drawn with the same policy.
        step: updates the learner had made.
        actions: [T] indices among the recorded actions; in a box, the bin of its first axis.
        rewards: [T] reward units, each what followed its action.
        contexts: [T + 1] what each state is called, the last one included; empty where states are not
            numbered.
        cells: [T + 1] row · width + column; empty where the task is not on a grid.
        observations: [T + 1, D] of a task whose states are not numbered, and not pictures.
        frames: [F, height, width, 3] pictures that the environment made of itself; F is 0 where it makes
            none. `moments` [F] are the steps before which each was made.
        ending: the outcome that it ended in; empty for none.
        apart: every step is an episode of its own: the task is a single choice.
        cut: it was not followed to its end, because that takes too long to be waited for.
    """

    target: float
    seed: int
    number: int
    step: int
    actions: tuple[int, ...]
    rewards: tuple[float, ...]
    contexts: tuple[str, ...] = ()
    cells: tuple[int, ...] = ()
    observations: NDArray[np.float32] = field(default_factory=_no_observations)
    frames: NDArray[np.uint8] = field(default_factory=_no_frames)
    moments: tuple[int, ...] = ()
    ending: str = ""
    apart: bool = False
    cut: bool = False

    @property
    def length(self) -> int:
        """T."""
        return len(self.actions)
