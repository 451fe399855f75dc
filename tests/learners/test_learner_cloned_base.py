"""A base that is a network: what it imitates, and what is measured from it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from learner_builders import CPU, learner

from engine import catalogue, experiments
from engine.errors import UserError
from engine.evaluation import Evaluation
from engine.learners.cloned_base import ClonedBase
from engine.metrics.information import kl
from engine.replay import environment_of, make_learner
from engine.specification import RunSpecification, Source
from engine.tasks import gymnasium_environment
from engine.tasks.dataset import Trajectories, base_data, collect
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.gymnasium_spaces import BINS
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment

WORLDS = str(Path(__file__).parents[1] / "tasks" / "worlds.py")
SHARE = np.r_[np.full(5, 0.04), np.full(6, 0.8 / 6)]  # of the bins of the first axis, by the demonstrator


@pytest.fixture
def steer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gymnasium_environment, "SURVEY_EPISODES", 64)
    environment = GymnasiumEnvironment(f"{WORLDS}:Steer", CPU)
    yield environment
    environment.close()


def demonstrated(environment: GymnasiumEnvironment, episodes: int) -> Trajectories:
    """Someone who goes right: SHARE on the first axis, uniform on the second, whatever is seen."""
    told = torch.cat([torch.tensor(SHARE), torch.full((BINS,), 1 / BINS)]).float()

    def act(observation, action, reward, time):
        return told.expand(*observation.shape[:-1], -1)

    return collect(environment, act, episodes, Streams((0, 1), "demonstrator", CPU))


def test_the_cloned_base_is_the_demonstrator(steer: GymnasiumEnvironment) -> None:
    """3,000 steps; bins of 4 and 13 % are known to about a twentieth of themselves."""
    steer.take_base(ClonedBase(steer, demonstrated(steer, 500)))
    seen = torch.rand(4, 6, 2) * 2 - 1
    told = steer.base_probabilities(seen)
    assert told.shape == (4, 6, 2 * BINS)
    assert told.unflatten(-1, (2, BINS)).sum(-1).numpy() == pytest.approx(np.ones((4, 6, 2)), abs=1e-5)
    average = told.mean((0, 1)).numpy()
    assert 0.5 * np.abs(average[:BINS] - SHARE).sum() < 0.06
    assert 0.5 * np.abs(average[BINS:] - 1 / BINS).sum() < 0.06
    assert steer.levels[2] > 1  # the median of its returns; of acting at random it is 0
    middle = 2 * (np.arange(BINS) + 0.5) / BINS - 1
    returns = base_data(steer, 400, (0,)).returns
    error = float(returns.std()) / 20
    assert float(returns.mean()) == pytest.approx(3 * 2 * float(SHARE @ middle), abs=5 * error + 0.15)


def test_drift_is_from_the_network_with_its_standard_error(steer: GymnasiumEnvironment) -> None:
    """A policy that is uniform in every context drifts by Σ_steps KL(uniform ‖ base), here computed apart."""
    one = learner("rvs", steer, (0,), {"data_episodes": 8, "head": "bins"})  # untrained: uniform
    steer.take_base(ClonedBase(steer, demonstrated(steer, 500)))
    fresh = learner("rvs", steer, (0, 1), {"data_episodes": 64, "head": "bins"})
    rollouts = fresh.rollout(0.0, 64)
    acted = base_data(steer, 64, (7,)).observations[0]
    base = steer.base_probabilities(acted).unflatten(-1, (2, BINS)).double().numpy()
    wanted = kl(np.full_like(base, 1 / BINS), base).sum(-1).mean() * 3
    spread = float(rollouts.drift.std())
    assert spread > 0  # what is seen is random, and the network tells contexts a little apart
    assert float(rollouts.drift.mean()) == pytest.approx(wanted, abs=5 * spread / np.sqrt(128) + 0.02)
    with torch.no_grad():
        measured, _, _ = Evaluation(fresh, (0, 1)).measure(0, closely=True)
    assert (measured["drift.se"] > 0).all()
    assert (measured["drift.se"] < 0.2 * measured["drift"]).all()
    assert one.environment is steer


def test_a_policy_starts_at_the_network_and_is_charged_for_leaving_it(steer: GymnasiumEnvironment) -> None:
    """PPO with bins starts as the base does: no drift, and the base's return."""
    steer.take_base(ClonedBase(steer, demonstrated(steer, 200)))
    one = learner("ppo", steer, (0,), {"head": "bins", "episodes": 32, "kl_weight": 10.0})
    assert float(one.rollout(0.0, 32).drift.abs().max()) < 1e-4
    for _ in range(5):
        one.update()
    assert float(one.rollout(0.0, 64).drift.mean()) < 0.3  # what it could earn is not worth ten a nat


