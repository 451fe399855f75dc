"""Spaces of every kind, seen and acted in by way of environments of one's own."""

import math
from collections import OrderedDict
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces

from engine.errors import UserError
from engine.tasks import gymnasium_environment
from engine.tasks.dataset import base_data
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.gymnasium_spaces import BINS, actions_of, flat, picture_shape
from engine.tasks.streams import Streams
from tests.tasks.worlds import Walk

CPU = torch.device("cpu")
WORLDS = str(Path(__file__).with_name("worlds.py"))


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """A short survey: what it finds is tested elsewhere."""
    monkeypatch.setattr(gymnasium_environment, "SURVEY_EPISODES", 4)


@pytest.mark.parametrize(
    ("space", "value", "wanted"),
    [
        (spaces.Discrete(4, start=2), 3, [0, 1, 0, 0]),
        (spaces.MultiDiscrete([2, 3]), np.array([1, 0]), [0, 1, 1, 0, 0]),
        (spaces.MultiBinary(3), np.array([1, 0, 1]), [1, 0, 1]),
        (spaces.Tuple((spaces.Discrete(2), spaces.Box(0, 9, (2,)))), (1, np.array([5.0, 6.0])), [0, 1, 5, 6]),
        (  # by key, sorted
            spaces.Dict({"b": spaces.Discrete(2), "a": spaces.Box(0, 9, (1, 2))}),
            OrderedDict(b=0, a=np.array([[7.0, 8.0]])),
            [7, 8, 1, 0],
        ),
    ],
    ids=["number", "numbers", "bits", "tuple", "dictionary"],
)
def test_observations_are_flattened_in_the_order_that_is_told(space, value, wanted):
    environment = flat("test", Walk(space))
    assert environment.observation(value).tolist() == wanted
    assert environment.observation_space.shape == (len(wanted),)


def test_observations_without_a_fixed_length_are_refused():
    with pytest.raises(UserError, match="allowed: boxes, numbers, and dictionaries or tuples"):
        flat("test", Walk(spaces.Sequence(spaces.Discrete(2))))


def test_letters_are_no_numbers():
    lettered = spaces.Dict(where=spaces.Discrete(2), told=spaces.Tuple([spaces.Text(5)]))
    with pytest.raises(UserError, match="allowed: boxes, numbers, and dictionaries or tuples"):
        flat("test", Walk(lettered))


def test_pictures_are_bytes_with_channels_last_and_stay_bytes():
    environment = GymnasiumEnvironment(f"{WORLDS}:Pixels", CPU)
    assert environment.picture == (5, 4, 3)
    assert environment.features == 60
    episodes = base_data(environment, 3, (0, 1))
    assert episodes.observations.shape == (2, 3, 3, 60)
    assert episodes.observations.dtype == torch.uint8
    environment.close()
    for space in (spaces.Box(0, 255, (5, 4, 3), np.float32), spaces.Box(0, 255, (5, 4), np.uint8)):
        assert picture_shape(space) is None


@pytest.mark.parametrize(
    ("shape", "picture", "lit", "place"),
    [
        ((9, 8), (9, 8, 1), (2, 5), (2, 5, 0)),
        ((4, 9, 8), (9, 8, 4), (3, 2, 5), (2, 5, 3)),
        ((4, 9, 8, 3), (9, 8, 12), (3, 2, 5, 1), (2, 5, 3 * 3 + 1)),
    ],
    ids=["grey", "stacked grey", "stacked"],
)
def test_pictures_in_other_forms_are_put_in_order(shape, picture, lit, place):
    environment = flat("test", Walk(spaces.Box(0, 255, shape, np.uint8)))
    assert picture_shape(environment.observation_space) == picture
    pixels = np.zeros(shape, dtype=np.uint8)
    pixels[lit] = 7
    seen = environment.observation(pixels)
    assert seen[place] == 7
    assert environment.observation_space.contains(seen)


@pytest.mark.parametrize(
    ("space", "names"),
    [
        (spaces.Discrete(3, start=-1), ("action 0", "action 1", "action 2")),
        (spaces.MultiDiscrete([2, 3], start=[0, 5]), ("0, 5", "0, 6", "0, 7", "1, 5", "1, 6", "1, 7")),
        (spaces.MultiBinary(2), ("0, 0", "0, 1", "1, 0", "1, 1")),
    ],
    ids=["number", "numbers", "bits"],
)
def test_numbered_actions_are_all_that_there_are_and_back(space, names):
    acts = actions_of("test", space)
    assert acts.names == names
    told = acts.outside(np.arange(len(names)))
    assert all(space.contains(space.dtype.type(one) if one.ndim == 0 else one) for one in told)
    assert len({str(one) for one in told}) == len(names)
    assert acts.inside(told).tolist() == list(range(len(names)))


