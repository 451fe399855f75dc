"""Environments that the extras of the install bring, step by step against Gymnasium itself."""

import gymnasium
import numpy as np
import pytest
import torch

from engine.tasks import gymnasium_environment
from engine.tasks.dataset import base_data
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.streams import Streams

CPU = torch.device("cpu")


@pytest.mark.filterwarnings("ignore:.*")  # theirs, not ours
@pytest.mark.parametrize(
    ("task", "dimensions", "features", "horizon", "best"),
    [
        ("Hopper-v5", 3, 11, 1000, 3800.0),  # MuJoCo
        ("BipedalWalker-v3", 4, 24, 1600, 300.0),  # Box2D
        ("LunarLander-v3(continuous=True)", 2, 8, 1000, 200.0),
    ],
)
def test_a_box_is_acted_in_as_gymnasium_does(
    task: str, dimensions: int, features: int, horizon: int, best: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gymnasium_environment, "SURVEY_EPISODES", 2)
    environment = GymnasiumEnvironment(task, CPU)
    found = environment.dimensions, environment.features, environment.horizon
    assert found == (dimensions, features, horizon)
    assert environment.levels[-1] == best
    simulation = environment.simulate(2, Streams((5,), "test", CPU))
    seed = int(Streams((5,), "test", CPU).integers(2**31 - 1)[0])
    name, _, rest = task.partition("(")
    single = gymnasium.make(name, **({"continuous": True} if rest else {}))
    seen, _ = single.reset(seed=seed + 1)
    actions = np.random.default_rng(0).uniform(-1, 1, (8, dimensions)).astype(np.float32)
    for action in actions:
        assert np.array_equal(simulation.observation[0, 1].numpy(), seen.astype(np.float32))
        step = simulation.step(torch.from_numpy(np.stack([action * 0, action]))[None])
        seen, reward, terminated, truncated, _ = single.step(action)
        assert step.reward[0, 1] == np.float32(reward)
        assert (bool(step.terminated[0, 1]), bool(step.truncated[0, 1])) == (terminated, truncated)
    single.close()
    environment.close()


@pytest.mark.filterwarnings("ignore:.*")
def test_minigrid_is_seen_as_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gymnasium_environment, "SURVEY_EPISODES", 2)
    around = " | minigrid.wrappers:ImgObsWrapper | TimeLimit(max_episode_steps=20)"
    environment = GymnasiumEnvironment(f"MiniGrid-Empty-5x5-v0{around}", CPU)
    assert (environment.picture, environment.actions, environment.horizon) == ((7, 7, 3), 7, 20)
    episodes = base_data(environment, 3, (0,))
    assert episodes.observations.dtype == torch.uint8
    assert int(episodes.observations.max()) <= 10  # MiniGrid's numbers of kinds and colours
    environment.close()
