"""Gymnasium environments, step by step against Gymnasium itself."""

from collections.abc import Iterator

import gymnasium
import numpy as np
import pytest
import torch

from engine.errors import UserError
from engine.tasks.dataset import base_data
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.streams import Streams

CPU = torch.device("cpu")


@pytest.fixture
def cartpole() -> Iterator[GymnasiumEnvironment]:
    environment = GymnasiumEnvironment("CartPole-v1", CPU)
    yield environment
    environment.close()


def test_cartpole_is_its_own_vector_environment(cartpole: GymnasiumEnvironment) -> None:
    streams, same = Streams((4, 7), "test", CPU), Streams((4, 7), "test", CPU)
    simulation = cartpole.simulate(5, streams)
    plain = [gymnasium.make_vec("CartPole-v1", 5) for _ in range(2)]
    seeds = same.integers(2**31 - 1)
    seen = [vector.reset(seed=int(seed))[0] for vector, seed in zip(plain, seeds, strict=True)]
    running = np.ones((2, 5), dtype=bool)
    random = np.random.default_rng(0)
    for _ in range(60):
        assert np.array_equal(simulation.observation.numpy(), np.stack(seen))
        assert np.array_equal(simulation.running.numpy(), running)
        actions = random.integers(2, size=(2, 5))
        step = simulation.step(torch.from_numpy(actions))
        results = [vector.step(row) for vector, row in zip(plain, actions, strict=True)]
        seen = [result[0] for result in results]
        terminated = np.stack([result[2] for result in results])
        assert np.array_equal(step.terminated.numpy(), terminated & running)
        assert np.array_equal(step.reward.numpy(), running.astype(np.float32))
        running &= ~terminated
    assert not running.any()  # else the masks above were never put to the test
    for vector in plain:
        vector.close()


def test_an_environment_without_a_vector_form_equals_the_single_one() -> None:
    environment = GymnasiumEnvironment("MountainCar-v0", CPU)
    simulation = environment.simulate(2, Streams((9,), "test", CPU))
    seed = int(Streams((9,), "test", CPU).integers(2**31 - 1)[0])
    singles = [gymnasium.make("MountainCar-v0") for _ in range(2)]
    for number, single in enumerate(singles):
        single.reset(seed=seed + number)
    actions = np.random.default_rng(1).integers(3, size=(200, 2))
    for time, row in enumerate(actions):
        step = simulation.step(torch.from_numpy(row[None]))
        for number, single in enumerate(singles):
            observation, reward, terminated, truncated, _ = single.step(int(row[number]))
            assert np.array_equal(step.observation[0, number].numpy(), observation)
            assert step.reward[0, number] == reward
            assert bool(step.terminated[0, number]) == terminated
            assert bool(step.truncated[0, number]) == truncated == (time == 199)
    assert not simulation.running.any()
    for single in singles:
        single.close()
    environment.close()


def test_the_base_data_end_where_the_pole_falls(cartpole: GymnasiumEnvironment) -> None:
    episodes = base_data(cartpole, 32, (0, 1))
    assert torch.equal(episodes.returns, episodes.mask.sum(-1).float())
    assert not episodes.truncated.any()
    fallen = (episodes.final[..., 2].abs() > 12 * np.pi / 180) | (episodes.final[..., 0].abs() > 2.4)
    assert fallen.all()


def test_levels_run_from_what_the_base_does_to_the_best(cartpole: GymnasiumEnvironment) -> None:
    assert len(cartpole.levels) == 9
    assert cartpole.levels[-1] == 500
    assert list(cartpole.levels) == sorted(cartpole.levels)
    assert cartpole.levels[2] == pytest.approx(19, abs=4)  # the median of random play


def test_what_cannot_be_had_is_said_in_one_line() -> None:
    with pytest.raises(UserError, match=r"task NoSuchThing-v0: cannot be made") as caught:
        GymnasiumEnvironment("NoSuchThing-v0", CPU)
    assert "\n" not in str(caught.value)
