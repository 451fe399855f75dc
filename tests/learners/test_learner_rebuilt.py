"""A gradient rebuilt from rewards: right on average, and as noisy as its closed form says."""

import numpy as np
import pytest
import torch
from learner_builders import CPU, bandit, learner

from engine.errors import UserError
from engine.learners.rebuilt import Rebuilt
from engine.metrics import gradients
from engine.tasks.gymnasium_environment import GymnasiumEnvironment


def rebuilt(base: list[float], knobs: dict[str, object]) -> Rebuilt:
    made = learner("rebuilt", bandit([0.0] * len(base), base), (0,), knobs)
    assert isinstance(made, Rebuilt)
    return made


def test_one_example_by_enumeration() -> None:
    policy, y = np.array([0.1, 0.6, 0.3]), 0
    each = np.eye(3) - policy  # ∇ ln π(a) for every a
    for reward, scale in (((np.arange(3) == y) / policy[y], 1.0), ((np.arange(3) == y) * 1.0, policy[y])):
        samples = reward[:, None] * each
        mean = policy @ samples
        assert np.allclose(mean, scale * each[y])
        variance = policy @ ((samples - mean) ** 2).sum(axis=1) / (mean**2).sum()
        assert variance == pytest.approx(float(gradients.relative_variance(policy[y])))


def test_an_action_that_is_never_drawn_tells_nothing() -> None:
    assert gradients.relative_variance(np.array([0.0, 1.0])).tolist() == [np.inf, 0.0]


def test_samples_until_the_direction_is_right() -> None:
    # A vector of length 1 with noise of variance v spread over many dimensions: cos² → 1 / (1 + v).
    v = gradients.samples_until(np.array(50.0))
    random = np.random.default_rng(0)
    noise = random.normal(size=(200, 5000)) * np.sqrt(50.0 / float(v) / 5000)
    exact = np.zeros(5000)
    exact[0] = 1
    assert gradients.cosine(exact + noise, exact).mean() == pytest.approx(0.99, abs=5e-4)
    assert gradients.cosine(np.zeros(3), np.ones(3)) == 0


def test_the_estimate_is_unbiased_and_its_variance_the_closed_form() -> None:
    trained = rebuilt([0.7, 0.2, 0.1], {"data_episodes": 1000})
    policy = torch.tensor([[[0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3]]])
    exact = (trained.frequency - trained.frequency.sum(-1, keepdim=True) * policy).flatten(1)
    tries = torch.stack([trained._estimate(policy, 1, trained.looking, plain=False) for _ in range(20_000)])
    # The standard error of a mean of 20,000 such draws is below .01 in every entry; four of them.
    assert (tries.mean(dim=0) - exact).abs().max() < 0.04
    measured = ((tries - exact).norm(dim=2) / exact.norm(dim=1)).square().mean().item()
    closed = trained._tried(policy, exact, policy.double())["variance_closed_form"].item()
    assert measured == pytest.approx(closed, rel=0.05)
    plain = torch.stack([trained._estimate(policy, 1, trained.looking, plain=True) for _ in range(20_000)])
    scaled = trained.frequency * policy
    expected = (scaled - scaled.sum(-1, keepdim=True) * policy).flatten(1)
    assert (plain.mean(dim=0) - expected).abs().max() < 0.02


def test_more_samples_point_more_nearly_the_right_way() -> None:
    trained = rebuilt([0.7, 0.2, 0.1], {})
    ladder = trained.update()
    cosines = [ladder[f"cosine_{n}"].item() for n in (1, 16, 1024)]
    assert cosines[0] < cosines[1] < cosines[2]
    assert cosines[2] > 0.99
    assert ladder["gradient_bias"].item() < 1e-6


@pytest.mark.parametrize("gradient", ["rewards", "cross-entropy"])
def test_both_ways_arrive_at_the_data(gradient: str) -> None:
    trained = rebuilt([0.7, 0.2, 0.1], {"gradient": gradient, "samples": 64, "learning_rate": 1.0})
    for _ in range(300):
        trained.update()
    policy = trained.policy_table(torch.zeros(1))[0, 0, 0, 0]
    share = trained.frequency[0, 0] / trained.frequency[0, 0].sum()
    # The cross-entropy has converged; the other keeps wandering by its noise, a few hundredths.
    assert (policy - share).abs().max() < (1e-4 if gradient == "cross-entropy" else 0.1)


def test_plain_rewards_are_biased_and_say_so() -> None:
    trained = rebuilt([0.7, 0.2, 0.1], {"gradient": "plain rewards"})
    # π is uniform at first, so that every example's part is a third of what it should be.
    assert trained.update()["gradient_bias"].item() == pytest.approx(2 / 3, abs=1e-5)


def test_it_wants_a_table() -> None:
    cartpole = GymnasiumEnvironment("CartPole-v1", CPU)
    with pytest.raises(UserError, match="no table of states; allowed: tabular tasks"):
        learner("rebuilt", cartpole, (0,))
    cartpole.close()
