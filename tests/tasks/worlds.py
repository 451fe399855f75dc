"""Environments of one's own, for the tests: small, and with spaces of every kind."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

LENGTH = 3
NOT_A_CLASS = 3


class Walk(gymnasium.Env[Any, Any]):
    """Three steps; what was done last is seen again, and `pay` is paid for each."""

    metadata = {"render_modes": []}  # noqa: RUF012

    def __init__(
        self, seen: spaces.Space[Any] | None = None, acts: spaces.Space[Any] | None = None, pay: float = 1.0
    ):
        self.observation_space = seen or spaces.Box(-1, 1, (2,), np.float32)
        self.action_space = acts or spaces.Discrete(2)
        self.pay = pay
        self.taken: list[Any] = []

    def reset(self, *, seed: int | None = None, options: Any = None):  # noqa: ARG002
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self.taken = []
        return self.observation_space.sample(), {}

    def step(self, action: Any):
        assert self.action_space.contains(action), action
        self.taken.append(action)
        return self.observation_space.sample(), self.pay, len(self.taken) == LENGTH, False, {}


class Endless(Walk):
    """It never ends by itself."""

    def step(self, action: Any):
        return *super().step(action)[:2], False, False, {}


class Pixels(Walk):
    """Pictures of 5 by 4 pixels."""

    def __init__(self) -> None:
        super().__init__(spaces.Box(0, 255, (5, 4, 3), np.uint8))


class Steer(Walk):
    """Two axes, with bounds of their own; it pays for going to the right."""

    def __init__(self, acts: spaces.Space[Any] | None = None) -> None:
        super().__init__(acts=acts or spaces.Box(np.float32([-2, 0]), np.float32([2, 1])))

    def step(self, action: Any):
        observation, _, ended, cut, info = super().step(action)
        return observation, float(action[0]), ended, cut, info


class Broken(Walk):
    """It cannot be made."""

    def __init__(self) -> None:
        raise RuntimeError("no\nway")


def three_paid() -> gymnasium.Env[Any, Any]:
    """A function does as well."""
    return Walk(pay=3.0)


def nothing() -> str:
    """Not an environment."""
    return ""


class Once(Walk):
    """A single choice in a square; a number says how it is paid, and is seen."""

    def __init__(self, fold: bool = False) -> None:
        super().__init__(spaces.Box(-1, 1, (1,)), spaces.Box(-1, 1, (2,)))
        self.fold = fold

    def step(self, action: Any):
        paid = float(abs(action[0]) if self.fold else action[0])
        return self.observation_space.sample(), paid, True, False, {}


class Lamp(Walk):
    """A picture in which one of two lamps is on, the left or the right; it pays 1 to say which."""

    def __init__(self) -> None:
        super().__init__(spaces.Box(0, 255, (4, 5, 3), np.uint8))

    def _picture(self) -> Any:
        self.lit = int(self.np_random.integers(2))
        picture = np.zeros((4, 5, 3), dtype=np.uint8)
        picture[self.np_random.integers(4), 4 * self.lit] = 255
        return picture

    def reset(self, *, seed: int | None = None, options: Any = None):  # noqa: ARG002
        super().reset(seed=seed)
        return self._picture(), {}

    def step(self, action: Any):
        paid = float(action == self.lit)
        _, _, ended, cut, info = super().step(action)
        return self._picture(), paid, ended, cut, info


class Several(Walk):
    """Two numbers at once; it pays their sum."""

    def __init__(self) -> None:
        super().__init__(acts=spaces.MultiDiscrete([3, 2], start=[0, 5]))

    def step(self, action: Any):
        observation, _, ended, cut, info = super().step(action)
        return observation, float(sum(action)), ended, cut, info
