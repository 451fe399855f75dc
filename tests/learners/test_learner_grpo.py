"""GRPO: advantages, weights and one update by hand; where each variant comes to rest, in closed form."""

import itertools

import numpy as np
import pytest
import torch
from learner_builders import CPU, bandit, learner

from engine.learners.grpo import GRPO, group_relative, step_weights
from engine.learners.knobs import turned
from engine.learners.optimiser import Plain
from engine.learners.ppo_losses import clipped_gain
from engine.tasks.dataset import collect
from engine.tasks.environment import Environment
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment


def grpo(environment: Environment, seeds: tuple[int, ...], knobs: dict[str, object]) -> GRPO:
    made = learner("grpo", environment, seeds, knobs)
    assert isinstance(made, GRPO)
    return made


def test_advantages_are_relative_to_the_own_group() -> None:
    returns = torch.tensor([[1.0, 3.0, 5.0, 5.0], [0.0, 0.0, 2.0, 4.0]])
    plain, telling = group_relative(returns, 2, divided=False)
    assert plain.tolist() == [[-1, 1, 0, 0], [0, 0, -1, 1]]
    assert telling.tolist() == [0.5, 0.5]
    divided, _ = group_relative(returns, 4, divided=True)
    # By hand: mean 3.5, squares 6.25 + .25 + 2.25 + 2.25 over 4 = 2.75; mean 1.5, squares 11 / 4.
    assert divided[0].tolist() == pytest.approx(list(np.array([-2.5, -0.5, 1.5, 1.5]) / 2.75**0.5), rel=1e-4)
    assert divided[1].tolist() == pytest.approx(list(np.array([-1.5, -1.5, 0.5, 2.5]) / 2.75**0.5), rel=1e-4)
    equals, telling = group_relative(torch.full((1, 3), 0.1), 3, divided=True)
    assert equals.abs().max() < 1e-6  # no deviation to divide by, and nothing blows up
    assert telling.item() == 0


def test_steps_weigh_as_each_variant_says_and_padding_nothing() -> None:
    # Two episodes, of one and of three steps, padded to four.
    mask = torch.tensor([[[True, False, False, False], [True, True, True, False]]])
    assert step_weights(mask, "grpo").tolist() == [[[1 / 2, 0, 0, 0], pytest.approx([1 / 6] * 3 + [0])]]
    assert step_weights(mask, "token mean").tolist() == [[[1 / 4, 0, 0, 0], [1 / 4] * 3 + [0]]]
    assert step_weights(mask, "unbiased").tolist() == [[[1 / 2, 0, 0, 0], [1 / 2] * 3 + [0]]]


def test_clipping_by_hand() -> None:
    ratio = torch.tensor([1.5, 1.5, 0.5, 0.5, 1.1], requires_grad=True)
    gain = clipped_gain(ratio, torch.tensor([2.0, -2.0, 2.0, -2.0, 2.0]), 0.2)
    assert gain.tolist() == pytest.approx([2.4, -3.0, 1.0, -1.6, 2.2])
    (slope,) = torch.autograd.grad(gain.sum(), ratio)
    assert slope.tolist() == [0, -2, 2, 0, 2]  # nothing is left to gain further up, or further down


@pytest.mark.parametrize("variant", ["grpo", "token mean", "unbiased"])
def test_one_update_by_hand_on_two_arms(variant: str) -> None:
    base = torch.tensor([0.7, 0.3])
    environment = bandit([2, 0], base.tolist())
    knobs = {"variant": variant, "group": 3, "groups": 2, "epochs": 1, "kl_weight": 0.0, "body": "table"}
    trained = grpo(environment, (0, 1), knobs)
    trained.optimiser = Plain(list(trained.policy.parameters()))  # so that the gradient can be read off
    trained.update()

    def by_base(observation, action, reward, time):
        return environment.base_probabilities(observation)

    arms = collect(environment, by_base, 6, Streams((0, 1), "train", CPU)).actions[..., 0]
    for seed in range(2):
        expected = np.zeros(2)
        for group in arms[seed].reshape(2, 3).tolist():
            paid = np.array([2.0 * (arm == 0) for arm in group])
            centred = paid - paid.mean()
            if variant != "unbiased":
                centred = centred / (paid.std() + 1e-4)
            for advantage, arm in zip(centred, group, strict=True):
                expected += advantage * (np.eye(2)[arm] - base.numpy()) / 6  # ∇ ln softmax = 1[a] − π
        norm = np.linalg.norm(expected)
        assert norm < 1  # else the clipping would show
        found = trained.optimiser.weights[seed].reshape(2, 2)
        assert found[0].tolist() == pytest.approx(0.002 * expected, abs=1e-8)
        assert torch.all(found[1] == 0)
    assert trained.optimiser.weights.abs().max() > 0