def test_a_box_is_stretched_to_its_bounds_and_back():
    space = spaces.Box(np.float32([[-2, 0]]), np.float32([[2, 1]]))
    acts = actions_of("test", space)
    assert acts.dimensions == 2
    assert len(acts.names) == 2 * BINS
    assert acts.names[0] == f"axis 1: {-2 + 2 / BINS:.2g}"
    assert acts.names[BINS] == f"axis 2: {0.5 / BINS:.2g}"
    inside = np.array([[-1.0, 1.0], [0.0, -0.5]], dtype=np.float32)
    told = acts.outside(inside)
    assert told.tolist() == [[[-2.0, 1.0]], [[0.0, 0.25]]]
    assert all(space.contains(one) for one in told)
    assert acts.inside(told).tolist() == inside.tolist()
    assert acts.inside(np.array([[[-9.0, 9.0]]])).tolist() == [[-1.0, 1.0]]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        (spaces.Box(-np.inf, np.inf, (1,)), "no bounds"),
        (spaces.Box(0, 5, (1,), np.int32), "box of int32"),
        (spaces.MultiBinary(11), "2,048 combinations of numbers; allowed: 1,024"),
        (spaces.Dict(a=spaces.Discrete(2)), r"its actions are Dict"),
    ],
)
def test_actions_of_other_kinds_are_refused(space, said):
    with pytest.raises(UserError, match=said):
        actions_of("test", space)


def test_the_base_of_a_box_is_uniform_over_it_and_what_it_did_is_what_was_told():
    environment = GymnasiumEnvironment(f"{WORLDS}:Steer", CPU)
    episodes = base_data(environment, 400, (0,))
    assert episodes.actions.shape == (1, 400, 3, 2)
    # The environment pays its first action, which goes from −2 to 2: Walk itself refuses what is outside.
    assert torch.allclose(episodes.rewards, 2 * episodes.actions[..., 0], atol=1e-6)
    flat_actions = episodes.actions.flatten(0, 2)
    error = 1 / math.sqrt(3 * 1200)  # deviation of a uniform number of [-1, 1], over √1200
    assert bool((flat_actions.mean(0).abs() < 5 * error).all())
    assert flat_actions.std(0).tolist() == pytest.approx([1 / math.sqrt(3)] * 2, rel=0.1)
    base = environment.base_probabilities(episodes.observations)
    assert base.shape == (1, 400, 3, 2 * BINS)
    assert torch.allclose(base, torch.tensor(1 / BINS))
    drift, entropy = environment.family.measured(base, episodes.actions, base)
    assert torch.allclose(drift, torch.tensor(0.0), atol=1e-5)
    assert torch.allclose(entropy, torch.tensor(2 * math.log(2)), atol=1e-5)
    environment.close()


def test_the_horizon_is_the_smallest_time_limit_or_a_thousand_steps():
    """An environment that ends by itself, one with a limit around it, one without any end at all."""
    for text, horizon in (("Walk", 1000), ("Endless | TimeLimit(max_episode_steps=7)", 7)):
        environment = GymnasiumEnvironment(f"{WORLDS}:{text}", CPU)
        assert environment.horizon == horizon
        environment.close()
    episodes = base_data(environment, 2, (0,))
    assert bool(episodes.truncated.all())
    assert episodes.mask.sum(2).tolist() == [[7, 7]]
    environment = GymnasiumEnvironment("CartPole-v1 | TimeLimit(max_episode_steps=9)", CPU)
    assert environment.horizon == 9
    environment.close()


def test_a_wrapped_cartpole_is_gymnasiums_wrapped_cartpole():
    """With a wrapper the plain vector form is used: the same seeds, the same steps."""
    environment = GymnasiumEnvironment("CartPole-v1 | FrameStackObservation(stack_size=2)", CPU)
    assert environment.features == 8
    simulation = environment.simulate(2, Streams((9,), "test", CPU))
    seed = int(Streams((9,), "test", CPU).integers(2**31 - 1)[0])
    single = gymnasium.wrappers.FrameStackObservation(gymnasium.make("CartPole-v1"), 2)
    seen, _ = single.reset(seed=seed + 1)
    for action in (0, 1, 1):
        assert np.array_equal(simulation.observation[0, 1].numpy(), seen.ravel())
        simulation.step(torch.tensor([[0, action]]))
        seen = single.step(action)[0]
    environment.close()
