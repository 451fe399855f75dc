"""Pictures: the convolution against the library's own, seeds apart, and a task that only eyes can solve."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from learner_builders import CPU, learner
from torch.nn import functional

from engine.learners.convolution import Convolution
from engine.learners.memory import Memory
from engine.tasks import gymnasium_environment
from engine.tasks.dataset import base_data
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.streams import Streams

WORLDS = str(Path(__file__).parents[1] / "tasks" / "worlds.py")


@pytest.fixture(scope="module")
def lamps() -> Iterator[GymnasiumEnvironment]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gymnasium_environment, "SURVEY_EPISODES", 32)
        environment = GymnasiumEnvironment(f"{WORLDS}:Lamp", CPU)
    yield environment
    environment.close()


@pytest.mark.parametrize("picture", [(40, 36, 2), (7, 7, 3), (2, 5, 1), (1, 1, 3)])
def test_it_is_the_librarys_convolution_seed_by_seed(picture: tuple[int, int, int]) -> None:
    network = Convolution(picture, 8, Streams((0, 1), "test", CPU))
    pixels = torch.randint(256, (2, 3, picture[0] * picture[1] * picture[2]), dtype=torch.uint8)
    found = network(pixels)
    assert found.shape == (2, 3, 8)
    for seed in (0, 1):
        maps = pixels[seed].reshape(3, *picture).permute(0, 3, 1, 2).float() / 255
        for layer, (filters, side, step) in zip(network.layers, network.shapes, strict=True):
            weight = layer.weight[seed].T.reshape(filters, -1, side, side)
            maps = functional.conv2d(maps, weight, layer.bias[seed, 0], stride=step).relu()
        wanted = maps.permute(0, 2, 3, 1).flatten(1) @ network.last.weight[seed] + network.last.bias[seed]
        assert torch.allclose(found[seed], wanted, atol=1e-4)


def test_a_large_picture_has_the_papers_layers() -> None:
    """84 by 84 pixels: 20, 9 and 7 places either way, and 3,136 numbers for the last layer."""
    network = Convolution((84, 84, 4), 16, Streams((0,), "test", CPU))
    assert [layer.weight.shape[1:] for layer in network.layers] == [(256, 32), (512, 64), (576, 64)]
    assert network.last.weight.shape == (1, 3136, 16)


@pytest.mark.parametrize("rows", [1, 5, 64])
@pytest.mark.parametrize("picture", [(84, 84, 4), (7, 7, 3)])
def test_a_seed_alone_has_the_same_bits_in_company(picture: tuple[int, int, int], rows: int) -> None:
    pixels = torch.randint(256, (3, rows, picture[0] * picture[1] * picture[2]), dtype=torch.uint8)
    alone = Convolution(picture, 16, Streams((2,), "test", CPU))
    company = Convolution(picture, 16, Streams((0, 1, 2), "test", CPU))
    mine, theirs = alone(pixels[2:]), company(pixels)
    assert torch.equal(mine[0], theirs[2])
    slopes = [
        torch.autograd.grad(out.square().sum(), list(network.parameters()))
        for out, network in ((mine, alone), (theirs, company))
    ]
    assert all(torch.equal(one[0], other[2]) for one, other in zip(*slopes, strict=True))


def test_what_is_remembered_of_pictures_stays_bytes(lamps: GymnasiumEnvironment) -> None:
    memory = Memory(lamps, 1, 16)
    memory.add(base_data(lamps, 4, (0,)))
    drawn = memory.drawn(Streams((0,), "test", CPU), 3)
    assert drawn.observations.dtype == torch.uint8


@pytest.mark.parametrize("name", ["ppo", "rvs", "decision_transformer"])
def test_what_a_picture_shows_can_be_learned(name: str, lamps: GymnasiumEnvironment) -> None:
    """One of two lamps is on; it pays 1 to choose it. By chance 1.5 of the 3 steps do."""
    knobs, updates = {
        "ppo": ({"kl_in": "none", "learning_rate": 0.01, "collect": "episodes"}, 25),
        "rvs": ({"data_episodes": 2048, "batch": 128, "learning_rate": 0.003}, 150),
        "decision_transformer": ({"data_episodes": 512, "batch": 64}, 50),
    }[name]
    one = learner(name, lamps, (0,), knobs)
    for _ in range(updates):
        one.update()
    assert float(one.rollout(3.0, 64).returns.mean()) > 2.2  # the mean of chance has an error of 0.11
