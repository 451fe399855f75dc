"""What holds of every learner: seeds apart, state whole, looking changes nothing, shapes as promised."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from learner_builders import CPU, bandit, learner

from engine.errors import UserError
from engine.learners.base import Probes
from engine.learners.knobs import knobs_of, turned
from engine.learners.oracle import KLOracle
from engine.learners.probes import sampled_probes, tabular_probes
from engine.learners.registry import LEARNERS
from engine.learners.trained import TrainedLearner
from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.probes import choose_probes
from engine.tasks.dataset import Trajectories
from engine.tasks.environment import Environment
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.make import make_environment
from engine.tasks.registry import load
from engine.tasks.tabular_environment import TabularEnvironment

TARGETS = torch.tensor([0.0, 1.0])
SMALL = {
    "reinforce": {"episodes": 8},
    "ppo": {"episodes": 8, "minibatch": 32, "collect": "episodes"},
    "grpo": {"group": 4, "groups": 2},
    "rvs": {"data_episodes": 64},
    "decision_transformer": {"data_episodes": 64, "batch": 8},
    "published_transformer": {"data_episodes": 64, "batch": 8, "layers": 2, "heads": 2, "width": 16},
    "cloning": {"data_episodes": 64},
    "filtered_cloning": {"data_episodes": 64},
    "best_of_n": {"data_episodes": 64},
    "reward_weighted": {"data_episodes": 64},
    "advantage_weighted": {"data_episodes": 64},
    "tabular_predictor": {"episodes": 32},
    "iterated": {"episodes": 32},
    "exact_gradient": {},
    "soft_q": {"episodes": 8},
    "sac": {"episodes": 8, "batch": 32, "gradient_steps": 2, "memory": 1024},
    "rebuilt": {"data_episodes": 64},
    "dial": {"data_episodes": 64, "episodes": 8},
}
TABULAR = ("tabular_predictor", "iterated", "exact_gradient", "rebuilt", "soft_q")
LEARNING = tuple(name for name in SMALL if name not in TABULAR)


@pytest.fixture(scope="module")
def crossroads() -> TabularEnvironment:
    return TabularEnvironment(load("crossroads"), CPU)


@pytest.fixture(scope="module")
def cartpole() -> Iterator[GymnasiumEnvironment]:
    environment = GymnasiumEnvironment("CartPole-v1", CPU)
    yield environment
    environment.close()


@pytest.fixture(scope="module")
def probes(crossroads: TabularEnvironment) -> Probes:
    state, time, _ = choose_probes(ExactEvaluator(crossroads.task))
    return tabular_probes(crossroads, state, time)


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("place", ["crossroads", "levels"])
def test_a_seed_alone_is_the_same_seed_in_company(name: str, place: str) -> None:
    environment = TabularEnvironment(load(place), CPU)
    alone = learner(name, environment, (2,), SMALL.get(name))
    told = [alone.update() for _ in range(4)]
    # A sum over another axis may be made in another order where the seeds are two, three, or four and more.
    for seeds in ((0, 1, 2, 3, 9), (7, 2), (2, 8, 4)):
        company, at = learner(name, environment, seeds, SMALL.get(name)), seeds.index(2)
        for mine in told:
            theirs = company.update()
            assert mine.keys() == theirs.keys()
            assert all(torch.equal(mine[key][0], theirs[key][at]) for key in mine)
        for key, tensor in alone.state().items():
            if tensor.dim():
                assert torch.equal(tensor[0], company.state()[key][at]), key
        one, many = alone.rollout(1.0, 5), company.rollout(1.0, 5)
        for field in dataclasses.fields(one):
            assert torch.equal(getattr(one, field.name)[0], getattr(many, field.name)[at])


@pytest.mark.parametrize("name", LEARNING)
def test_seeds_are_apart_on_features_too(name: str, cartpole: GymnasiumEnvironment) -> None:
    alone = learner(name, cartpole, (2,), SMALL[name])
    company = learner(name, cartpole, (0, 1, 2, 3), SMALL[name])
    for _ in range(3):
        mine, theirs = alone.update(), company.update()
        for key in mine:
            assert torch.equal(mine[key][0], theirs[key][2])


@pytest.mark.parametrize("name", LEARNERS)
def test_it_goes_on_after_load_bit_for_bit(name: str, crossroads: TabularEnvironment) -> None:
    straight = learner(name, crossroads, (0, 1), SMALL.get(name))
    for _ in range(3):
        straight.update()
    saved = {key: tensor.clone() for key, tensor in straight.state().items()}
    fork = learner(name, crossroads, (0, 1), SMALL.get(name))
    fork.load(saved)
    for _ in range(3):
        mine, theirs = straight.update(), fork.update()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    assert all(torch.equal(tensor, fork.state()[key]) for key, tensor in straight.state().items())
    assert torch.equal(straight.rollout(1.0, 7).drift, fork.rollout(1.0, 7).drift)


@pytest.mark.parametrize("name", LEARNING)
def test_it_goes_on_after_load_on_gymnasium(name: str, cartpole: GymnasiumEnvironment) -> None:
    straight = learner(name, cartpole, (0, 1), SMALL[name])
    straight.update()
    fork = learner(name, cartpole, (0, 1), SMALL[name])
    fork.load({key: tensor.clone() for key, tensor in straight.state().items()})
    for _ in range(2):
        mine, theirs = straight.update(), fork.update()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)


ACTING = ("reinforce", "ppo", "grpo", "soft_q", "sac", "dial", "iterated")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (name, place)
        for name in ACTING
        for place in ("crossroads", "cartpole")
        if place == "crossroads" or name in LEARNING
    ],
)
def test_what_follows_an_end_is_not_learned_from(
    name: str, place: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a vector environment it is a reset and another episode; here, nonsense."""
    environment = request.getfixturevalue(place)
    one, other = (learner(name, environment, (0, 1), SMALL[name]) for _ in range(2))
    assert isinstance(other, TrainedLearner)
    gather, any_ended = other.gather, list[bool]()

    def with_nonsense(*given: Any, **named: Any) -> Trajectories:
        episodes = gather(*given, **named)
        ended = ~episodes.mask
        any_ended.append(bool(ended.any()))
        episodes.actions[ended] = 1
        episodes.observations[ended] = 7
        return episodes

    monkeypatch.setattr(other, "gather", with_nonsense)
    for _ in range(3):
        mine, theirs = one.update(), other.update()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    assert all(torch.equal(tensor, other.state()[key]) for key, tensor in one.state().items())
    assert any(any_ended)


