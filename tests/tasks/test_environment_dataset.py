"""Trajectories, and the samples and counts that predictors learn from."""

from collections import Counter

import numpy as np
import pytest
import torch

from engine.tasks.dataset import Contexts, Steps, Trajectories, Windows, base_data, stretches
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment

CPU = torch.device("cpu")


def three_episodes() -> Trajectories:
    """One seed; episodes of 1, 3 and 6 steps with returns 0, 1 and 1; observation = 10 episode + time."""
    lengths = torch.tensor([[1, 3, 6]])
    time = torch.arange(6).expand(1, 3, 6)
    mask = time < lengths[..., None]
    rewards = torch.zeros(1, 3, 6)
    rewards[0, 1, 2] = rewards[0, 2, 5] = 1.0
    return Trajectories(
        observations=10 * torch.arange(3)[None, :, None] + time,
        actions=time % 2,
        rewards=rewards,
        probabilities=torch.full((1, 3, 6, 2), 0.5),
        mask=mask,
        final=torch.zeros(1, 3, dtype=torch.int64),
        truncated=torch.zeros(1, 3, dtype=torch.bool),
        outcome=torch.full((1, 3), -1),
    )


def test_return_to_go_is_the_return_less_what_was_earned_before() -> None:
    episodes = base_data(TabularEnvironment(load("levels"), CPU), 200, (0, 1))
    before = episodes.rewards.cumsum(-1) - episodes.rewards
    assert torch.equal(episodes.returns_to_go, episodes.returns[..., None] - before)
    assert episodes.returns.unique().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("length", [1, 2, 4, 6, 9])
@pytest.mark.parametrize("episode", [1, 3, 6])
def test_stretches_are_counted_as_by_enumeration(length: int, episode: int) -> None:
    counted = Counter[int]()
    for chosen in range(episode):
        first = max(0, chosen - length + 1)
        counted.update(range(first, min(first + length, episode)))
    time = torch.arange(episode)
    found = stretches(time, torch.tensor(episode), length)
    assert found.tolist() == [counted[t] for t in range(episode)]


@pytest.mark.parametrize("levels", [(0.0, 1.0), ()])
def test_windows_weigh_every_step_of_a_level_the_same(levels: tuple[float, ...]) -> None:
    windows = Windows(three_episodes(), 4, levels)
    window = windows.drawn(Streams((0,), "test", CPU), 40_000)
    weight = Counter[int]()
    for observation, one in zip(
        window.observations.flatten().tolist(), window.weights.flatten().tolist(), strict=True
    ):
        weight[observation] += one
    total = sum(weight.values())
    # Half of the weight falls on level 0, which has one step, and half on level 1, which has nine. Without
    # levels all ten are alike.
    assert set(weight) == {0, 10, 11, 12, 20, 21, 22, 23, 24, 25}
    for observation, one in weight.items():
        share = (0.5 if observation == 0 else 0.5 / 9) if levels else 0.1
        assert one / total == pytest.approx(share, rel=0.06)  # some 2,000 draws each: 2.6 deviations
    assert torch.equal(window.times, window.observations % 10)
    assert torch.equal(window.actions, window.times % 2)
    late = window.observations >= 10
    assert torch.equal(window.returns_to_go, late.float())


def test_windows_hold_consecutive_steps_and_weigh_padding_nothing() -> None:
    window = Windows(three_episodes(), 4, (0.0, 1.0)).drawn(Streams((0,), "test", CPU), 500)
    real = window.weights > 0
    ahead = window.times[..., 1:] - window.times[..., :-1]
    assert torch.equal(ahead[real[..., 1:]], torch.ones_like(ahead[real[..., 1:]]))
    first_episode = window.observations[..., 0] == 0
    assert torch.equal(real[first_episode].sum(-1), torch.ones_like(real[first_episode].sum(-1)))


def test_steps_are_all_steps_and_no_others() -> None:
    steps = Steps.of(three_episodes())
    assert steps.counts == [10]
    assert steps.observations[0].tolist() == [0, 10, 11, 12, 20, 21, 22, 23, 24, 25]
    observations, _, _, _ = steps.drawn(Streams((0,), "test", CPU), 20_000)
    counts = torch.bincount(observations[0], minlength=26)[steps.observations[0]]
    assert torch.all((counts - 2000).abs() < 5 * 42.5)  # five deviations of binomial(20000, .1)


def test_contexts_count_what_was_done_where() -> None:
    environment = TabularEnvironment(load("levels"), CPU)
    episodes = base_data(environment, 300, (0, 1))
    contexts = Contexts.of(Steps.of(episodes), environment)
    assert contexts is not None
    assert contexts.frequency.sum(dim=(1, 2)).numpy() == pytest.approx(np.ones(2))
    for seed in range(2):
        counted = Counter[tuple[float, ...]]()
        for e, t in torch.nonzero(episodes.mask[seed]).tolist():
            key = (episodes.observations[seed, e, t], t, episodes.returns_to_go[seed, e, t])
            counted[(*map(float, key), float(episodes.actions[seed, e, t]))] += 1
        total = sum(counted.values())
        rows = zip(contexts.observations, contexts.times, contexts.returns_to_go, strict=True)
        for row, context in enumerate(rows):
            for action in range(4):
                share = counted.pop((*map(float, context), float(action)), 0) / total
                assert float(contexts.frequency[seed, row, action]) == pytest.approx(share)
        assert not counted
