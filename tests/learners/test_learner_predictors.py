"""Predictors against the conditional oracle, and the transformer against itself computed the long way."""

import dataclasses

import numpy as np
import pytest
import torch
from learner_builders import CPU, learner, two_doors

from engine.learners.base import Probes
from engine.learners.knobs import turned
from engine.learners.sequence_predictor import SequencePredictor
from engine.oracles.conditional import conditional_policy
from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.dataset import collect
from engine.tasks.environment import Environment
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment


def context_probes(time: list[int], observations: list[list[int]], actions: list[list[int]]) -> Probes:
    return Probes(
        observations=torch.tensor(observations),
        actions=torch.tensor(actions),
        rewards=torch.zeros(len(time), len(actions[0])),
        time=torch.tensor(time),
    )


@pytest.mark.parametrize("name", ["rvs", "decision_transformer"])
def test_on_a_small_task_it_becomes_the_conditional_oracle(name: str) -> None:
    environment = two_doors()
    predictor = learner(name, environment, (0, 1, 2), {"data_episodes": 20_000})
    for rate in (0.003, 0.0003):
        predictor.knobs = turned(predictor.knobs, "learning_rate", rate)
        for _ in range(300):
            predictor.update()
    # At 0; in 1 after action 0 and after action 1 (the oracle does not care which); in 2 after action 2.
    probes = context_probes([0, 1, 1, 1], [[0, 0], [0, 1], [0, 1], [0, 2]], [[0, 0], [0, 0], [1, 0], [2, 0]])
    found = predictor.probabilities(probes, torch.tensor([0.0, 1.0])).numpy()
    oracle = conditional_policy(ReturnToGo(environment.task), np.array([0.0, 1.0])).policy
    expected = oracle[:, [0, 1, 1, 1], [0, 1, 1, 2]]
    # The rarest context, (2, return 0), is in .3 · .3 of 20,000 episodes: two deviations of its shares are
    # .02, and a network trained with noise stays within as much again.
    assert found == pytest.approx(np.broadcast_to(expected, found.shape), abs=0.05)
    assert expected[1, 0] == pytest.approx(np.array([0.15, 0.06, 0.21]) / 0.42)  # by hand


def test_the_return_conditioned_network_keeps_what_success_does_not_cost() -> None:
    environment = TabularEnvironment(load("crossroads"), CPU)
    rvs = learner("rvs", environment, (0, 1, 2, 3))
    for _ in range(300):
        rvs.update()
    levels = torch.tensor(environment.levels)
    table = rvs.policy_table(levels).numpy()
    exact = ExactEvaluator(environment.task).evaluate(table, levels.numpy(), np.array([1.0]))
    assert exact.mean.min() >= 0.95
    assert exact.collateral.max() < 0.25


PUBLISHED = {"layers": 3, "width": 16, "heads": 2}
TRANSFORMERS: dict[str, tuple[str, dict[str, object]]] = {
    "small": ("decision_transformer", {}),
    "three tokens": ("published_transformer", PUBLISHED),
    "one token": ("published_transformer", {**PUBLISHED, "tokens": "one"}),
}


def unlike_its_start(which: str, environment: Environment) -> SequencePredictor:
    """A transformer with large random weights, so that every token matters."""
    name, knobs = TRANSFORMERS[which]
    transformer = learner(name, environment, (0, 1), {"data_episodes": 64, **knobs})
    assert isinstance(transformer, SequencePredictor)
    state = transformer.state()
    random = torch.Generator().manual_seed(5)
    weights = state["optimiser.weights"]
    state["optimiser.weights"] = weights + 0.3 * torch.randn(weights.shape, generator=random)
    transformer.load(state)
    return transformer


def longer(horizon: int) -> TabularEnvironment:
    return TabularEnvironment(dataclasses.replace(load("crossroads"), horizon=horizon), CPU)