@pytest.mark.parametrize("name", LEARNERS)
def test_looking_changes_nothing(name: str, crossroads: TabularEnvironment, probes: Probes) -> None:
    watched = learner(name, crossroads, (0, 1), SMALL.get(name))
    watched.update()
    before = {key: tensor.clone() for key, tensor in watched.state().items()}
    first = watched.rollout(1.0, 6)
    watched.probabilities(probes, TARGETS)
    second = watched.rollout(1.0, 6)
    assert torch.equal(first.drift, second.drift)
    assert all(torch.equal(tensor, before[key]) for key, tensor in watched.state().items())


@pytest.mark.parametrize("name", LEARNERS)
def test_shapes_and_sums(name: str, crossroads: TabularEnvironment, probes: Probes) -> None:
    one = learner(name, crossroads, (0, 1), SMALL.get(name))
    reported = one.update()
    assert tuple(reported) == tuple(column.name for column in one.diagnostics)
    assert all(value.shape == (2,) for value in reported.values())
    asked = 2 if one.conditioned else 1
    at_probes = one.probabilities(probes, TARGETS)
    assert at_probes.shape == (2, asked, len(probes.time), 4)
    assert at_probes.sum(-1).numpy() == pytest.approx(np.ones(at_probes.shape[:-1]), abs=1e-5)
    rollout = one.rollout(1.0, 3)
    assert all(getattr(rollout, field.name).shape == (2, 3) for field in dataclasses.fields(rollout))
    if one.markov:
        table = one.policy_table(TARGETS)
        assert table.shape == (2, asked, 14, 49, 4)
        same = table[:, :, probes.time, probes.observations[:, -1]]  # no reward was earned on the way
        assert same.numpy() == pytest.approx(at_probes.numpy(), abs=1e-6)


@pytest.mark.parametrize("name", LEARNERS)
def test_rollouts_agree_with_exact_evaluation(name: str, crossroads: TabularEnvironment) -> None:
    one = learner(name, crossroads, (0,), SMALL.get(name))
    for _ in range(5):
        one.update()
    rollout = one.rollout(1.0, 2000)
    if not one.markov:
        assert 0.1 < float(rollout.returns.mean()) < 0.95
        return
    table, evaluator = (
        one.policy_table(torch.tensor(crossroads.levels)).numpy(),
        ExactEvaluator(crossroads.task),
    )
    if one.conditioned:
        exact = evaluator.evaluate(table, np.array(crossroads.levels), np.array([1.0])).item(0, 0)
    else:
        exact = evaluator.evaluate(table[:, 0]).item(0)
    for found, expected in (
        (rollout.returns, exact.mean),
        (rollout.drift, exact.drift),
        (rollout.lengths.float(), exact.length),
        (rollout.entropy, exact.trajectory_entropy),
    ):
        # Five standard errors of 2000 episodes, and, where nearly all agree, the few that may be missing.
        margin = 5 * float(found.std()) / 2000**0.5 + 2e-3
        assert float(found.mean()) == pytest.approx(float(expected), abs=margin)
    shares = torch.bincount(rollout.outcome[0] + 1, minlength=5).roll(-1) / 2000
    assert shares.numpy() == pytest.approx(exact.outcomes, abs=5 * 0.5 / 2000**0.5)


