"""What Gymnasium's spaces are to a learner: named actions or a box of them, and vectors of observations.

Observations that are not a box are flattened by `gymnasium.spaces.utils.flatten`, in the order of the
space's parts: a dictionary's by its keys, sorted unless the space was given in an order of its own; a
tuple's by place; a number out of n (and each number of several) as n numbers of which one is 1. What cannot
be flattened to a fixed length (text, graphs, sequences) is refused.

Axes: E environments, A actions, D dimensions of a box.
"""

import math
from abc import ABC, abstractmethod
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from engine.distributions.binned import Binned
from engine.distributions.categorical import Categorical
from engine.distributions.family import Family
from engine.errors import UserError

BINS = 11  # of each axis of a box of actions; odd, so that doing nothing lies in the middle of one
STACKED = 8  # at this length an axis of a picture is no longer a few channels, or frames
MOST_ACTIONS = 1024  # of several numbers taken together

Numbers = NDArray[Any]
AnyEnv = gymnasium.Env[Any, Any]


class Actions(ABC):
    """How what a learner does becomes what the environment is told, and back.

    Attributes:
        names: [A] as recorded: one an action, or one a bin of each axis of a box.
        family: of the base, which acts at random: its distribution is told as A probabilities.
        dimensions: D of a box, 0 where actions are numbered.
    """

    names: tuple[str, ...]
    family: Family
    dimensions = 0

    @abstractmethod
    def outside(self, actions: Numbers) -> Numbers:
        """What the environment is told, for actions [E] or [E, D]."""

    @abstractmethod
    def inside(self, told: Numbers) -> Numbers:
        """The reverse of :meth:`outside`."""


class Numbered(Actions):
    """One of n, the first of which need not be 0."""

    def __init__(self, space: spaces.Discrete[Any]) -> None:
        self.first = int(space.start)
        self.names = tuple(f"action {number}" for number in range(int(space.n)))
        self.family = Categorical(len(self.names))

    def outside(self, actions: Numbers) -> Numbers:
        """See :meth:`Actions.outside`."""
        return actions + self.first

    def inside(self, told: Numbers) -> Numbers:
        """See :meth:`Actions.inside`."""
        return np.asarray(told, dtype=np.int64) - self.first


class Joint(Actions):
    """Several numbers at once, taken together as one: every combination is an action of its own."""

    def __init__(self, space: spaces.MultiDiscrete | spaces.MultiBinary) -> None:
        self.shape = space.shape
        binary = isinstance(space, spaces.MultiBinary)
        each = np.full(self.shape, 2) if binary else np.asarray(space.nvec)  # type: ignore[union-attr]
        self.start = np.zeros_like(each) if binary else np.asarray(space.start)  # type: ignore[union-attr]
        self.sizes = tuple(int(size) for size in each.ravel())
        self.dtype = space.dtype
        number = np.arange(math.prod(self.sizes))
        self.names = tuple(", ".join(map(str, row.ravel())) for row in self.outside(number))
        self.family = Categorical(len(self.names))

    def outside(self, actions: Numbers) -> Numbers:
        """See :meth:`Actions.outside`."""
        numbers = np.stack(np.unravel_index(actions, self.sizes), axis=-1)
        return (numbers.reshape(*actions.shape, *self.shape) + self.start).astype(self.dtype)

    def inside(self, told: Numbers) -> Numbers:
        """See :meth:`Actions.inside`."""
        numbers = (np.asarray(told) - self.start).reshape(*told.shape[: -len(self.shape)], -1)
        return np.asarray(np.ravel_multi_index(tuple(np.moveaxis(numbers, -1, 0)), self.sizes))


class Stretched(Actions):
    """A box: learners act in [-1, 1]^D, which is stretched to the box's bounds."""

    def __init__(self, space: spaces.Box) -> None:
        self.shape, self.dtype = space.shape, space.dtype
        self.low, self.high = (bound.astype(np.float64) for bound in (space.low, space.high))
        self.dimensions = math.prod(self.shape)
        self.family = Binned(self.dimensions, BINS)
        middles = 2 * (np.arange(BINS) + 0.5) / BINS - 1
        points = self.outside(np.repeat(middles[:, None], self.dimensions, axis=1)).reshape(BINS, -1)
        axis = "" if self.dimensions == 1 else "axis {}: "
        self.names = tuple(
            f"{axis.format(number + 1)}{middle:.2g}"
            for number in range(self.dimensions)
            for middle in points[:, number].tolist()
        )

    def outside(self, actions: Numbers) -> Numbers:
        """See :meth:`Actions.outside`."""
        share = (actions.astype(np.float64).reshape(*actions.shape[:-1], *self.shape) + 1) / 2
        told = self.low + share * (self.high - self.low)
        return np.clip(told, self.low, self.high).astype(self.dtype)

    def inside(self, told: Numbers) -> Numbers:
        """See :meth:`Actions.inside`; what lies beyond the bounds is taken for them."""
        share = (np.asarray(told, dtype=np.float64) - self.low) / (self.high - self.low)
        flat = share.reshape(*share.shape[: share.ndim - len(self.shape)], self.dimensions)
        return np.clip(2 * flat - 1, -1, 1).astype(np.float32)


