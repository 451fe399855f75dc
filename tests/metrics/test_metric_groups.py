"""The newer groups of metrics against closed forms and cases worked by hand."""

from pathlib import Path

import numpy as np
import pytest

from engine.metrics import agnosticism, diversity, modes, pass_at_k, representation
from engine.metrics.definitions import COLUMNS, HISTORY
from engine.metrics.estimators import estimators
from engine.metrics.exact import ExactMeasure
from engine.oracles.conditional import conditional_policy
from engine.oracles.reference import Reference
from engine.tasks import registry


def test_every_column_says_what_it_is_and_where_it_belongs() -> None:
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
    for column in COLUMNS:
        assert column.group
        assert column.help.endswith((".", "perfect.", "1.", "k."))
        assert len(column.label) <= 24


def test_the_page_of_metrics_has_every_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    missing = [c.name for c in (*COLUMNS, *HISTORY) if f"| `{c.name}` | {c.unit or '1'} |" not in page]
    assert not missing


def test_estimators_of_the_kl_by_enumeration() -> None:
    policy, base = np.array([[0.5, 0.3, 0.2]]), np.array([[0.2, 0.3, 0.5]])
    found = estimators(policy, base, np.ones(1))
    r = base[0] / policy[0]
    k1, k2, k3 = -np.log(r), np.log(r) ** 2 / 2, (r - 1) - np.log(r)
    exact = policy[0] @ k1

    def deviation(k: np.ndarray) -> float:
        return float(np.sqrt(policy[0] @ (k - policy[0] @ k) ** 2))

    assert policy[0] @ k3 == pytest.approx(exact)  # the third is unbiased where supports agree
    assert found.kl_a_step == pytest.approx(exact)
    assert found.k3_bias == pytest.approx(0, abs=1e-12)
    assert found.k2_bias == pytest.approx(policy[0] @ k2 - exact)
    for estimate, k in ((found.k1_deviation, k1), (found.k2_deviation, k2), (found.k3_deviation, k3)):
        assert estimate == pytest.approx(deviation(k))
    assert estimators(policy, policy, np.ones(1)).k1_deviation == 0


def test_k3_hides_what_the_policy_never_does() -> None:
    found = estimators(np.array([[1.0, 0.0]]), np.array([[0.75, 0.25]]), np.ones(1))
    assert found.kl_a_step == pytest.approx(np.log(4 / 3))
    assert found.k3_bias == pytest.approx(-0.25)


def test_estimators_weigh_contexts_by_visits() -> None:
    policy = np.array([[0.9, 0.1], [0.5, 0.5]])
    base = np.array([[0.5, 0.5], [0.5, 0.5]])
    one = estimators(policy[:1], base[:1], np.ones(1))
    both = estimators(policy, base, np.array([3.0, 0.0]))
    assert both.k1_deviation == pytest.approx(one.k1_deviation)


def test_pass_at_k() -> None:
    assert pass_at_k.exact(np.array([0.0, 0.5, 1.0]), 2) == pytest.approx([0, 0.75, 1])
    # 5 episodes, 2 succeed: of the 10 pairs of episodes 3 have no success.
    assert pass_at_k.unbiased(np.array([2]), 5, 2) == pytest.approx([0.7])
    assert pass_at_k.unbiased(np.array([0, 4, 5]), 5, 2) == pytest.approx([0, 1, 1])


def test_mode_coverage_at_k() -> None:
    outcomes = np.array([0.5, 0.25, 0.0, 0.25])  # the last is none
    assert modes.coverage_at(outcomes, 2) == pytest.approx((0.75 + 1 - 0.75**2 + 0) / 3)


def test_agnosticism() -> None:
    achieved, targets = np.array([[0.4, 1.0, 1.2]]), np.array([0.0, 1.0, 2.0])
    assert agnosticism.control_range(achieved, targets, 1.0) == pytest.approx([2 / 3])
    assert agnosticism.leftover_preference(achieved, targets) == pytest.approx([(0.4 + 0 - 0.8) / 3])


