"""PPO: advantages by hand, the worth of a cut, the KL oracle as its limit, stopping seed by seed."""

import numpy as np
import pytest
import torch
from learner_builders import CPU, bandit, learner
from torch import nn

from engine.learners.advantages import generalised_advantages, in_episodes, normalised
from engine.learners.knobs import turned
from engine.learners.optimiser import Adam
from engine.learners.ppo import PPO
from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.kl import kl_policy
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.registry import load
from engine.tasks.tabular_environment import TabularEnvironment


def test_advantages_worked_by_hand() -> None:
    # Two episodes of two steps, padded to three, γ = λ = ½; the first terminated, the second was cut
    # where the value is 8.
    rewards = torch.tensor([[[1.0, 2.0, 0.0], [1.0, 2.0, 0.0]]])
    values = torch.tensor([[[4.0, 6.0, 99.0], [4.0, 6.0, 99.0]]])
    mask = torch.tensor([[[True, True, False], [True, True, False]]])
    following, ended = in_episodes(values, torch.tensor([[0.0, 8.0]]), mask)
    assert following[mask].tolist() == [6, 0, 6, 8]
    assert ended[mask].tolist() == [False, True, False, True]
    found = generalised_advantages(rewards, values, following, ended, 0.5, 0.5)
    # δ1 = 2 + ½·0 − 6 = −4 or 2 + ½·8 − 6 = 0; δ0 = 1 + ½·6 − 4 = 0; A0 = δ0 + ¼ δ1.
    assert found[mask].tolist() == [-1.0, -4.0, 0.0, 0.0]


@pytest.mark.parametrize(("name", "cut"), [("MountainCar-v0", True), ("CartPole-v1", False)])
def test_a_cut_is_bootstrapped_and_an_end_is_not(name: str, cut: bool) -> None:
    environment = GymnasiumEnvironment(name, CPU)
    ppo = learner(
        "ppo", environment, (0,), {"episodes": 2, "discount": 0.9, "kl_in": "none", "collect": "episodes"}
    )
    assert isinstance(ppo, PPO)
    with torch.no_grad():
        ppo.value.head.bias.fill_(0.5)  # the head starts at zero weights: every state is worth half the scale
        steps, _ = ppo._episodes()
        batch, _, _ = ppo._batch(steps)
    lengths = steps.mask[0].sum(dim=1)
    last = batch.values.reshape(2, -1).gather(1, lengths[:, None] - 1)[:, 0]
    reward = -1.0 if cut else 1.0
    after = 0.9 * 0.5 * environment.scale if cut else 0.0
    assert (last * environment.scale).tolist() == pytest.approx([reward + after] * 2, rel=1e-5)
    environment.close()


@pytest.mark.parametrize("kl_in", ["reward", "loss"])
def test_with_a_kl_weight_it_converges_to_the_kl_oracle(kl_in: str) -> None:
    environment = bandit([1, 0.5, 0], [0.2, 0.3, 0.5], unit=0.5)
    knobs = {"kl_weight": 0.5, "kl_in": kl_in, "episodes": 512, "minibatch": 512}
    ppo = learner("ppo", environment, (0, 1, 2), knobs)
    for rate in (0.003, 0.0003):
        ppo.knobs = turned(ppo.knobs, "learning_rate", rate)
        for _ in range(60):
            ppo.update()
    oracle = kl_policy(environment.task, np.array([0.5])).policy[0, 0, 0]
    found = ppo.policy_table(torch.zeros(1))[:, 0, 0, 0].numpy()
    assert np.abs(found - environment.base[0].numpy()).max() > 0.2  # it is not there already
    # 512 pulls an update leave a noise of about one percent.
    assert found == pytest.approx(np.tile(oracle, (3, 1)), abs=0.04)


def test_without_a_price_it_takes_the_best_arm() -> None:
    environment = bandit([1, 0.5, 0], [0.2, 0.3, 0.5], unit=0.5)
    ppo = learner("ppo", environment, (0, 1), {"kl_in": "none", "learning_rate": 0.01})
    for _ in range(60):
        ppo.update()
    assert ppo.policy_table(torch.zeros(1))[:, 0, 0, 0, 0].min() > 0.95


def test_crossroads_with_a_leash_keeps_what_reinforce_loses() -> None:
    environment = TabularEnvironment(load("crossroads"), CPU)
    ppo = learner("ppo", environment, (0, 1))
    for _ in range(100):
        ppo.update()
    exact = ExactEvaluator(environment.task).evaluate(ppo.policy_table(torch.ones(1))[:, 0].numpy())
    assert exact.mean.min() >= 0.9
    assert exact.collateral.max() < 2.0


def test_a_seed_that_went_too_far_stops_and_the_others_go_on() -> None:
    environment = bandit([1, 0], [0.5, 0.5])
    knobs = {"learning_rate": 0.003, "target_kl": 0.01, "epochs": 20, "episodes": 16, "minibatch": 8}
    taken = learner("ppo", environment, tuple(range(8)), knobs).update()["gradient_steps"]
    assert taken.max() < 40
    assert len(taken.unique()) > 1


def test_advantages_are_normalised_over_a_seeds_own_rows() -> None:
    advantages = torch.tensor([[1.0, 3.0, 77.0], [2.0, 4.0, 6.0]])
    mask = torch.tensor([[True, True, False], [True, True, True]])
    found, unit = normalised(advantages, mask)
    assert found[0].tolist() == pytest.approx([-1, 1, 0])
    assert found[1].tolist() == pytest.approx([-(1.5**0.5), 0, 1.5**0.5])
    assert unit.tolist() == pytest.approx([1, (8 / 3) ** 0.5])


def test_adam_is_adam_and_leaves_inactive_seeds_alone() -> None:
    start = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    ours = nn.Parameter(start.clone())
    theirs = nn.Parameter(start[1].clone())
    adam, reference = Adam([ours]), torch.optim.Adam([theirs], lr=0.1)
    for step in range(5):
        weight = torch.linspace(-1, 1, 4) * (step + 1)
        norm = adam.step((ours.sin() * weight).flatten(1).sum(1), 0.1, 1.5, torch.tensor([step < 2, True]))
        reference.zero_grad()
        (theirs.sin() * weight).sum().backward()
        expected = nn.utils.clip_grad_norm_([theirs], 1.5)
        assert float(norm[1]) == pytest.approx(float(expected), rel=1e-5)
        reference.step()
        if step == 1:
            halted = ours[0].detach().clone()
    assert ours[1].detach().numpy() == pytest.approx(theirs.detach().numpy(), abs=1e-5)
    assert torch.equal(ours[0], halted)
    assert adam.steps[:, 0].tolist() == [2, 5]
