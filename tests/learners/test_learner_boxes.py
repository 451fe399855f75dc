"""Learners that act in a box: closed forms where there are any, and what holds of every learner."""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from learner_builders import CPU, learner

from engine.distributions.binned import Binned
from engine.distributions.box import BoxFamily
from engine.errors import UserError
from engine.evaluation import Evaluation
from engine.learners.probes import sampled_probes
from engine.learners.registry import LEARNERS
from engine.replay import make_learner
from engine.specification import RunSpecification
from engine.tasks import gymnasium_environment
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.gymnasium_spaces import BINS

WORLDS = str(Path(__file__).parents[1] / "tasks" / "worlds.py")
SMALL = {
    "reinforce": {"episodes": 8},
    "ppo": {"episodes": 8, "minibatch": 16},
    "rvs": {"data_episodes": 32, "batch": 16},
    "cloning": {"data_episodes": 32, "batch": 16},
    "filtered_cloning": {"data_episodes": 32, "batch": 16},
    "best_of_n": {"data_episodes": 32, "batch": 16},
    "reward_weighted": {"data_episodes": 32, "batch": 16},
    "advantage_weighted": {"data_episodes": 32, "batch": 16},
}


def world(text: str) -> Iterator[GymnasiumEnvironment]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gymnasium_environment, "SURVEY_EPISODES", 32)
        environment = GymnasiumEnvironment(f"{WORLDS}:{text}", CPU)
    yield environment
    environment.close()


@pytest.fixture(scope="module")
def steer() -> Iterator[GymnasiumEnvironment]:
    yield from world("Steer")


@pytest.fixture(scope="module")
def once() -> Iterator[GymnasiumEnvironment]:
    yield from world("Once")


@pytest.fixture(scope="module")
def folded() -> Iterator[GymnasiumEnvironment]:
    yield from world("Once(fold=True)")


def heads() -> list[tuple[str, str]]:
    """Every learner that acts in boxes, with every head it has."""
    found = []
    for name, kind in LEARNERS.items():
        if kind.in_boxes:
            (head,) = [field for field in dataclasses.fields(kind.Knobs) if field.name == "head"]
            found += [(name, choice) for choice in head.metadata["knob"]["choices"]]
    return found


@pytest.mark.parametrize(("name", "head"), heads())
def test_seeds_are_apart_and_state_is_whole(name: str, head: str, steer: GymnasiumEnvironment) -> None:
    knobs = {**SMALL[name], "head": head}
    alone, company = learner(name, steer, (2,), knobs), learner(name, steer, (0, 1, 2), knobs)
    for _ in range(2):
        mine, theirs = alone.update(), company.update()
        assert all(torch.equal(mine[key][0], theirs[key][2]) for key in mine)
        assert all(bool(value.isfinite().all()) for value in mine.values())
    one, many = alone.rollout(1.0, 5), company.rollout(1.0, 5)
    assert all(
        torch.equal(getattr(one, f.name)[0], getattr(many, f.name)[2]) for f in dataclasses.fields(one)
    )
    fork = learner(name, steer, (2,), knobs)
    fork.load({key: tensor.clone() for key, tensor in alone.state().items()})
    mine, theirs = alone.update(), fork.update()
    assert all(torch.equal(mine[key], theirs[key]) for key in mine)


@pytest.mark.parametrize(("name", "head"), heads())
def test_what_is_recorded_is_each_bins_probability(name: str, head: str, steer: GymnasiumEnvironment) -> None:
    """Of 4,000 draws at one context, five standard errors; each axis sums to one."""
    one = learner(name, steer, (0, 1), {**SMALL[name], "head": head})
    for _ in range(3):
        one.update()
    probes = sampled_probes(steer, 5)
    targets = torch.tensor([0.0, 2.0])
    recorded = one.probabilities(probes, targets)
    asked = 2 if one.conditioned else 1
    assert recorded.shape == (2, asked, 5, 2 * BINS)
    axes = recorded.unflatten(-1, (2, BINS))
    assert axes.sum(-1).numpy() == pytest.approx(np.ones((2, asked, 5, 2)), abs=1e-5)
    # A probe at the start of an episode: the actor is asked for the same there.
    first = int(torch.nonzero(probes.time == 0)[0])
    count = 4000
    observation = probes.observations[first, -1].expand(2, count, -1)
    act = one.actor(2.0)
    with torch.no_grad():
        told = act(observation, steer.no_action(observation[..., 0]), torch.zeros(2, count), 0)
    family = one.family
    assert isinstance(family, BoxFamily)
    generator = torch.Generator().manual_seed(0)
    drawn = family.drawn(told, torch.rand(2, count, family.chances, generator=generator))
    for seed in range(2):
        for axis in range(2):
            seen = torch.bincount(family.bin_of(drawn)[seed, :, axis], minlength=BINS) / count
            wanted = axes[seed, -1, first, axis]
            assert bool(((seen - wanted).abs() <= 5 * (wanted / count).sqrt() + 1e-3).all())


@pytest.mark.parametrize("head", ["gaussian", "bins"])
@pytest.mark.parametrize("name", ["ppo", "reinforce"])
def test_reward_is_climbed(name: str, head: str, steer: GymnasiumEnvironment) -> None:
    """Three steps pay from −2 to 2 each; the base earns 0 on average."""
    knobs = {"ppo": {"kl_in": "none", "learning_rate": 0.01}, "reinforce": {"learning_rate": 0.03}}[name]
    one = learner(name, steer, (0, 1), {"episodes": 32, "head": head, **knobs})
    for _ in range(30):
        one.update()
    rollouts = one.rollout(0.0, 64)
    assert bool((rollouts.returns.mean(1) > 4).all())
    assert bool((rollouts.drift.mean(1) > 1.0).all())  # ln 2 + ln 2 + ln 2 for half of each axis


