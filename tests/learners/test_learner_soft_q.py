"""Soft Q: its fixed point is the KL oracle, or the maximum-entropy policy, in closed form."""

import numpy as np
import pytest
import torch
from learner_builders import CPU, bandit, learner

from engine.errors import UserError
from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.kl import kl_policy
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.registry import load
from engine.tasks.tabular_environment import TabularEnvironment


def test_on_crossroads_it_becomes_the_kl_oracle() -> None:
    task = load("crossroads")
    knobs = {"kl_weight": 0.5, "learning_rate": 1.0, "episodes": 256}
    trained = learner("soft_q", TabularEnvironment(task, CPU), (0, 1), knobs)
    for _ in range(400):
        trained.update()
    found = trained.policy_table(torch.zeros(1)).double().numpy()[:, 0]
    oracle = kl_policy(task, np.array([0.5])).policy[0]
    far = np.abs(found - oracle).sum(-1) / 2  # [S, H, N] total variation
    visits = occupancy(task.start, oracle, task.next_state, task.probability)
    visits[:, task.terminal] = 0
    # The task is deterministic: at rate 1 a visited pair is exact once its successors are. What remains
    # is at pairs too rare to have been visited, whose share of the oracle's visits is below .02.
    assert np.all((far * visits).sum(axis=(1, 2)) / visits.sum() < 0.02)
    exact = ExactEvaluator(task)
    assert exact.evaluate(found).mean == pytest.approx(exact.evaluate(oracle[None]).mean[0], abs=0.01)


def occupancy(
    start: np.ndarray, policy: np.ndarray, next_state: np.ndarray, probability: np.ndarray
) -> np.ndarray:
    """[H, N] how likely each state is at each time."""
    here, visits = start, []
    for rows in policy:
        visits.append(here)
        flow = here[:, None, None] * rows[:, :, None] * probability
        here = np.zeros_like(start)
        np.add.at(here, next_state, flow)
    return np.array(visits)


def test_relative_to_uniform_it_is_maximum_entropy() -> None:
    place = bandit([1.0, 0.0, 0.5], [0.8, 0.1, 0.1], unit=0.5)
    knobs = {"kl_weight": 0.5, "reference": "uniform", "learning_rate": 1.0, "episodes": 64}
    trained = learner("soft_q", place, (0,), knobs)
    for _ in range(20):
        trained.update()
    expected = np.exp([2.0, 0.0, 1.0])  # exp(r / β), whatever the base
    found = trained.policy_table(torch.zeros(1))[0, 0, 0, 0].numpy()
    assert found == pytest.approx(expected / expected.sum(), abs=1e-5)


def test_it_wants_a_table_of_states() -> None:
    cartpole = GymnasiumEnvironment("CartPole-v1", CPU)
    with pytest.raises(UserError, match="no table of states; allowed: tabular tasks"):
        learner("soft_q", cartpole, (0,))
    cartpole.close()
