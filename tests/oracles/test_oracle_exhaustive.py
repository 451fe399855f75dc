"""The oracles against every trajectory of small tasks, listed one by one."""

import dataclasses
import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
from exhaustive import base_policy, divergence, random_task, summarise, trajectories
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.oracles.conditional import conditional_policy, evaluate_conditional
from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.kl import greedy_limit, kl_policy
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks import task_file
from engine.tasks.grid import grid_task
from engine.tasks.walk import Walk

exhaustively = settings(derandomize=True, deadline=None, max_examples=40)
SEEDS = st.integers(0, 10_000)


@st.composite
def drawn_grids(draw):
    """A map of up to 3 × 3 with one or more starts and exits, with and without slip and a base of its own."""
    width = draw(st.integers(2, 3))
    cells = draw(st.lists(st.sampled_from(".#a.bS"), min_size=width * 2, max_size=width * 3))
    cells = cells[: len(cells) // width * width]
    places = draw(st.permutations(range(len(cells))))
    cells[places[0]], cells[places[1]], cells[places[2]] = "S", "a", draw(st.sampled_from("S.b#"))
    text = "\n".join("".join(cells[i : i + width]) for i in range(0, len(cells), width))
    exits = {mark: pay for mark, pay in (("a", 1.0), ("b", -0.5)) if mark in cells}
    slip = draw(st.sampled_from([0.0, 0.25]))
    weights = draw(st.sampled_from([(1.0, 1.0, 1.0, 1.0), (2.0, 1.0, 0.25, 0.5)]))
    walk = Walk(weights, draw(st.sampled_from(["", "a", "".join(exits)])), draw(st.sampled_from([0.3, 1.0])))
    horizon = 2 if slip else 3 if cells.count("S") > 2 else 4
    return grid_task("drawn", text, exits, horizon=horizon, help="", slip=slip, walk=walk)


def as_tables(seed):
    """A random task written to a file as P, R and the rest, and read again."""
    task = random_task(seed)
    random = np.random.default_rng(seed)
    p = np.zeros((task.states, task.actions, task.states))
    for entry in np.argwhere(task.probability > 0):
        s, a, k = entry
        p[s, a, task.next_state[s, a, k]] += task.probability[s, a, k]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mine.npz"
        np.savez(
            file, P=p, R=random.integers(-1, 3, size=p.shape) * 0.5, start=task.start, terminal=task.terminal,
            base=task.base, horizon=task.horizon, outcome=task.outcome,
        )  # fmt: skip
        name, text = task_file.read(file)
    return task_file.parse(text, name)


TASKS = st.one_of(
    SEEDS.map(random_task),
    SEEDS.map(lambda seed: random_task(seed, deterministic=True, unit=0.25)),
    drawn_grids(),
    SEEDS.map(as_tables),
)


def compare(evaluation, summary):
    for value, p in summary.returns.items():
        place = np.argmin(np.abs(evaluation.values - value))
        assert evaluation.values[place] == pytest.approx(value, abs=1e-9)
        assert evaluation.returns[place] == pytest.approx(p, abs=1e-12)
    assert evaluation.returns.sum() == pytest.approx(1, abs=1e-12)
    assert evaluation.outcomes == pytest.approx(summary.outcomes, abs=1e-12)
    assert evaluation.occupancy == pytest.approx(summary.occupancy, abs=1e-12)
    for name in ("mean", "drift", "asked", "collateral", "length", "trajectory_entropy"):
        assert float(getattr(evaluation, name)) == pytest.approx(getattr(summary, name), abs=1e-11), name


@exhaustively
@given(TASKS, SEEDS)
def test_evaluation_of_a_batch_of_policies(task, seed):
    policies = np.random.default_rng(seed).dirichlet(
        np.full(task.actions, 0.5), size=(2, task.horizon, task.states)
    )
    batch = ExactEvaluator(task).evaluate(policies)
    for i, table in enumerate(policies):
        compare(batch.item(i), summarise(task, lambda t, s, gathered, table=table: table[t, s]))


@exhaustively
@given(TASKS, SEEDS)
def test_evaluation_of_return_conditioned_policies(task, seed):
    """Levels on a coarse grid of their own, so that the nearest one has to be found."""
    random = np.random.default_rng(seed)
    levels = np.sort(random.choice(np.arange(-4, 8), size=3, replace=False)) * 0.51
    targets = random.uniform(-2, 4, size=2)
    tables = random.dirichlet(np.ones(task.actions), size=(2, 3, task.horizon, task.states))
    batch = ExactEvaluator(task).evaluate(tables, levels, targets)
    for i, table in enumerate(tables):
        for j, target in enumerate(targets):

            def policy(t, s, gathered, table=table, target=target):
                return table[np.argmin(np.abs(levels - (target - gathered))), t, s]

            compare(batch.item(i, j), summarise(task, policy))


@exhaustively
@given(TASKS)
def test_return_to_go_and_conditional_oracle(task):
    """W and π* are frequencies among the base's trajectories, counted by hand."""
    table = ReturnToGo(task)
    levels = np.append(
        table.values, [table.values[-1] + task.reward_unit, table.values[0] + 0.4 * task.reward_unit]
    )
    oracle = conditional_policy(table, levels)
    w = table.at(levels)
    passed: dict[tuple[int, int], float] = {}
    counted: dict[tuple[int, int, float, int], float] = {}
    for path in trajectories(task):
        p = path.probability(base_policy(task))
        for t, (state, action, _) in enumerate(path.steps):
            to_go = round(path.total - path.gathered(t), 6)
            passed[t, state] = passed.get((t, state), 0.0) + p
            counted[t, state, to_go, action] = counted.get((t, state, to_go, action), 0.0) + p
    assert passed
    for (t, state), total in passed.items():
        for g, level in enumerate(levels):
            here = np.array(
                [counted.get((t, state, round(float(level), 6), a), 0.0) for a in range(task.actions)]
            )
            assert w[t, state, g] == pytest.approx(here.sum() / total, abs=1e-12)
            assert oracle.supported[g, t, state] == (here.sum() > 0)
            expected = here / here.sum() if here.sum() > 0 else task.base[state]
            assert oracle.policy[g, t, state] == pytest.approx(expected, abs=1e-9)
    assert np.all(w[:, :, -2:] == 0)


@exhaustively
@given(SEEDS, st.sampled_from([0.2, 1.0, 5.0]))
def test_kl_oracle_of_a_deterministic_task_tilts_trajectories(seed, beta):
    """p(τ) = p_0(τ) exp(R/β)/Z, trajectory by trajectory; collateral drift is zero."""
    task = random_task(seed, deterministic=True)
    policy = kl_policy(task, np.array([beta])).policy[0]
    every = list(trajectories(task))
    p = np.array([path.probability(lambda t, s, g: policy[t, s]) for path in every])
    tilted = np.array([path.probability(base_policy(task)) * math.exp(path.total / beta) for path in every])
    assert p == pytest.approx(tilted / tilted.sum(), abs=1e-12)
    evaluator = ExactEvaluator(task)
    assert evaluator.evaluate(policy[None]).collateral[0] == pytest.approx(0, abs=1e-12)


@exhaustively
@given(TASKS, SEEDS, st.sampled_from([1e-3, 0.1, 1.0, 1e3]))
def test_kl_oracle_is_the_optimum(task, seed, beta):
    """Its objective equals its value, and no other policy, near or far, has more."""
    soft = kl_policy(task, np.array([beta]))
    evaluator = ExactEvaluator(task)
    best = evaluator.evaluate(soft.policy).item(0)
    value = float(task.start @ soft.value[0, 0])
    # β up to 1e3 multiplies the rounding of the drift, about 1e-15.
    assert float(best.mean) - beta * float(best.drift) == pytest.approx(value, abs=1e-11)
    random = np.random.default_rng(seed)
    noise = random.dirichlet(np.ones(task.actions), size=(6, task.horizon, task.states))
    share = np.array([1.0, 0.5, 0.1, 0.01, 1e-3, 1e-4])[:, None, None, None]
    others = evaluator.evaluate(share * noise + (1 - share) * soft.policy)
    assert np.all(others.mean - beta * others.drift <= value + 1e-11)


@exhaustively
@given(TASKS)
def test_greedy_limit_is_where_small_weights_lead(task):
    """Rewards are whole steps, so at β = 1e-3 steps the oracle is at its limit up to β times constants."""
    policy, value = greedy_limit(task)
    evaluator = ExactEvaluator(task)
    limit = evaluator.evaluate(policy[None]).item(0)
    assert float(limit.mean) == pytest.approx(float(task.start @ value[0]), abs=1e-12)
    if task.deterministic:
        near = evaluator.evaluate(kl_policy(task, np.array([2e-3])).policy).item(0)
        assert float(near.mean) == pytest.approx(float(limit.mean), abs=1e-9)
        assert float(near.drift) == pytest.approx(float(limit.drift), abs=1e-9)
        assert near.node_visits == pytest.approx(limit.node_visits, abs=1e-9)


def test_policy_outside_the_base_drifts_infinitely():
    """Where the base never goes nothing can be estimated, and collateral drift is undefined."""
    task = random_task(3)
    base = task.base.copy()
    base[:, 0] = 0.0
    base /= base.sum(axis=1, keepdims=True)
    task = dataclasses.replace(task, base=base)
    uniform = np.full((1, task.horizon, *base.shape), 1 / task.actions)
    evaluation = ExactEvaluator(task).evaluate(uniform).item(0)
    assert np.isinf(evaluation.drift)
    compare_base = ExactEvaluator(task).base
    assert compare_base.drift == 0
    # Asked drift is finite exactly when the base reaches every return that the policy reaches.
    unreached = (evaluation.returns > 0) & (compare_base.returns == 0)
    assert np.isinf(evaluation.asked) == unreached.any()
    assert np.isnan(evaluation.collateral) == unreached.any()


def test_conditional_oracle_has_no_collateral_drift_without_chance():
    for seed in range(30):
        task = random_task(seed, deterministic=True)
        evaluator = ExactEvaluator(task)
        table = ReturnToGo(task)
        targets = evaluator.values[evaluator.base_returns > 0]
        levels = evaluator.levels_for(targets)
        evaluation = evaluator.evaluate(conditional_policy(table, levels).policy[None], levels, targets)
        assert evaluation.mean[0] == pytest.approx(targets, abs=1e-12)
        assert evaluation.collateral[0] == pytest.approx(np.zeros(len(targets)), abs=1e-12)
        price = -np.log(evaluator.base_returns[evaluator.base_returns > 0])
        assert evaluation.drift[0] == pytest.approx(price, abs=1e-12)


def test_divergence_helper():
    assert divergence(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(math.log(2))


@exhaustively
@given(TASKS)
def test_the_conditional_oracle_where_it_acts_equals_its_whole_table(task):
    table, evaluator = ReturnToGo(task), ExactEvaluator(task)
    targets = np.append(evaluator.values, evaluator.values[-1] + task.reward_unit)
    batch = evaluate_conditional(table, evaluator, targets)
    levels = evaluator.levels_for(targets)
    oracle = conditional_policy(table, levels)
    whole = evaluator.evaluate(oracle.policy[None], levels, targets)
    for i, target in enumerate(targets):
        assert batch.item(i).mean == pytest.approx(whole.item(0, i).mean, abs=1e-12)
        assert batch.item(i).drift == pytest.approx(whole.item(0, i).drift, abs=1e-12)

        def policy(t, s, gathered, target=target):
            return oracle.policy[np.argmin(np.abs(levels - (target - gathered))), t, s]

        compare(batch.item(i), summarise(task, policy))
