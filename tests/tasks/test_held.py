"""Of an environment of one's own that does not keep Gymnasium's interface it is told what it does."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces

from engine.errors import UserError
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.held import Held
from tests.tasks.worlds import Walk

SEEN = spaces.Dict({"at": spaces.Box(-1, 1, (2,), np.float32), "door": spaces.Discrete(3)})
HERE = {"at": np.zeros(2, np.float32), "door": 1}


class World(Walk):
    """Answers as it is told to."""

    def __init__(self, first: Any = HERE, then: Any = HERE, pay: Any = 1.0) -> None:
        super().__init__(seen=SEEN, pay=pay)
        self.first, self.then = first, then

    def reset(self, *, seed: int | None = None, options: Any = None):
        super().reset(seed=seed, options=options)
        return self.first, {}

    def step(self, action: Any):
        _, reward, ended, cut, info = super().step(action)
        return self.then, reward, ended, cut, info


class Spaceless(Walk):
    def __init__(self) -> None:
        super().__init__()
        del self.observation_space


class Seedless(Walk):
    def reset(self):
        return super().reset()


class Bare(Walk):
    def reset(self, *, seed: int | None = None, options: Any = None):
        return super().reset(seed=seed, options=options)[0]


class Old(Walk):
    def step(self, action: Any):
        observation, reward, ended, _, info = super().step(action)
        return observation, reward, ended, info


WRONG = {"at": np.zeros(3, np.float32), "door": 1}
LOST = {"at": np.array([0.0, np.nan], np.float32), "door": 1}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (Spaceless, "has no observation_space; allowed: one of gymnasium.spaces"),
        (Seedless, r"reset takes no seed; allowed: reset\(self, \*, seed=None, options=None\)"),
        (Bare, "reset returns one ndarray; allowed: an observation and a dict"),
        (Old, "step returns 4 values; allowed: observation, reward, terminated, truncated and a dict"),
        (lambda: World(first=WRONG), r"reset returns an observation of shape \(3,\) at 'at'; allowed: its "),
        (lambda: World(then=WRONG), r"step returns .* of shape \(3,\) at 'at'; allowed: its space's, \(2,\)"),
        (lambda: World(then=LOST), "step returns an observation that is not a number at 'at'; allowed: numb"),
        (
            lambda: World(then={"at": HERE["at"]}),
            "step returns an observation with the keys at; allowed: the keys at, door",
        ),
        (lambda: World(then=3), "step returns an observation that is one int; allowed: the keys at, door"),
        (lambda: World(pay=float("nan")), "step pays nan; allowed: a finite number"),
        (lambda: World(pay=[1.0, 2.0]), r"step pays \[1.0, 2.0\]; allowed: a finite number"),
    ],
)
def test_what_is_not_kept_is_told(made: Any, said: str) -> None:
    def used() -> None:
        held = Held(made(), "task mine")
        held.reset(seed=0)
        held.step(0)

    with pytest.raises(UserError, match=f"^task mine: {said}"):
        used()


def test_what_is_kept_is_as_it_was() -> None:
    held = Held(World(pay=np.float32(2.5)), "task mine")
    assert held.reset(seed=3) == (HERE, {})
    assert held.step(1) == (HERE, 2.5, False, False, {})


def test_only_code_of_ones_own_is_held_and_told_of_by_its_task() -> None:
    cpu = torch.device("cpu")

    def layers(name: str) -> list[type]:
        layer, found = GymnasiumEnvironment(name, cpu).single(), []
        while isinstance(layer, gymnasium.Wrapper):
            found.append(type(layer))
            layer = layer.env
        return found

    assert Held in layers("tests.tasks.worlds:Walk")
    assert Held not in layers("Blackjack-v1")
    with pytest.raises(UserError, match=r"^task tests\.tasks\.test_held:Old: step returns 4 values"):
        GymnasiumEnvironment("tests.tasks.test_held:Old", cpu)