@pytest.mark.parametrize("kl_in", ["reward", "loss"])
def test_with_a_kl_weight_bins_converge_to_the_closed_form(kl_in: str, once: GymnasiumEnvironment) -> None:
    """The optimum of E[a] − β KL(π ‖ uniform) over histograms of K bins is p_k ∝ exp(m_k / β), m_k the bins'
    middles: with β = 0.5 the first axis has that, the second stays uniform."""
    knobs = {"kl_in": kl_in, "kl_weight": 0.5, "head": "bins", "trace": 1.0, "epochs": 2}
    one = learner("ppo", once, (0,), {**knobs, "episodes": 256, "learning_rate": 0.004})
    for _ in range(45):
        one.update()
    middles = 2 * (np.arange(BINS) + 0.5) / BINS - 1
    closed = np.exp(middles / 0.5)
    closed /= closed.sum()
    recorded = one.probabilities(sampled_probes(once, 8), torch.zeros(1)).mean((0, 1, 2)).numpy()
    assert 0.5 * np.abs(recorded[:BINS] - closed).sum() < 0.06  # total variation
    assert 0.5 * np.abs(recorded[BINS:] - 1 / BINS).sum() < 0.06
    drift = float((closed * np.log(closed * BINS)).sum())
    assert float(one.rollout(0.0, 256).drift.mean()) == pytest.approx(drift, abs=0.09)


@pytest.mark.parametrize("head", ["gaussian", "mixture", "bins"])
def test_a_return_asked_for_is_the_action_that_earns_it_and_nothing_else_moves(
    head: str, once: GymnasiumEnvironment
) -> None:
    """Return = first axis. Asked for g, the data's first axis is g exactly; the second is uniform."""
    knobs = {"data_episodes": 2048, "batch": 128, "learning_rate": 0.01, "head": head}
    one = learner("rvs", once, (0,), knobs)
    for _ in range(250):
        one.update()
    for asked in (-0.5, 0.5):
        rollouts = one.rollout(asked, 256)
        assert float(rollouts.returns.mean()) == pytest.approx(asked, abs=0.1)
        assert float(rollouts.returns.std()) < 0.3
        second = one.probabilities(sampled_probes(once, 4), torch.tensor([asked]))[0, 0, :, BINS:]
        # tanh of a normal comes no nearer to uniform than 0.06 in total variation
        assert float(0.5 * (second.mean(0) - 1 / BINS).abs().sum()) < 0.12


def test_a_mixture_keeps_both_ways_and_a_gaussian_cannot(folded: GymnasiumEnvironment) -> None:
    """Return = |first axis|: asked for 0.7 the data have −0.7 and 0.7, half each, and never 0."""
    shares = {}
    for head in ("mixture", "gaussian"):
        knobs = {"data_episodes": 2048, "batch": 128, "learning_rate": 0.01, "head": head}
        one = learner("rvs", folded, (0,), knobs)
        for _ in range(250):
            one.update()
        first = one.probabilities(sampled_probes(folded, 4), torch.tensor([0.7]))[0, 0, :, :BINS].mean(0)
        shares[head] = float(first[:4].sum()), float(first[4:7].sum()), float(first[7:].sum())
    left, middle, right = shares["mixture"]
    assert min(left, right) > 0.35
    assert middle < 0.1
    assert shares["gaussian"][1] > 0.15


def test_cloning_the_base_stays_at_the_base(steer: GymnasiumEnvironment) -> None:
    """What is cloned is uniform: with bins the drift is the little that 1,024 episodes leave unknown."""
    one = learner("cloning", steer, (0,), {"data_episodes": 1024, "head": "bins", "batch": 512})
    for _ in range(60):
        one.update()
    assert 0 <= float(one.rollout(0.0, 64).drift.mean()) < 0.15
    assert float(one.rollout(0.0, 64).entropy.mean()) == pytest.approx(3 * 2 * math.log(2), abs=0.15)


def test_a_run_in_a_box_is_measured_and_recorded(steer: GymnasiumEnvironment) -> None:
    one = learner("rvs", steer, (0, 1), SMALL["rvs"])
    evaluation = Evaluation(one, (0, 1))
    with torch.no_grad():
        measured, policy, returns = evaluation.measure(0)
    assert policy.shape == (2, len(steer.levels), 48, 2 * BINS)
    assert returns.sum(-1) == pytest.approx(np.ones(returns.shape[:2]), abs=1e-5)
    assert evaluation.constants["base_policy"] == pytest.approx(np.full((48, 2 * BINS), 1 / BINS))
    for name in ("drift", "drift.se", "action_entropy", "vendi", "expected_distinct"):
        assert np.isfinite(measured[name]).all(), name
    assert isinstance(steer.family, Binned)


def test_a_learner_that_does_not_act_in_boxes_says_which_do() -> None:
    task = f"{WORLDS}:Steer | TimeLimit(max_episode_steps=3)"
    with pytest.raises(UserError, match=r"sac does not act in a box.*allowed: reinforce, ppo, .*Discr"):
        make_learner(RunSpecification(name="mine", task=task, learner="sac", seeds=(0,)), CPU)
    numbered = f"{task} | DiscretizeAction(bins=3)"
    made = make_learner(RunSpecification(name="mine", task=numbered, learner="sac", seeds=(0,)), CPU)
    assert made.environment.actions == 9