def test_diversity_of_strings_worked_by_hand() -> None:
    strings = np.array([[0, 1, 0, -1], [0, 1, 1, 1]])
    # Pairs: 01 10 | 01 11 11: three kinds of five.
    assert diversity.distinct(strings, 2) == pytest.approx(3 / 5)
    # Two actions, seven draws: expected 2 (1 − 2^-7) different ones.
    assert diversity.expected_distinct(strings, 2) == pytest.approx(2 / (2 * (1 - 0.5**7)))
    # Of so many that seven draws hardly ever meet: seven expected, two found. One action: no choice.
    assert diversity.expected_distinct(strings, 11**17) == pytest.approx(2 / 7)
    assert diversity.expected_distinct(strings * 0, 1) == pytest.approx(1)
    # The two agree at moments 0 and 1: K/2 has eigenvalues (1 ± ½) / 2.
    p = np.array([0.75, 0.25])
    assert diversity.vendi(strings) == pytest.approx(np.exp(-(p @ np.log(p))))
    alike = np.tile([0, 1, 2, 3], (4, 1))
    assert diversity.vendi(alike) == pytest.approx(1)
    assert diversity.self_bleu(alike) == pytest.approx(1)
    assert diversity.vendi(np.array([[0], [1], [2]])) == pytest.approx(3)
    assert np.isnan(diversity.distinct(np.full((2, 3), -1), 2))


def test_runs_are_the_same_by_whatever_numbers_actions_go() -> None:
    strings = np.array([[0, 1, 0, 1, 2], [1, 0, 1, 2, -1], [2, 2, -1, -1, -1]])
    renamed = np.where(strings < 0, -1, strings * 1_000_000 + 7)  # a run of four is no number of 64 bits
    for length in range(1, 6):
        found, again = diversity.runs(strings, length), diversity.runs(renamed, length)
        assert all(np.array_equal(one, other) for one, other in zip(found, again, strict=True))
    kinds, place = diversity.runs(strings, 3)
    assert kinds.tolist() == [0, 2, 1, 2, 1]  # 010 101 012, 101 012
    assert place.tolist() == [0, 0, 0, 1, 1]
    assert diversity.self_bleu(renamed) == diversity.self_bleu(strings)


def test_self_bleu_clips_by_the_other_that_has_most() -> None:
    strings = np.array([[0, 0, 1], [0, 1, 1]])
    # First string: singles 0 (clipped to 1) and 1 of three found; pairs 00, 01: one of two; the one triple
    # is not found and counts as half.
    first = (2 / 3 * 1 / 2 * 0.5) ** (1 / 3)
    second = (2 / 3 * 1 / 2 * 0.5) ** (1 / 3)
    assert diversity.self_bleu(strings) == pytest.approx((first + second) / 2)


def test_scores_in_batches_have_the_spread_of_the_batches() -> None:
    strings = np.array([[[0], [0], [1], [1], [0], [1], [0], [1]]])
    mean, error = diversity.in_batches(strings, 4, diversity.vendi)
    assert mean == pytest.approx([(1 + 1 + 2 + 2) / 4])
    assert error == pytest.approx([np.std([1, 1, 2, 2], ddof=1) / 2])


def test_ranks_of_features() -> None:
    assert representation.effective_rank(np.eye(5)) == pytest.approx(5)
    assert representation.srank(np.eye(5)) == 5
    rank_one = np.outer(np.arange(1.0, 4), np.ones(6))
    assert representation.effective_rank(rank_one) == pytest.approx(1)
    assert representation.srank(rank_one) == 1
    # Singular values 98 and 2: the first holds 98 % of the sum, one is not enough; 99.5 and .5: it is.
    assert representation.srank(np.diag([98.0, 2.0])) == 2
    assert representation.srank(np.diag([99.5, 0.5])) == 1
    # A seed whose layer is no longer made of numbers says so, and the others keep theirs.
    layers = np.stack([np.eye(3), np.full((3, 3), np.nan), np.diag([1.0, np.inf, 1.0])])
    np.testing.assert_allclose(representation.srank(layers), [3, np.nan, np.nan])
    np.testing.assert_allclose(representation.effective_rank(layers), [3, np.nan, np.nan])


