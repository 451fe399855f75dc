"""What weighted imitation converges to, against closed forms on one choice."""

import numpy as np
import pytest
import torch
from learner_builders import CPU, bandit, learner, two_doors

from engine.learners.cloning import WeightedCloning
from engine.learners.weighted_regression import mean_return_to_go
from engine.tasks.dataset import Trajectories, base_data
from engine.tasks.registry import load
from engine.tasks.tabular_environment import TabularEnvironment

BASE = [0.1, 0.2, 0.3, 0.4]
PAYS = [1.0, 1.0, 0.0, -1.0]
EPISODES = 16384
# The share of an arm in so many episodes errs by at most half of one part in √16384, for one standard
# error; weights that keep a few of the episodes only leave fewer to count. Four times that:
TOLERANCE = 0.03


def ends(name: str, knobs: dict[str, object], updates: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """The choice [A] that the learner ends with, and the one that its data amount to."""
    trained = learner(name, bandit(PAYS, BASE), (0,), {"data_episodes": EPISODES, **knobs})
    assert isinstance(trained, WeightedCloning)
    for _ in range(updates):
        trained.update()
    assert trained.frequency is not None
    return trained.policy_table(torch.zeros(1))[0, 0, 0, 0].numpy(), trained.frequency[0, 0, 0].numpy()


def best_of(n: int) -> np.ndarray:
    """P(arm) when the best of n draws is kept, ties shared: (F(r)^n − F(r−)^n) p(a) / p(r)."""
    pays, base = np.array(PAYS), np.array(BASE)
    law = np.empty(len(base))
    for arm, value in enumerate(pays):
        at_most, less = base[pays <= value].sum(), base[pays < value].sum()
        law[arm] = (at_most**n - less**n) * base[arm] / base[pays == value].sum()
    return law


CLOSED = {
    "cloning": ({}, np.array(BASE)),
    "the best fifth": ({"best_share": 20.0}, np.array([1 / 3, 2 / 3, 0, 0])),
    "a border in a tie": ({"best_share": 45.0}, np.array([0.1, 0.2, 0.15, 0]) / 0.45),
    "best of 3": ({"candidates": 3}, best_of(3)),
    "rewards": ({"temperature": 0.5}, np.array(BASE) * np.exp(np.array(PAYS) / 0.5)),
    # On one choice the advantage is the reward less a constant, which the weights do not feel.
    "advantages": ({"temperature": 0.5}, np.array(BASE) * np.exp(np.array(PAYS) / 0.5)),
}
NAMES = dict(
    zip(
        CLOSED,
        (
            "cloning",
            "filtered_cloning",
            "filtered_cloning",
            "best_of_n",
            "reward_weighted",
            "advantage_weighted",
        ),
        strict=True,
    )
)


@pytest.mark.parametrize("case", CLOSED)
def test_one_choice_ends_at_its_closed_form(case: str) -> None:
    knobs, law = CLOSED[case]
    policy, frequency = ends(NAMES[case], knobs)
    assert np.abs(frequency - law / law.sum()).max() < TOLERANCE
    assert np.abs(policy - frequency).max() < 2e-3  # what is left of the way after 400 updates


def test_the_best_of_one_is_the_base() -> None:
    assert np.allclose(best_of(1), BASE)
    policy, _ = ends("best_of_n", {"candidates": 1})
    assert np.abs(policy - BASE).max() < TOLERANCE


def test_effective_episodes_count_what_is_kept() -> None:
    for share, kept in ((100.0, 1000), (10.0, 100)):
        # 30 % win, so that the best tenth all are winners that share 100 places.
        one = learner(
            "filtered_cloning", bandit(PAYS, BASE), (0,), {"data_episodes": 1000, "best_share": share}
        )
        assert isinstance(one, WeightedCloning)
        weights = one.weights(one.data)
        assert weights.sum().item() == pytest.approx(kept, rel=1e-5)
        assert one.effective.item() == pytest.approx(
            (weights.sum() ** 2 / weights.square().sum()).item(), rel=1e-5
        )


def test_the_usual_return_is_that_of_the_same_state_and_time() -> None:
    environment = two_doors()
    data = base_data(environment, 2000, (0, 1))
    usual = mean_return_to_go(data, environment.states)
    for seed in range(2):
        for time in range(2):
            for state in data.observations[seed, :, time].unique().tolist():
                here = data.observations[seed, :, time] == state
                mean = data.returns_to_go[seed, :, time][here].mean()
                assert torch.allclose(usual[seed, :, time][here], mean, atol=1e-6)


def test_imitation_of_the_base_is_no_drift_at_all() -> None:
    environment = TabularEnvironment(load("crossroads"), CPU)
    trained = learner("cloning", environment, (0, 1))
    for _ in range(150):
        trained.update()
    # 16,384 walks of about 11 steps fix each cell's three free chances to within about a hundredth.
    assert trained.rollout(0.0, 512).drift.mean().item() < 0.05


def test_the_best_share_counts_only_the_episodes_that_are_there() -> None:
    # Every return is negative: a place without an episode, whose return is 0, would be the best of all.
    rewards = torch.tensor([[[-1.0], [-3.0], [0.0], [0.0]], [[-1.0], [-3.0], [-2.0], [-4.0]]])
    mask = torch.tensor([[[True], [True], [False], [False]], [[True], [True], [True], [True]]])
    nothing = torch.zeros(2, 4, 1, dtype=torch.long)
    data = Trajectories(
        nothing, nothing, rewards, torch.ones(2, 4, 1, 1), mask, nothing[..., 0],
        torch.zeros(2, 4, dtype=torch.bool), nothing[..., 0] - 1,
    )  # fmt: skip
    imitates = learner(
        "filtered_cloning", bandit(PAYS, BASE), (0, 1), {"best_share": 50, "data_episodes": 16}
    )
    assert isinstance(imitates, WeightedCloning)
    weights = torch.where(mask, imitates.weights(data), 0.0)[..., 0]
    assert weights.tolist() == [[1, 0, 0, 0], [1, 0, 1, 0]]  # half of two, and half of four