@pytest.mark.parametrize("body", ["network", "table"])
def test_unbiased_rests_at_the_kl_oracle_of_its_own_weight(body: str) -> None:
    # The group's mean holds each episode's own return: the gradient is (1 − 1/G) of the true one, the
    # price of a nat is not. π ∝ exp(r (G − 1) / (G β)) from a uniform base.
    environment = TabularEnvironment(load("ties"), CPU)
    knobs = {"variant": "unbiased", "group": 4, "groups": 64, "kl_weight": 0.5, "body": body, "epochs": 1}
    trained = grpo(environment, (0, 1), {**knobs, "learning_rate": 0.03 if body == "table" else 0.003})
    for _ in range(150):
        trained.update()
    trained.knobs = turned(trained.knobs, "learning_rate", 0.003 if body == "table" else 0.0003)
    for _ in range(100):
        trained.update()
    weight = np.exp(np.array([1, 1, 0, 0]) * 0.75 / 0.5)
    found = trained.policy_table(torch.zeros(1))[:, 0, 0, 0].numpy()
    # 256 pulls an update leave about a hundredth; the oracle at β itself is .03 away from this.
    assert 0.5 * np.abs(found - weight / weight.sum()).sum(axis=1).max() < 0.02


def slope(p: float, group: int) -> float:
    """d/dp of what divided advantages climb on two arms that pay 1 and 0: E[Σ A ∇ ln π] / (G p (1 − p))."""
    total = 0.0
    for pulls in itertools.product((0, 1), repeat=group):
        paid = np.array(pulls, dtype=float)
        advantage = (paid - paid.mean()) / (paid.std() + 1e-4)
        score = paid - p  # ∂ ln π(a) / ∂ logit of the paying arm
        total += np.prod(np.where(paid == 1, p, 1 - p)) * (advantage @ score) / group
    return float(total / (p * (1 - p)))


def test_divided_advantages_rest_where_their_own_expectation_vanishes() -> None:
    group, weight = 4, 1.0
    # Σ over all 2^4 groups, exactly: slope(p) = β (ln p/(1 − p)), the slope of the divergence from a half.
    low, high = 0.5, 0.999
    for _ in range(40):
        middle = (low + high) / 2
        rises = slope(middle, group) > weight * np.log(middle / (1 - middle))
        low, high = (middle, high) if rises else (low, middle)
    knobs = {"group": group, "groups": 64, "kl_weight": weight, "body": "table", "epochs": 1}
    trained = grpo(bandit([1, 0], [0.5, 0.5]), (0, 1), {**knobs, "learning_rate": 0.03})
    for _ in range(150):
        trained.update()
    trained.knobs = turned(trained.knobs, "learning_rate", 0.003)
    for _ in range(100):
        trained.update()
    assert 1 / (1 + np.exp(-1)) < low - 0.05  # the KL oracle is elsewhere: divided rewards are others
    found = trained.policy_table(torch.zeros(1))[:, 0, 0, 0, 0]
    assert found.tolist() == pytest.approx([low] * 2, abs=0.02)


def test_a_group_starts_from_the_same_place_and_groups_do_not() -> None:
    taxi = TabularEnvironment(load("taxi"), CPU)
    first = taxi.simulate(12, Streams((0, 1), "test", CPU), group=4).observation.reshape(2, 3, 4)
    assert torch.all(first == first[..., :1])
    assert len(first[..., 0].unique()) > 1
    cartpole = GymnasiumEnvironment("CartPole-v1", CPU)
    seen = cartpole.simulate(12, Streams((0, 1), "test", CPU), group=4).observation.reshape(2, 3, 4, 4)
    assert torch.all(seen == seen[:, :, :1])
    assert len(seen[:, :, 0].reshape(-1, 4).unique(dim=0)) == 6
    cartpole.close()