def test_dormant_units_and_a_policy_that_is_everywhere_the_same() -> None:
    features = np.tile([4.0, 4.0, 0.0, 0.0], (3, 1))  # the layer's mean is 2, its border .05
    features[:, 2] = 0.05
    features[:, 3] = 0.06
    assert representation.dormant_share(features) == 0.25
    assert representation.policy_variance(np.tile([0.2, 0.8], (4, 1))) == pytest.approx(0)
    assert representation.policy_variance(np.array([[1.0, 0.0], [0.0, 1.0]])) == pytest.approx(0.5)


@pytest.fixture(scope="module")
def levels() -> Reference:
    return Reference(registry.load("levels"))


def test_the_oracle_is_agnostic_and_what_ignores_its_target_is_not(levels: Reference) -> None:
    measure = ExactMeasure(levels, levels.supported_targets)
    grid = measure.deep_levels(3.0)
    oracle = conditional_policy(levels.table, grid).policy[None]
    deep = measure.deep_conditioned(oracle, grid, 3.0)
    # Averaged over what the base makes of each context, the conditional is the base again: Bayes.
    assert deep["unconditional_fidelity"] == pytest.approx(0, abs=1e-9)
    # Out of support it is the base, whose mean return is .623: off by 1.623 from −1 and 3.377 from 4.
    mean = float(levels.base.mean)
    assert deep["out_of_support_error"] == pytest.approx(((mean + 1) + (4 - mean)) / 2)
    ordinary, _ = measure.conditioned(
        conditional_policy(levels.table, measure.levels(3.0)).policy[None], measure.levels(3.0), 3.0
    )
    assert ordinary["control_range"] == 1
    assert ordinary["calibration_spearman"] == pytest.approx(1)
    assert ordinary["calibration_intercept"] == pytest.approx(0, abs=1e-9)
    assert ordinary["wasserstein"] == pytest.approx(0, abs=1e-9)
    assert ordinary["oracle_kl"] == pytest.approx(0, abs=1e-9)

    deaf = np.broadcast_to(np.eye(4)[2], oracle.shape)  # left, whatever is asked
    assert measure.deep_conditioned(deaf, grid, 3.0)["unconditional_fidelity"] == np.inf
    assert measure.deep_conditioned(deaf, grid, 3.0)["reverse_drift"] == np.inf


def test_reverse_drift_and_estimators_of_whole_policies(levels: Reference) -> None:
    measure = ExactMeasure(levels, np.empty(0))
    task = levels.task
    base = np.broadcast_to(task.base, (1, task.horizon, *task.base.shape))
    assert measure.deep(base)["reverse_drift"] == pytest.approx(0, abs=1e-9)
    skewed = np.broadcast_to([0.4, 0.3, 0.2, 0.1], base.shape)
    found = measure.deep(skewed)
    # The same at every context, so a step's divergence times the base's expected number of steps.
    step = float(np.sum(0.25 * np.log(0.25 / np.array([0.4, 0.3, 0.2, 0.1]))))
    assert found["reverse_drift"] == pytest.approx(step * float(levels.base.length))
    log = -np.log(0.25 / np.array([0.4, 0.3, 0.2, 0.1]))
    weight = np.array([0.4, 0.3, 0.2, 0.1])
    assert found["k1_deviation"] == pytest.approx(np.sqrt(weight @ log**2 - (weight @ log) ** 2))


def test_gold_is_what_was_wanted() -> None:
    tokens = Reference(registry.load("tokens"))
    measure = ExactMeasure(tokens, tokens.supported_targets)
    for target, gold in ((0.0, 0.0), (4.0, 4.0), (6.0, 2.0), (8.0, 0.0)):
        grid = measure.levels(target)
        oracle = conditional_policy(tokens.table, grid).policy[None]
        assert measure.conditioned(oracle, grid, target)[0]["gold"] == pytest.approx(gold, abs=1e-9)


def test_two_goals_are_told_apart() -> None:
    reference = Reference(registry.load("two-goals"))
    measure = ExactMeasure(reference, reference.supported_targets)
    for target, pair in ((3.0, (3, 0)), (3.003, (0, 3)), (4.002, (2, 2))):
        grid = measure.levels(target)
        oracle = conditional_policy(reference.table, grid).policy[None]
        measured = measure.conditioned(oracle, grid, target)[0]
        assert (measured["first_goal"], measured["second_goal"]) == pytest.approx(pair, abs=1e-9)
