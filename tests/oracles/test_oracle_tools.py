"""Frontier, probes, evaluation's edges, and size."""

import time

import numpy as np
import pytest
from exhaustive import bandit, base_policy, random_task, trajectories

from engine.errors import UserError
from engine.oracles.conditional import conditional_policy
from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.frontier import frontier
from engine.oracles.kl import greedy_limit, kl_policy
from engine.oracles.probes import choose_probes, oracle_at, state_visits
from engine.oracles.reference import Reference
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks import registry
from engine.tasks.grid import grid_task


def test_frontier_runs_from_the_base_to_the_best_return():
    for task in (registry.load("crossroads"), registry.load("levels"), random_task(11)):
        reference = Reference(task)
        rows = frontier(reference.evaluator)
        beta, mean, drift = rows.T
        assert beta[0] == np.inf
        assert beta[-1] == 0
        assert np.all(np.diff(beta) < 0)
        assert (mean[0], drift[0]) == (float(reference.base.mean), 0.0)
        assert mean[-1] == pytest.approx(reference.best_return, abs=1e-12)
        # A concave curve whose slope is β: both coordinates rise, and return rises ever more slowly.
        assert np.all(np.diff(mean) > -1e-12)
        assert np.all(np.diff(drift) > -1e-12)
        inside = slice(1, -1)
        gain = np.diff(mean[inside]) - beta[inside][1:] * np.diff(drift[inside])
        assert np.all(gain > -1e-9)
        assert np.all(np.diff(mean[inside]) - beta[inside][:-1] * np.diff(drift[inside]) < 1e-9)


def test_no_random_policy_lies_beyond_the_frontier():
    task = random_task(5)
    evaluator = ExactEvaluator(task)
    rows = frontier(evaluator, points=201)
    random = np.random.default_rng(0)
    policies = random.dirichlet(np.full(task.actions, 0.3), size=(300, task.horizon, task.states))
    evaluation = evaluator.evaluate(policies)
    # For every β of the frontier no policy has a larger E[R] − β D.
    objective = evaluation.mean - rows[1:-1, :1] * evaluation.drift
    best = rows[1:-1, 1] - rows[1:-1, 0] * rows[1:-1, 2]
    assert np.all(objective <= best[:, None] + 1e-9)


def test_visits_and_probes_of_the_base():
    task = random_task(8)
    visits = np.zeros((task.horizon, task.states))
    for path in trajectories(task):
        p = path.probability(base_policy(task))
        for t, (state, _, _) in enumerate(path.steps):
            visits[t, state] += p
    evaluator = ExactEvaluator(task)
    assert state_visits(evaluator) == pytest.approx(visits, abs=1e-12)
    state, moment, weight = choose_probes(evaluator)
    assert state.tolist() == np.flatnonzero(visits.sum(axis=0)).tolist()
    assert visits[moment, state] == pytest.approx(visits[:, state].max(axis=0), abs=1e-12)
    assert weight == pytest.approx(visits[moment, state] / visits[moment, state].sum(), abs=1e-12)


def test_probes_of_crossroads():
    state, moment, weight = choose_probes(ExactEvaluator(registry.load("crossroads")))
    assert len(state) == 45  # every cell that is not an exit
    assert moment[state == 24] == 0  # the centre at the start
    assert weight.sum() == pytest.approx(1)
    few = choose_probes(ExactEvaluator(registry.load("crossroads")), most=9)[0]
    assert 24 in few
    assert len(few) == 9


def test_oracle_at_probes_marks_what_is_out_of_support():
    reference = Reference(registry.load("levels"))
    state, moment, _ = choose_probes(reference.evaluator)
    policy = oracle_at(reference, np.array([1.0, 2.5]), state, moment, np.zeros(len(state)))
    table = conditional_policy(reference.table, np.array([1.0]))
    assert np.isnan(policy[1]).all()
    supported = table.supported[0, moment, state]
    assert policy[0][supported] == pytest.approx(table.policy[0, moment, state][supported], abs=0)
    assert np.isnan(policy[0][~supported]).all()