def test_numbered_actions_and_what_has_a_base_of_its_own() -> None:
    cartpole = GymnasiumEnvironment("CartPole-v1", CPU)

    def right(observation, action, reward, time):
        return torch.tensor([0.2, 0.8]).expand(*observation.shape[:-1], 2)

    episodes = collect(cartpole, right, 200, Streams((0,), "right", CPU))
    cartpole.take_base(ClonedBase(cartpole, episodes))
    told = cartpole.base_probabilities(episodes.observations[0, :, 0])
    assert told.mean(0).tolist() == pytest.approx([0.2, 0.8], abs=0.05)
    cartpole.close()
    with pytest.raises(UserError, match=r"task ties has a base of its own; allowed: .* not tabular"):
        TabularEnvironment(load("ties"), CPU).take_base(right)


def test_a_run_with_a_cloned_base_is_made_from_its_specification(tmp_path: Path) -> None:
    """PPO goes right, a network is cloned from what it does, and a predictor learns from that network."""
    text = f"""
    task = "{WORLDS}:Steer"
    seeds = 1
    updates = 20
    [[runs]]
    name = "Right"
    learner = "ppo"
    knobs = {{ kl_in = "none", learning_rate = 0.02, episodes = 16 }}
    [[runs]]
    name = "Clone"
    learner = "cloning"
    base = "run: Right"
    knobs = {{ data_episodes = 64, head = "bins" }}
    [[runs]]
    name = "Further"
    learner = "cloning"
    data = "run: Right"
    """
    (tmp_path / "mine.toml").write_text(text)
    loaded = experiments.load(str(tmp_path / "mine.toml"))
    experiment = experiments.adjusted(loaded, updates=25, catalogue=catalogue.describe())
    right, clone, further = experiment.runs
    assert clone.base == Source(right, own=experiments.CLONED_EPISODES)
    assert further.base is None
    assert RunSpecification.from_json(clone.to_json()) == clone
    made = make_learner(replace(clone, base=replace(clone.base, own=64)), CPU)
    base = base_data(made.environment, 64, (0,))
    assert float(base.returns.mean()) > 3  # of at most 6; acting at random earns 0
    with pytest.raises(UserError, match=r'base is .up.; allowed: "task", a recording'):
        experiments.read(text.replace('base = "run: Right"', 'base = "up"'), tmp_path / "mine.toml")


def test_the_base_is_the_same_whichever_seeds_learn() -> None:
    """It is cloned from what all seeds of its source did."""
    ppo = RunSpecification("P", "CartPole-v1", "ppo", {"environments": 4, "steps": 40}, (0, 3), 1)
    run = RunSpecification("R", "CartPole-v1", "rvs", {"data_episodes": 8}, (0, 3), 1, base=Source(ppo))
    seen = torch.linspace(-0.1, 0.1, 40).reshape(10, 4)
    alone, company = (
        environment_of(replace(run, seeds=seeds), CPU).base_probabilities(seen) for seeds in ((3,), (0, 3))
    )
    assert torch.equal(alone, company)
