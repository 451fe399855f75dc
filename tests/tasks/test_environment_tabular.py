"""Stepping a tabular task as tensors: against its arrays, and against frequencies it must have."""

import numpy as np
import pytest
import torch

from engine.tasks.dataset import base_data
from engine.tasks.registry import load
from engine.tasks.streams import Streams, inverted
from engine.tasks.tabular import TabularTask
from engine.tasks.tabular_environment import TabularEnvironment, base_occupancy

CPU = torch.device("cpu")


def chancy() -> TabularTask:
    """Two states and an end. From 0, action 0 goes to 1 (+1) with chance ¾, else ends (-1); action 1
    stays. From 1 either action ends, paying 2."""
    next_state = np.array([[[1, 2], [0, 0]], [[2, 0], [2, 0]], [[0, 0], [0, 0]]])
    probability = np.array([[[0.75, 0.25], [1, 0]], [[1, 0], [1, 0]], [[1, 0], [1, 0]]], dtype=float)
    reward = np.array([[[1, -1], [0, 0]], [[2, 0], [2, 0]], [[5, 0], [5, 0]]], dtype=float)
    return TabularTask(
        name="chancy",
        help="",
        horizon=3,
        next_state=next_state,
        probability=probability,
        reward=reward,
        terminal=np.array([False, False, True]),
        start=np.array([1.0, 0, 0]),
        base=np.array([[0.6, 0.4], [0.5, 0.5], [0.5, 0.5]]),
        outcome=np.array([-1, -1, 0]),
        outcome_names=("end",),
        action_names=("go", "stay"),
        state_names=("0", "1", "end"),
    )


def test_an_impossible_action_is_never_drawn_even_at_the_ends_of_the_unit_interval() -> None:
    largest = 1 - 2.0**-24  # the largest float32 below 1
    for probabilities in ([0, 0.3, 0.7, 0], [0, 1, 0, 0], [0, 1 / 3, 1 / 3, 1 / 3]):
        p = torch.tensor(probabilities)
        for uniform in (0.0, largest):
            assert p[inverted(p[None], torch.tensor([uniform]))[0]] > 0
            among = torch.cat([p, torch.zeros(60)])  # so many that they are searched
            assert among[inverted(among[None], torch.tensor([uniform]))[0]] > 0


@pytest.mark.parametrize("entries", [2, 3, 40])
def test_a_number_falls_in_its_entry_whether_these_are_counted_or_searched(entries: int) -> None:
    random = torch.Generator().manual_seed(entries)
    probabilities = torch.rand(1000, entries, generator=random) + 0.01
    probabilities /= probabilities.sum(dim=-1, keepdim=True)
    uniform = torch.rand(1000, generator=random)
    found = inverted(probabilities, uniform)
    edges = probabilities.double().cumsum(dim=-1)
    clear = ((edges - uniform[..., None]).abs() > 1e-6).all(dim=-1)  # float32 sums are no more than that off
    assert clear.float().mean() > 0.99
    assert torch.equal(found[clear], (edges <= uniform[..., None]).sum(dim=-1)[clear])


def test_what_is_no_number_chooses_an_action_that_there_is() -> None:
    # A run whose network has failed is still measured: its row shows NaN, and it can be forked.
    drawn = inverted(torch.full((2, 3), torch.nan), torch.tensor([0.0, 0.999]))
    assert ((drawn >= 0) & (drawn < 3)).all()


def test_a_seed_draws_the_same_alone_and_in_company() -> None:
    alone, company = Streams((3,), "train", CPU), Streams((1, 2, 3), "train", CPU)
    assert torch.equal(alone.uniform(5)[0], company.uniform(5)[2])
    assert torch.equal(alone.below(lambda: [7], 5)[0], company.below(lambda: [2, 9, 7], 5)[2])
    assert not torch.equal(Streams((3,), "other", CPU).uniform(5), Streams((3,), "train", CPU).uniform(5))


def test_every_step_follows_the_arrays() -> None:
    task = load("crossroads")
    environment = TabularEnvironment(task, CPU)
    simulation = environment.simulate(64, Streams((0, 1), "test", CPU))
    random = torch.Generator().manual_seed(0)
    for time in range(task.horizon):
        before, running = simulation.observation, simulation.running
        actions = torch.randint(task.actions, before.shape, generator=random)
        step = simulation.step(actions)
        for index in np.ndindex(2, 64):
            state, action = int(before[index]), int(actions[index])
            expected = task.next_state[state, action, 0] if running[index] else state
            assert step.observation[index] == expected
            assert step.reward[index] == (task.reward[state, action, 0] if running[index] else 0)
            ends = bool(task.terminal[expected]) or time == task.horizon - 1
            assert step.terminated[index] == (running[index] and ends)
            assert simulation.running[index] == (running[index] and not ends)
        assert not step.truncated.any()


def test_chance_has_the_stated_frequencies() -> None:
    episodes = base_data(TabularEnvironment(chancy(), CPU), 20_000, (0, 1, 2))
    # By hand: go now .6 (then ¾: 1, else ends), and so on over three actions.
    share = {3.0: 0.45 + 0.4 * 0.45, 1.0: 0.16 * 0.45, -1.0: 0.15 * (1 + 0.4 + 0.16), 0.0: 0.4**3}
    assert sum(share.values()) == pytest.approx(1)
    for value, p in share.items():
        found = (episodes.returns == value).float().mean(dim=1)
        # Five standard deviations of a share of 20,000: fails by chance once in a million.
        assert torch.all((found - p).abs() < 5 * (p * (1 - p) / 20_000) ** 0.5)
    ended = torch.where(episodes.outcome == 0, 1.0, 0.0).mean()
    assert float(ended) == pytest.approx(share[3.0] + share[-1.0], abs=0.01)


def test_levels_are_the_returns_the_base_reaches() -> None:
    assert TabularEnvironment(chancy(), CPU).levels == (-1.0, 0.0, 1.0, 3.0)
    assert TabularEnvironment(load("levels"), CPU).levels == (0.0, 1.0, 2.0, 3.0)


def test_occupancy_by_hand() -> None:
    expected = [[1, 0, 0], [0.4, 0.45, 0.15], [0.16, 0.18, 0.66], [0.064, 0.072, 0.864]]
    assert base_occupancy(chancy()) == pytest.approx(np.array(expected))
