"""What an environment shows and takes, in words."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from engine.tasks.space_words import acted, in_words, observed


@pytest.mark.parametrize(
    ("space", "shown", "taken"),
    [
        (spaces.Box(-1, 1, (4,)), "4 numbers", "4 numbers from -1 to 1"),
        (spaces.Box(-2, 2, (1,)), "1 number", "1 number from -2 to 2"),
        (spaces.Box(0, np.inf, (2,)), "2 numbers", "2 numbers without bounds"),
        (
            spaces.Box(np.array([0, -1], np.float32), np.array([1, 1], np.float32)),
            "2 numbers",
            "2 numbers, each within bounds of its own",
        ),
        (spaces.Box(-1, 1, (4, 3)), "4 by 3 numbers", "4 by 3 numbers from -1 to 1"),
        (spaces.Discrete(1000), "one of 1,000", "one of 1,000"),
        (spaces.MultiDiscrete([3, 3]), "2 times one of 3", "2 times one of 3"),
        (spaces.MultiDiscrete([2, 3]), "one of 2 and one of 3", "one of 2 and one of 3"),
        (spaces.MultiBinary(5), "5 times yes or no", "5 times yes or no"),
    ],
)
def test_numbers_are_counted_and_bounded(space: gymnasium.Space, shown: str, taken: str) -> None:
    assert (observed(space), acted(space)) == (shown, taken)


def test_pictures_and_parts_are_told_as_such() -> None:
    picture = spaces.Box(0, 255, (96, 84, 3), np.uint8)
    assert observed(picture) == "a picture of 96 by 84 pixels, 3 numbers each"
    assert observed(spaces.Box(0, 255, (96, 84), np.uint8)) == "a picture of 96 by 84 pixels"
    assert observed(spaces.Box(0, 255, (4, 96, 84), np.uint8)) == "4 by 96 by 84 numbers"
    parts = spaces.Dict({"place": spaces.Box(0, 1, (2,)), "said": spaces.Text(9)})
    assert observed(parts) == "place (2 numbers), said (text, which learners cannot take)"
    assert observed(spaces.Sequence(spaces.Discrete(2))) == "a Sequence, which learners cannot take"
    hand = spaces.Tuple((spaces.Discrete(32), spaces.Discrete(11), spaces.Discrete(2)))
    assert observed(hand) == "one of 32, one of 11 and one of 2"


def test_an_environment_is_told_in_sentences() -> None:
    pole = gymnasium.make("CartPole-v1")
    told = "Observed: 4 numbers. An action: one of 2."
    assert in_words(pole) == f"{told} An episode ends after 500 steps at the latest."
    assert in_words(gymnasium.wrappers.TimeLimit(pole, 9)).endswith("after 9 steps at the latest.")
    assert in_words(pole.unwrapped).startswith(told)
    pole.close()
