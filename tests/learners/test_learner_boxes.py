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
from engine.learners.published_transformer import PublishedTransformer
from engine.learners.registry import LEARNERS
from engine.replay import make_learner
from engine.specification import RunSpecification
from engine.tasks import gymnasium_environment
from engine.tasks.dataset import Window, collect
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.gymnasium_spaces import BINS
from engine.tasks.streams import Streams

WORLDS = str(Path(__file__).parents[1] / "tasks" / "worlds.py")
SMALL = {
    "reinforce": {"episodes": 8},
    "ppo": {"episodes": 8, "minibatch": 16, "collect": "episodes"},
    "grpo": {"group": 4, "groups": 2},
    "sac": {"episodes": 4, "batch": 16, "gradient_steps": 3, "memory": 64},
    "rvs": {"data_episodes": 32, "batch": 16},
    "dial": {"data_episodes": 32, "batch": 16, "episodes": 8},
    "cloning": {"data_episodes": 32, "batch": 16},
    "filtered_cloning": {"data_episodes": 32, "batch": 16},
    "best_of_n": {"data_episodes": 32, "batch": 16},
    "reward_weighted": {"data_episodes": 32, "batch": 16},
    "advantage_weighted": {"data_episodes": 32, "batch": 16},
    "decision_transformer": {"data_episodes": 32, "batch": 8},
    "published_transformer": {"data_episodes": 32, "batch": 8, "layers": 1, "width": 16},
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
    """Every learner that acts in boxes, with every head it has; "" where there is nothing to choose."""
    found = []
    for name, kind in LEARNERS.items():
        if kind.in_boxes:
            choices = [
                field.metadata["knob"]["choices"]
                for field in dataclasses.fields(kind.Knobs)
                if field.name == "head"
            ]
            found += [(name, choice) for choice in (choices[0] if choices else ("",))]
    return found


def small(name: str, head: str) -> dict[str, object]:
    """Small knobs of a learner, with this head."""
    return {**SMALL[name], "head": head} if head else dict(SMALL[name])


@pytest.mark.parametrize(("name", "head"), heads())
def test_seeds_are_apart_and_state_is_whole(name: str, head: str, steer: GymnasiumEnvironment) -> None:
    knobs = small(name, head)
    alone, company = learner(name, steer, (2,), knobs), learner(name, steer, (0, 1, 2), knobs)
    for _ in range(2):
        one, many = alone.update(), company.update()
        assert all(torch.equal(one[key][0], many[key][2]) for key in one)
        assert all(bool(value.isfinite().all()) for value in one.values())
    rollout, rollouts = alone.rollout(1.0, 5), company.rollout(1.0, 5)
    for field in dataclasses.fields(rollout):
        mine, theirs = getattr(rollout, field.name)[0].double(), getattr(rollouts, field.name)[2].double()
        # Where there is no distribution, drift and entropy are no numbers.
        assert torch.equal(mine.nan_to_num(-7.0), theirs.nan_to_num(-7.0))
    fork = learner(name, steer, (2,), knobs)
    fork.load({key: tensor.clone() for key, tensor in alone.state().items()})
    straight, forked = alone.update(), fork.update()
    assert all(torch.equal(straight[key], forked[key]) for key in straight)


@pytest.mark.parametrize(("name", "head"), heads())
def test_what_is_recorded_is_each_bins_probability(name: str, head: str, steer: GymnasiumEnvironment) -> None:
    """Of 4,000 draws at one context, five standard errors; each axis sums to one."""
    one = learner(name, steer, (0, 1), small(name, head))
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


@pytest.mark.parametrize("head", ["gaussian", "mixture", "bins"])
@pytest.mark.parametrize("name", ["ppo", "reinforce", "grpo"])
def test_reward_is_climbed(name: str, head: str, steer: GymnasiumEnvironment) -> None:
    """Three steps pay from −2 to 2 each; the base earns 0 on average."""
    knobs = {
        "ppo": {"kl_in": "none", "learning_rate": 0.01, "collect": "episodes", "episodes": 32},
        "reinforce": {"learning_rate": 0.03, "episodes": 32},
        "grpo": {"kl_weight": 0.0, "learning_rate": 0.02, "group": 8, "groups": 4, "epochs": 2},
    }[name]
    one = learner(name, steer, (0, 1), {"head": head, **knobs})
    for _ in range(25):
        one.update()
    rollouts = one.rollout(0.0, 64)
    assert bool((rollouts.returns.mean(1) > 4).all())
    assert bool((rollouts.drift.mean(1) > 1.0).all())  # ln 2 + ln 2 + ln 2 for half of each axis


@pytest.mark.parametrize("kl_in", ["reward", "loss"])
def test_with_a_kl_weight_bins_converge_to_the_closed_form(kl_in: str, once: GymnasiumEnvironment) -> None:
    """The optimum of E[a] − β KL(π ‖ uniform) over histograms of K bins is p_k ∝ exp(m_k / β), m_k the bins'
    middles: with β = 0.5 the first axis has that, the second stays uniform."""
    knobs = {
        "kl_in": kl_in,
        "kl_weight": 0.5,
        "head": "bins",
        "trace": 1.0,
        "epochs": 2,
        "collect": "episodes",
    }
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
def test_the_dials_ends_are_prediction_and_reward(head: str, once: GymnasiumEnvironment) -> None:
    """Without RL it is the return-conditioned network, bit for bit. With nothing else it climbs, whatever it
    is asked for, to the best return, which is 1; bins begin at the base, so that the dose is the drift."""
    knobs = {"head": head, "target": 0.0, "data_episodes": 64, "batch": 32}
    turned, plain = learner("dial", once, (0,), {**knobs, "rl_share": 0.0}), learner("rvs", once, (0,), knobs)
    for _ in range(3):
        mine, theirs = turned.update(), plain.update()
        assert torch.equal(mine["loss"], theirs["loss"])
        assert float(mine["dose"]) == 0
    one = learner("dial", once, (0, 1), {**knobs, "rl_share": 1.0, "episodes": 256})
    assert float(one.update()["dose"].abs().max()) < 1e-6  # measured before the first step of RL
    for _ in range(19):
        one.update()
    rollouts = one.rollout(0.0, 256)
    assert bool((rollouts.returns.mean(1) > 0.5).all())
    dose = one.update()["dose"]
    assert bool((dose > 1.0).all())
    if head == "bins":
        assert torch.allclose(dose, rollouts.drift.mean(1), rtol=0.05)


@pytest.mark.parametrize("kl_in", ["reward", "loss"])
def test_a_mixture_on_a_leash_keeps_both_ways_and_a_gaussian_cannot(
    kl_in: str, folded: GymnasiumEnvironment
) -> None:
    """Return = |first axis|. The optimum of E[R] − β KL(π ‖ uniform) is p ∝ exp(|a| / β): both ends alike."""
    knobs = {"kl_in": kl_in, "kl_weight": 0.2, "collect": "episodes", "episodes": 192, "learning_rate": 0.01}
    closed = np.exp(np.abs(2 * (np.arange(BINS) + 0.5) / BINS - 1) / 0.2)
    closed /= closed.sum()
    apart = {}
    for head in ("mixture", "gaussian"):
        one = learner("ppo", folded, (0,), {**knobs, "head": head})
        for _ in range(20):
            one.update()
        recorded = one.probabilities(sampled_probes(folded, 8), torch.zeros(1)).mean((0, 1, 2)).numpy()
        apart[head] = 0.5 * np.abs(recorded[:BINS] - closed).sum()  # total variation
    assert apart["mixture"] < 0.12
    assert apart["gaussian"] > 0.16


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


@pytest.mark.parametrize("name", ["decision_transformer", "published_transformer"])
def test_a_transformer_answers_the_return_asked_for(name: str, once: GymnasiumEnvironment) -> None:
    knobs = {"data_episodes": 1024, "batch": 64, "learning_rate": 0.01}
    small = {"layers": 1, "width": 32, "dropout": 0.0} if name == "published_transformer" else {}
    one = learner(name, once, (0,), {**knobs, **small})
    for _ in range(70):
        one.update()
    for asked in (-0.5, 0.5):
        returns = one.rollout(asked, 128).returns  # of the base: 0 on average, with a deviation of 0.58
        assert float(returns.mean()) == pytest.approx(asked, abs=0.2)
        assert float(returns.std()) < 0.4


def test_one_token_a_step_knows_the_action_before_in_a_box(steer: GymnasiumEnvironment) -> None:
    """Acting step by step from what is kept, and all of a window at once, are the same."""
    knobs = {**SMALL["published_transformer"], "tokens": "one", "head": "gaussian", "context": 3}
    one = learner("published_transformer", steer, (0,), knobs)
    assert isinstance(one, PublishedTransformer)
    one.update()
    with torch.no_grad():
        episodes = collect(steer, one.actor(1.0), 4, Streams((0,), "test", CPU), family=one.family)
        asked = 1.0 - (episodes.rewards.cumsum(2) - episodes.rewards)
        times = torch.arange(3).expand(1, 4, 3)
        seen = Window(episodes.observations, times, episodes.actions, asked, episodes.mask.float())
        rows = one.family.rows(one.logits(seen, training=False))
    assert torch.allclose(rows, episodes.probabilities, atol=1e-5)


def test_the_published_head_is_one_action_and_says_what_is_not_defined(folded: GymnasiumEnvironment) -> None:
    """Asked for 0.7 the data have −0.7 and 0.7: by squared error it acts in the middle, and earns little. Its
    drift and entropy are no numbers."""
    knobs = {"data_episodes": 1024, "batch": 64, "learning_rate": 0.01, "head": "deterministic"}
    one = learner("published_transformer", folded, (0,), {**knobs, "layers": 1, "width": 32})
    for _ in range(40):
        one.update()
    rollouts = one.rollout(0.7, 128)
    assert float(rollouts.returns.mean()) < 0.35
    assert bool(rollouts.drift.isnan().all() and rollouts.entropy.isnan().all())
    recorded = one.probabilities(sampled_probes(folded, 4), torch.tensor([0.7]))
    assert recorded.unflatten(-1, (2, BINS)).amax(-1).tolist() == [[[[1.0, 1.0]] * 4]]
    with torch.no_grad():
        measured, _, _ = Evaluation(one, (0,)).measure(0, closely=True)
    assert all(np.isnan(measured[name]).all() for name in ("drift", "collateral", "action_entropy"))
    assert np.isfinite(measured["return"]).all()


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
        measured, policy, returns = evaluation.measure(0, closely=True)
    assert policy.shape == (2, len(steer.levels), 48, 2 * BINS)
    assert returns.sum(-1) == pytest.approx(np.ones(returns.shape[:2]), abs=1e-5)
    assert evaluation.constants["base_policy"] == pytest.approx(np.full((48, 2 * BINS), 1 / BINS))
    for name in ("drift", "drift.se", "action_entropy", "vendi", "expected_distinct"):
        assert np.isfinite(measured[name]).all(), name
    assert isinstance(steer.family, Binned)


def test_a_learner_that_does_not_act_in_boxes_says_which_do() -> None:
    task = f"{WORLDS}:Steer | TimeLimit(max_episode_steps=3)"
    with pytest.raises(UserError, match=r"soft_q does not act in a box.*allowed: reinforce, ppo, .*Discr"):
        make_learner(RunSpecification(name="mine", task=task, learner="soft_q", seeds=(0,)), CPU)
    numbered = f"{task} | DiscretizeAction(bins=3)"
    made = make_learner(RunSpecification(name="mine", task=numbered, learner="sac", seeds=(0,)), CPU)
    assert made.environment.actions == 9