def test_evaluation_refuses_what_is_no_policy():
    task = registry.load("crossroads")
    evaluator = ExactEvaluator(task)
    table = np.broadcast_to(task.base, (1, task.horizon, *task.base.shape))
    with pytest.raises(ValueError, match="does not sum to 1"):
        evaluator.evaluate(table * 0.9)
    with pytest.raises(ValueError, match="shape"):
        evaluator.evaluate(table[:, :-1])
    with pytest.raises(ValueError, match="ascending"):
        evaluator.evaluate(np.stack([table, table], axis=1), np.array([1.0, 0.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="together"):
        evaluator.evaluate(table, levels=np.array([1.0]))


@pytest.mark.filterwarnings("error")
def test_a_policy_that_is_not_a_number_gives_no_number():
    task = registry.load("crossroads")
    table = np.full((1, task.horizon, *task.base.shape), np.nan)
    evaluation = ExactEvaluator(task).evaluate(table)
    assert np.isnan(evaluation.mean).all()
    assert np.isnan(evaluation.drift).all()


@pytest.mark.parametrize("beta", [0.0, 1e-4, -1.0, float("nan"), float("inf"), 2e3])
def test_kl_weight_out_of_range(beta):
    with pytest.raises(UserError, match=r"allowed: 0.001 to 1000"):
        kl_policy(registry.load("crossroads"), np.array([beta]))


def test_extreme_rewards_do_not_overflow():
    task = grid_task("rich", "aSb", {"a": 1000.0, "b": 999.0}, horizon=3, help="")
    soft = kl_policy(task, np.array([1e-3, 1e3]))
    assert np.all(np.isfinite(soft.policy))
    evaluation = ExactEvaluator(task).evaluate(soft.policy)
    assert evaluation.mean[0] == pytest.approx(1000, abs=1e-9)


def test_fractional_payments_keep_the_table_small():
    """A grid a million steps wide costs no more than the returns that occur on it."""
    task = grid_task("fine", "aSb", {"a": 1.0, "b": 0.333333}, horizon=5, help="")
    assert task.reward_unit == pytest.approx(1e-6)
    assert len(ReturnToGo(task).values) == 3
    assert Reference(task).conditional(0.333333).mean == pytest.approx(0.333333, abs=1e-12)


def test_ten_thousand_states():
    """Sparse throughout: 100 × 100 cells, 50 steps. It takes under a second; a busy machine may take 20."""
    rows = ["." * 100 for _ in range(100)]
    rows[50] = "." * 50 + "S" + "." * 49
    rows[40] = "." * 50 + "a" + "." * 49
    rows[60] = "." * 50 + "b" + "." * 49
    began = time.monotonic()
    reference = Reference(grid_task("large", "\n".join(rows), {"a": 1.0, "b": 2.0}, horizon=50, help=""))
    assert reference.conditional(2.0).mean == pytest.approx(2.0, abs=1e-12)
    assert reference.conditional(2.0).collateral == pytest.approx(0.0, abs=1e-10)
    assert time.monotonic() - began < 20


def test_kl_oracle_stays_within_the_base():
    """An arm that the base never pulls costs infinite drift, however well it pays."""
    task = bandit([5.0, 1.0, 0.0], [0.0, 0.5, 0.5])
    policy = kl_policy(task, np.array([1e-3, 1.0])).policy[:, 0, 0]
    assert policy[0] == pytest.approx([0, 1, 0], abs=1e-12)
    assert policy[1] == pytest.approx([0, np.e / (np.e + 1), 1 / (np.e + 1)], abs=1e-12)
    assert greedy_limit(task)[0][0, 0].tolist() == [0, 1, 0]
    assert Reference(task).best_return == 1.0
    assert Reference(task).supported_targets.tolist() == [0, 1]