def test_the_oracles_are_exact(crossroads: TabularEnvironment) -> None:
    evaluator = ExactEvaluator(crossroads.task)
    levels = torch.tensor(crossroads.levels, dtype=torch.float64)
    table = learner("conditional_oracle", crossroads, (0,)).policy_table(levels).numpy()
    conditional = evaluator.evaluate(table, levels.numpy(), np.array([1.0])).item(0, 0)
    assert float(conditional.mean) == pytest.approx(1, abs=1e-9)
    assert float(conditional.drift) == pytest.approx(1.678384002, abs=1e-9)
    oracle = learner("kl_oracle", crossroads, (0,), {"kl_weight": 1.0})
    soft = evaluator.evaluate(oracle.policy_table(TARGETS)[:, 0].numpy()).item(0)
    assert float(soft.mean) == pytest.approx(0.384199993, abs=1e-9)
    assert isinstance(oracle, KLOracle)
    oracle.knobs = turned(oracle.knobs, "kl_weight", 0.3)  # turned while running: solved again
    soft = evaluator.evaluate(oracle.policy_table(TARGETS)[:, 0].numpy()).item(0)
    assert float(soft.drift) == pytest.approx(1.085514525, abs=1e-9)


def test_an_oracle_needs_an_exact_task(cartpole: GymnasiumEnvironment) -> None:
    with pytest.raises(UserError, match="allowed: tabular tasks"):
        learner("kl_oracle", cartpole, (0,))


def test_a_learning_rate_takes_effect_at_the_next_update(crossroads: TabularEnvironment) -> None:
    for name in LEARNING:
        one = learner(name, crossroads, (0,), SMALL[name])
        one.update()
        before = one.state()["optimiser.weights"]
        one.knobs = turned(one.knobs, "learning_rate", 1e-5)
        one.update()
        moved = (one.state()["optimiser.weights"] - before).abs().max()
        assert 0 < float(moved) < 1e-3
        assert all(knob.help and knob.label for knob in knobs_of(one.knobs))


def test_probe_histories_lead_where_they_should(crossroads: TabularEnvironment, probes: Probes) -> None:
    task = crossroads.task
    begins = probes.observations.shape[1] - 1 - probes.time
    for probe, begin in enumerate(begins.tolist()):
        states, actions = probes.observations[probe].tolist(), probes.actions[probe].tolist()
        assert task.start[states[begin]] > 0
        for moment in range(begin, len(states) - 1):
            assert task.next_state[states[moment], actions[moment], 0] == states[moment + 1]
        assert not task.terminal[states[begin:]].any()
    with pytest.raises(UserError, match="never acts"):
        tabular_probes(bandit([1, 0], [0.5, 0.5]), np.array([1]), np.array([0]))


def test_sampled_probes_are_moments_of_the_base(cartpole: Environment) -> None:
    probes = sampled_probes(cartpole)
    assert probes.observations.shape[0] == 48
    assert probes.observations.shape[1] == int(probes.time.max()) + 1
    assert torch.equal(probes.rewards.sum(dim=1), probes.time.float())  # one for each step so far
    begun = torch.arange(probes.actions.shape[1]) >= probes.actions.shape[1] - 1 - probes.time[:, None]
    assert torch.all(probes.observations[~begun] == 0)
    assert torch.all(probes.observations[begun].abs().sum(-1) > 0)
    assert torch.equal(probes.observations, sampled_probes(cartpole).observations)


@pytest.mark.parametrize(
    ("kind", "task", "knobs", "others"),
    [
        ("ppo", "ties", {}, {"collect": "episodes", "environments": 3, "steps": 5, "head": "bins"}),
        ("rvs", "ties", {"data_episodes": 32}, {"head": "bins"}),
        ("reinforce", "CartPole-v1", {"episodes": 2}, {"body": "network"}),
    ],
)
def test_a_knob_said_to_have_no_effect_has_none(
    kind: str, task: str, knobs: dict[str, object], others: dict[str, object]
) -> None:
    environment = make_environment(task, "", CPU)
    tabular = environment.states > 0
    described = {knob.name: knob for knob in knobs_of(LEARNERS[kind].Knobs)}
    idle = {name for name, knob in described.items() if not knob.matters(tabular=tabular)}
    assert idle == set(others)
    states = []
    for values in (knobs, {**knobs, **others}):
        one = learner(kind, environment, (0,), values)
        one.update()
        states.append(one.state())
    assert states[0].keys() == states[1].keys()
    for name, tensor in states[0].items():
        assert torch.equal(tensor, states[1][name]), name


def test_what_has_an_effect_somewhere_is_said() -> None:
    described = {knob.name: knob for knob in knobs_of(LEARNERS["ppo"].Knobs)}
    assert described["steps"].where == "No effect but on tasks that are no table."
    assert described["clip_range"].where == ""