def actions_of(task: str, space: gymnasium.Space[Any]) -> Actions:
    """How to act in a space.

    Raises:
        UserError: for one in which no learner here can act.
    """
    if isinstance(space, spaces.Discrete):
        return Numbered(space)
    if isinstance(space, spaces.MultiDiscrete | spaces.MultiBinary):
        sizes = np.asarray(space.nvec) if isinstance(space, spaces.MultiDiscrete) else np.full(space.shape, 2)
        count = math.prod(int(size) for size in sizes.ravel())
        if count > MOST_ACTIONS:
            raise UserError(
                f"task {task}: its actions are {count:,} combinations of numbers; allowed: {MOST_ACTIONS:,}"
            )
        return Joint(space)
    if isinstance(space, spaces.Box):
        if not np.issubdtype(space.dtype, np.floating):
            raise UserError(f"task {task}: its actions are a box of {space.dtype}; allowed: a box of floats")
        if not (space.is_bounded("both") and bool((space.high > space.low).all())):
            raise UserError(
                f"task {task}: its actions have no bounds; allowed: a box with finite bounds, "
                "for example by ' | RescaleAction(min_action=-1, max_action=1)' on one that has them"
            )
        return Stretched(space)
    raise UserError(
        f"task {task}: its actions are {space}; allowed: numbers (Discrete, MultiDiscrete, MultiBinary) or a "
        "box of them"
    )


def flat(task: str, environment: AnyEnv) -> AnyEnv:
    """The environment with a box of observations: as it is, or flattened.

    Raises:
        UserError: for observations without a fixed length.
    """
    seen = environment.observation_space
    if isinstance(seen, spaces.Box):
        order = channels_last(seen)
        return environment if order is None else Pictures(environment, order)
    try:
        wrapped: AnyEnv = gymnasium.wrappers.FlattenObservation(environment)
        fixed = isinstance(wrapped.observation_space, spaces.Box) and not _has_text(seen)
    except (NotImplementedError, ValueError, TypeError):
        fixed = False
    if not fixed:
        raise UserError(
            f"task {task}: its observations are {seen}; allowed: boxes, numbers, and dictionaries or tuples "
            "of them; a wrapper may pick some, for example ' | FilterObservation(filter_keys=[\"image\"])'"
        )
    return wrapped


def _has_text(seen: gymnasium.Space[Any]) -> bool:
    """Whether letters are a part of it: as numbers of an alphabet they would mean nothing."""
    parts = seen.values() if isinstance(seen, spaces.Dict) else seen if isinstance(seen, spaces.Tuple) else ()
    return isinstance(seen, spaces.Text) or any(map(_has_text, parts))


def channels_last(seen: spaces.Box) -> tuple[int, ...] | None:
    """The order of axes in which bytes that are pictures in another form are height, width and channels: one
    grey picture, a stack of grey ones (as Atari's usual wrappers make), a stack of coloured ones. None for
    pictures that have that order already, and for anything else."""
    if seen.dtype != np.uint8:
        return None
    shape = seen.shape
    if len(shape) == 2 and min(shape) >= STACKED:
        return 0, 1
    if len(shape) == 3 and shape[0] < STACKED <= min(shape[1:]):
        return 1, 2, 0
    if len(shape) == 4 and max(shape[0], shape[3]) < STACKED <= min(shape[1:3]):
        return 1, 2, 0, 3
    return None


class Pictures(gymnasium.ObservationWrapper[Any, Any, Any]):
    """Bytes as height × width × channels, whatever order they come in."""

    def __init__(self, environment: AnyEnv, order: tuple[int, ...]) -> None:
        super().__init__(environment)
        self.order = order
        seen = environment.observation_space
        assert isinstance(seen, spaces.Box)
        bounds = self.observation(seen.low), self.observation(seen.high)
        self.observation_space = spaces.Box(*bounds, dtype=np.uint8)

    def observation(self, observation: Any) -> Any:
        """See the class."""
        picture = np.transpose(observation, self.order)
        return picture.reshape(*picture.shape[:2], -1)


def picture_shape(seen: gymnasium.Space[Any]) -> tuple[int, int, int] | None:
    """Height, width and channels of observations that are pictures: bytes, with the channels last. None for
    any other."""
    assert seen.shape is not None  # of a box
    if seen.dtype != np.uint8 or len(seen.shape) != 3:
        return None
    height, width, channels = seen.shape
    return height, width, channels
