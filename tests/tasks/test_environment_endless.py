"""Gymnasium environments that never stop, beside single ones; and going on from where they were."""

from collections.abc import Iterator

import gymnasium
import numpy as np
import pytest
import torch
from endless_steps import stepped

from engine.tasks.gymnasium_endless import GymnasiumEndless
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.streams import Streams

CPU = torch.device("cpu")


@pytest.fixture(params=["CartPole-v1", "Pendulum-v1"])
def environment(request: pytest.FixtureRequest) -> Iterator[GymnasiumEnvironment]:
    made = GymnasiumEnvironment(request.param, CPU)
    made.horizon = 20  # shorter than the environment's own limit
    yield made
    made.close()


def actions_for(environment: GymnasiumEnvironment, random: np.random.Generator) -> torch.Tensor:
    if environment.dimensions:
        return torch.from_numpy(random.uniform(-1, 1, (2, 3, 1)).astype(np.float32))
    return torch.from_numpy(random.integers(2, size=(2, 3)))


def endless_of(environment: GymnasiumEnvironment, streams: Streams) -> GymnasiumEndless:
    made = environment.endless(3, streams)
    assert isinstance(made, GymnasiumEndless)
    return made


def test_they_are_single_ones_one_episode_after_the_other(environment: GymnasiumEnvironment) -> None:
    endless = endless_of(environment, Streams((0, 5), "test", CPU))
    random = np.random.default_rng(0)
    singles = [[gymnasium.make(environment.name) for _ in range(3)] for _ in range(2)]
    seen = [[one.reset(seed=int(seed))[0] for one, seed in zip(row, endless._seed[place], strict=True)]
            for place, row in enumerate(singles)]  # fmt: skip
    age = np.zeros((2, 3), dtype=int)
    kinds = set[str]()
    for _ in range(3):
        endless.prepare(16)
        for _ in range(16):
            assert np.array_equal(endless.observation.numpy(), np.array(seen, dtype=np.float32))
            actions = actions_for(environment, random)
            step = stepped(endless, actions)
            for row, place in np.ndindex(2, 3):
                told = environment.acts.outside(actions[row, place : place + 1].numpy())[0]
                observation, reward, ended, _, _ = singles[row][place].step(told)
                age[row, place] += 1
                cut = age[row, place] == 20 and not ended
                assert np.array_equal(step.observation[row, place].numpy(), observation)
                assert float(step.reward[row, place]) == pytest.approx(float(reward), rel=1e-6)
                assert bool(step.terminated[row, place]) == ended
                assert bool(step.truncated[row, place]) == cut
                if ended or cut:
                    kinds.add("ended" if ended else "cut")
                    observation, _ = singles[row][place].reset(seed=int(endless._seed[row, place]))
                    age[row, place] = 0
                seen[row][place] = observation
    assert kinds == ({"ended", "cut"} if environment.name == "CartPole-v1" else {"cut"})
    for row in singles:
        for one in row:
            one.close()


def test_they_go_on_after_load_and_are_apart(environment: GymnasiumEnvironment) -> None:
    streams, same, other = (Streams(seeds, "test", CPU) for seeds in ((0, 5), (5,), (0, 5)))
    straight, alone = endless_of(environment, streams), endless_of(environment, same)
    random = np.random.default_rng(1)
    for some in (straight, alone):
        some.prepare(20)
    for _ in range(20):
        actions = actions_for(environment, random)
        assert torch.equal(
            stepped(straight, actions).observation[1:], stepped(alone, actions[1:]).observation
        )
    fork = endless_of(environment, other)
    fork.load(straight.state())
    other.load(streams.state())
    assert torch.equal(straight.observation, fork.observation)
    for some in (straight, fork):
        some.prepare(14)
    for _ in range(14):
        actions = actions_for(environment, random)
        mine, theirs = stepped(straight, actions), stepped(fork, actions)
        assert torch.equal(mine.observation, theirs.observation)
        assert torch.equal(straight.observation, fork.observation)