@pytest.mark.parametrize("which", TRANSFORMERS)
@pytest.mark.parametrize("horizon", [14, 50])
def test_cached_is_uncached(which: str, horizon: int) -> None:
    # 50 steps slide the window of 20 along, 14 do not fill it.
    environment = longer(horizon)
    transformer = unlike_its_start(which, environment)
    with torch.no_grad():
        episodes = collect(environment, transformer.actor(1.0), 3, Streams((0, 1), "test", CPU))
    compared = 0
    for seed, episode in np.ndindex(2, 3):
        length = int(episodes.mask[seed, episode].sum())
        for time in range(length):
            until = slice(0, time + 1)
            actions = episodes.actions[seed, episode, until].clone()
            actions[-1] = 0
            rewards = episodes.rewards[seed, episode, until].clone()
            rewards[-1] = 0
            observations = episodes.observations[seed, episode, until]
            probe = Probes(observations[None], actions[None], rewards[None], torch.tensor([time]))
            uncached = transformer.probabilities(probe, torch.tensor([1.0]))[seed, 0, 0]
            cached = episodes.probabilities[seed, episode, time]
            assert cached.numpy() == pytest.approx(uncached.numpy(), abs=2e-6)
            compared += 1
    assert compared > 6 * 6  # the corners are six steps away
    spread = episodes.probabilities[episodes.mask].std(dim=0)
    assert spread.max() > 0.1  # the policies differ, so that agreement means something


@pytest.mark.parametrize("which", TRANSFORMERS)
def test_what_lies_before_an_episode_is_not_seen(which: str) -> None:
    transformer = unlike_its_start(which, longer(14))
    short = context_probes([1], [[24, 17]], [[0, 0]])
    padded = context_probes([1], [[3, 41, 24, 17]], [[2, 1, 0, 0]])
    targets = torch.tensor([0.0, 1.0])
    found = transformer.probabilities(padded, targets)
    # Three tokens more are summed as exact zeros; only the order of sums may differ.
    assert found.numpy() == pytest.approx(transformer.probabilities(short, targets).numpy(), abs=2e-6)
    other = context_probes([1], [[24, 17]], [[3, 0]])
    assert not torch.allclose(transformer.probabilities(other, targets), found, atol=1e-3)


@pytest.mark.parametrize("which", TRANSFORMERS)
def test_an_action_is_not_foretold_from_itself_or_what_follows(which: str) -> None:
    transformer = unlike_its_start(which, longer(14))
    window = transformer.windows.drawn(transformer.streams, 4)
    before = transformer.logits(window, training=False)
    for name, changed in (
        ("actions", (window.actions + 1) % 4),
        ("observations", (window.observations + 1) % 49),
        ("returns_to_go", window.returns_to_go + 1),
    ):
        at = 5
        values = getattr(window, name).clone()
        values[:, :, at] = changed[:, :, at]
        after = transformer.logits(dataclasses.replace(window, **{name: values}), training=False)
        first = at + 1 if name == "actions" else at
        assert torch.equal(after[:, :, :first], before[:, :, :first])
        assert not torch.allclose(after[:, :, first], before[:, :, first], atol=1e-3)


@pytest.mark.parametrize("which", TRANSFORMERS)
def test_padding_does_not_enter_the_mean(which: str) -> None:
    transformer = unlike_its_start(which, longer(14))
    again = unlike_its_start(which, longer(14))
    # Nonsense after the episodes' ends must not change anything.
    ended = ~torch.arange(14).expand(2, 64, 14).lt(again.windows._lengths[..., None])
    assert ended.any()
    again.windows._actions = torch.where(ended, 3, again.windows._actions)
    again.windows._returns_to_go = torch.where(ended, 9.0, again.windows._returns_to_go)
    assert torch.equal(transformer.update()["loss"], again.update()["loss"])


def test_it_learns_and_acts_on_features_too() -> None:
    environment = GymnasiumEnvironment("CartPole-v1", CPU)
    for name in ("rvs", "decision_transformer"):
        predictor = learner(name, environment, (0, 1), {"data_episodes": 256})
        first = predictor.update()["loss"]
        assert first.tolist() == pytest.approx([np.log(2)] * 2, abs=1e-5)  # the head starts at zero
        for _ in range(60):
            last = predictor.update()["loss"]
        assert torch.all(last < first - 0.005)
        rollout = predictor.rollout(66.0, 8)
        assert torch.equal(rollout.returns, rollout.lengths.float())
        assert torch.all(rollout.drift > 0)
    environment.close()
