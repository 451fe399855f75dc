"""REINFORCE: its update by hand, its known collapses, and its result on crossroads."""

import pytest
import torch
from learner_builders import CPU, bandit, learner

from engine.oracles.evaluation import ExactEvaluator
from engine.tasks.dataset import base_data, collect
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment


@pytest.mark.parametrize("baseline", ["none", "mean"])
def test_one_update_by_hand_on_two_arms(baseline: str) -> None:
    environment = bandit([2, 0], [0.7, 0.3])
    knobs = {"baseline": baseline, "episodes": 5, "learning_rate": 0.1, "optimiser": "plain"}
    reinforce = learner("reinforce", environment, (0, 1), knobs)
    reinforce.update()

    def by_base(observation, action, reward, time):
        return environment.base_probabilities(observation)

    arms = collect(environment, by_base, 5, Streams((0, 1), "train", CPU)).actions[..., 0]
    assert 0 < arms.sum() < 10  # both arms were pulled, so that there is something to compute
    for seed in range(2):
        expected = torch.zeros(2)
        for number, arm in enumerate(arms[seed].tolist()):
            others = [2.0 * (other == 0) for n, other in enumerate(arms[seed].tolist()) if n != number]
            advantage = 2.0 * (arm == 0) - (sum(others) / 4 if baseline == "mean" else 0.0)
            # ∇ ln softmax = 1[a] − π, and the policy begins at the base.
            chosen = torch.tensor([1.0, 0.0]) if arm == 0 else torch.tensor([0.0, 1.0])
            expected += advantage * (chosen - torch.tensor([0.7, 0.3])) / 5
        logits = reinforce.state()["optimiser.weights"][seed].reshape(2, 2)
        assert logits[0] == pytest.approx(0.1 * expected.numpy(), abs=1e-6)
        assert torch.all(logits[1] == 0)


@pytest.mark.parametrize(("rate", "batch", "modes", "share"), [(0.5, 1, 1.02, 0.988), (0.1, 16, 1.58, 0.12)])
def test_ties_collapses_as_often_as_is_known(rate: float, batch: int, modes: float, share: float) -> None:
    # The values of the design's table for ties: 2000 steps, no baseline, uniform start; 250 of its 500 seeds.
    environment = bandit([1, 1, 0, 0], [0.25] * 4)
    knobs = {"baseline": "none", "episodes": batch, "learning_rate": rate, "optimiser": "plain"}
    reinforce = learner("reinforce", environment, tuple(range(250)), knobs)
    for _ in range(2000):
        reinforce.update()
    winners = reinforce.policy_table(torch.zeros(1))[:, 0, 0, 0, :2]
    winners = winners / winners.sum(dim=1, keepdim=True)
    found = torch.special.entr(winners).sum(dim=1).exp()
    # Four standard errors of the mean over 250 seeds; the table rounds to two decimals.
    assert float(found.mean()) == pytest.approx(modes, abs=4 * float(found.std()) / 250**0.5 + 0.005)
    lost = float((winners.max(dim=1).values > 0.95).double().mean())
    assert lost == pytest.approx(share, abs=4 * (share * (1 - share) / 250) ** 0.5 + 0.005)


@pytest.mark.parametrize(("body", "rate"), [("table", 0.05), ("network", 0.003)])
def test_crossroads_is_won_and_the_base_forgotten(body: str, rate: float) -> None:
    environment = TabularEnvironment(load("crossroads"), CPU)
    reinforce = learner("reinforce", environment, (0, 1, 2, 3), {"body": body, "learning_rate": rate})
    for _ in range(300):
        reinforce.update()
    exact = ExactEvaluator(environment.task).evaluate(reinforce.policy_table(torch.ones(1))[:, 0].numpy())
    assert exact.mean.min() >= 0.99
    assert exact.collateral.min() > 1.0


def test_a_policy_stays_within_the_support_of_its_base() -> None:
    environment = bandit([1, 5, 0], [0.5, 0.0, 0.5])
    reinforce = learner("reinforce", environment, (0,), {"learning_rate": 0.5})
    for _ in range(20):
        reinforce.update()
    row = reinforce.policy_table(torch.zeros(1))[0, 0, 0, 0]
    assert row[1] == 0
    assert row[0] > 0.9
    rollout = reinforce.rollout(0.0, 4)
    assert rollout.drift[0] == pytest.approx(float((row[[0, 2]] * (row[[0, 2]] / 0.5).log()).sum()), abs=1e-5)
    assert base_data(environment, 100, (0,)).actions.unique().tolist() == [0, 2]
