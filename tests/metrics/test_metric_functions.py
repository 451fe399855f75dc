"""The pure functions against closed forms worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from engine.metrics import calibration, modes
from engine.metrics.entropy import effective_number, weighted_action_entropy
from engine.metrics.fidelity import fidelity, fidelity_at_probes, kl_to_oracle, supertask_score
from engine.metrics.histogram import histogram, nearest
from engine.metrics.information import entropy, jensen_shannon, kl, total_variation
from engine.metrics.interval import bootstrap_interval, interquartile_mean

LN2 = math.log(2)


def test_entropy():
    assert entropy(np.array([[0.25] * 4, [0.5, 0.5, 0, 0], [1, 0, 0, 0]])) == pytest.approx(
        [2 * LN2, LN2, 0], abs=1e-15
    )
    # H(1/2, 1/4, 1/4) = 1.5 ln 2
    assert entropy(np.array([0.5, 0.25, 0.25])) == pytest.approx(1.5 * LN2, abs=1e-15)
    assert entropy(np.array([1.0, 0.0], dtype=np.float32)) == 0


def test_kl():
    p, q = np.array([0.75, 0.25]), np.array([0.25, 0.75])
    assert kl(p, q) == pytest.approx(0.5 * math.log(3), abs=1e-15)
    assert kl(p, p) == 0
    assert kl(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(LN2, abs=1e-15)
    assert kl(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == np.inf


def test_jensen_shannon_and_total_variation():
    apart = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    assert jensen_shannon(*apart) == pytest.approx([LN2], abs=1e-15)
    assert total_variation(*apart) == [1.0]
    p, q = np.array([1.0, 0.0]), np.array([0.5, 0.5])
    # H(3/4, 1/4) − ln 2 / 2
    assert jensen_shannon(p, q) == pytest.approx(2 * LN2 - 0.75 * math.log(3) - LN2 / 2, abs=1e-15)
    assert total_variation(p, q) == 0.5
    assert jensen_shannon(q, q) == 0


@settings(derandomize=True, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 6))
def test_jensen_shannon_is_the_mean_divergence_from_the_middle(seed, count):
    p, q = np.random.default_rng(seed).dirichlet(np.full(count, 0.5), size=2)
    middle = (p + q) / 2
    assert jensen_shannon(p, q) == pytest.approx((kl(p, middle) + kl(q, middle)) / 2, abs=1e-12)
    assert total_variation(p, q) == pytest.approx(1 - np.minimum(p, q).sum(), abs=1e-12)


def test_action_entropy_depends_on_who_visits():
    policy = np.array([[[1.0, 0.0], [0.5, 0.5]]])  # decided in one context, undecided in the other
    assert weighted_action_entropy(policy, np.array([3.0, 1.0])) == pytest.approx([LN2 / 4])
    assert weighted_action_entropy(policy, np.ones(2)) == pytest.approx([LN2 / 2])
    assert effective_number(np.array(math.log(3))) == pytest.approx(3)


def test_modes():
    """Outcomes A, B, C and none; the oracle splits evenly between A and B."""
    oracle = np.array([0.5, 0.5, 0.0, 0.0])
    even = np.array([0.3, 0.3, 0.0, 0.4])
    lost = np.array([0.951, 0.049, 0.0, 0.0])
    astray = np.array([0.0, 0.0, 1.0, 0.0])
    idle = np.array([0.0, 0.0, 0.0, 1.0])
    every = np.stack([even, lost, astray, idle])
    assert modes.success(every) == pytest.approx([0.6, 1, 1, 0])
    expected = [2, math.exp(-0.951 * math.log(0.951) - 0.049 * math.log(0.049)), 1, math.nan]
    assert modes.effective_modes(every) == pytest.approx(expected, nan_ok=True)
    assert modes.outcome_entropy(every) == pytest.approx(np.log(expected), nan_ok=True)
    # .049 is less than a tenth of .5
    assert modes.coverage(every, oracle).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert modes.soft_coverage(every, oracle) == pytest.approx([0.6, 0.549, 0, 0])
    assert modes.soft_coverage(lost, oracle) == pytest.approx(1 - total_variation(lost, oracle))
    assert np.isnan(modes.coverage(even, idle))
    # exactly a tenth is kept
    assert modes.coverage(np.array([0.95, 0.05, 0.0, 0.0]), oracle) == 1.0


def test_calibration_of_a_straight_line():
    targets = np.array([0.0, 1.0, 2.0, 4.0])
    achieved = np.stack([targets, 0.5 * targets + 1, np.full(4, 3.0), -targets])
    assert calibration.slope(achieved, targets) == pytest.approx([1, 0.5, 0, -1], abs=1e-15)
    assert calibration.intercept(achieved, targets) == pytest.approx([0, 1, 3, 0], abs=1e-14)
    # |1|, |.5|, |0|, |−1| ; |3|, |2|, |1|, |1| ; 0, 2, 4, 8
    assert calibration.absolute_error(achieved, targets) == pytest.approx([0, 2.5 / 4, 7 / 4, 14 / 4])
    rank = calibration.spearman(achieved, targets)
    assert rank == pytest.approx([1, 1, math.nan, -1], nan_ok=True)
    assert np.isnan(calibration.slope(np.array([[1.0]]), np.array([2.0]))).all()


def test_spearman_with_ties_is_scipys():
    targets, achieved = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([[0.3, 0.3, 2.0, 1.0, 5.0]])
    expected = stats.spearmanr(achieved[0], targets).statistic
    assert calibration.spearman(achieved, targets) == pytest.approx([expected], abs=1e-12)


def test_ranks_are_scipys_with_ties_and_without_a_number():
    random = np.random.default_rng(1)
    values = random.integers(6, size=(40, 3, 9)).astype(float)
    values[3, 1, 4] = np.nan
    assert np.array_equal(calibration.ranks(values), stats.rankdata(values, axis=-1), equal_nan=True)


def test_hits_and_transport():
    values, targets = np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0])
    returns = np.array([[[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]])
    assert calibration.hit_rate(returns, values, targets, 0.5) == pytest.approx(np.array([[0.7, 0.7]]))
    # With a step of 1 the return .5 is exactly half a step away, and counts.
    assert calibration.hit_rate(returns, values, targets, 1.0) == pytest.approx(np.array([[0.9, 0.9]]))
    distance = calibration.wasserstein(returns, values, targets)
    assert distance == pytest.approx(np.array([[0.2, 0.2]]))
    assert distance[0, 0] == pytest.approx(stats.wasserstein_distance(values, [0.0], returns[0, 0]))


def test_fidelity_is_weighted_and_ignores_what_has_no_weight():
    policy = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    oracle = np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    result = fidelity(policy, oracle, np.array([1.0, 3.0, 0.0]))
    assert result.js == pytest.approx(LN2 / 4)
    assert result.tv == pytest.approx(0.25)
    assert kl_to_oracle(policy, oracle, np.array([1.0, 3.0, 0.0])) == np.inf
    assert kl_to_oracle(policy, oracle, np.array([0.0, 3.0, 0.0])) == 0
    half = np.array([[0.5, 0.5]])
    assert kl_to_oracle(np.array([[1.0, 0.0]]), half, np.ones(1)) == pytest.approx(LN2)
    assert np.isnan(fidelity(policy, oracle, np.zeros(3)).js)


def test_fidelity_at_probes_leaves_out_what_is_out_of_support():
    policy = np.array([[[[1.0, 0.0], [0.5, 0.5]], [[1.0, 0.0], [0.5, 0.5]]]])  # [1, 2, 2, 2]
    oracle = np.array([[[0.0, 1.0], [np.nan, np.nan]], [[np.nan, np.nan], [np.nan, np.nan]]])
    result = fidelity_at_probes(policy, oracle, np.array([0.2, 0.8]))
    assert result.js == pytest.approx(np.array([[LN2, math.nan]]), nan_ok=True)
    assert result.tv == pytest.approx(np.array([[1, math.nan]]), nan_ok=True)


def test_supertask_score():
    assert supertask_score(np.array([[0.0, LN2], [0.1, 0.3]])) == pytest.approx([LN2 / 2, 0.2])


def test_nearest_and_histogram():
    centres = np.array([0.0, 1.0, 4.0])
    assert nearest(centres, np.array([-9, 0.49, 0.5, 0.51, 2.4, 2.6, 99])).tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert histogram(np.array([[0.1, 0.9, 1.2, 7.0]]), centres).tolist() == [[1, 2, 1]]
    assert histogram(np.array([3.0, 5.0]), np.array([2.0])).tolist() == [2]


def test_interquartile_mean():
    assert interquartile_mean(np.array([[1.0, 100.0, 2.0, 4.0]])) == pytest.approx([3.0])
    assert interquartile_mean(np.array([1.0, 2.0, 6.0])) == pytest.approx(3.0)
    eight = np.array([8.0, 1, 7, 2, 6, 3, 5, 100])
    assert interquartile_mean(eight) == pytest.approx((3 + 5 + 6 + 7) / 4)
    assert interquartile_mean(np.array([5.0])) == 5.0
    assert np.isnan(interquartile_mean(np.array([1.0, np.nan, 2.0, 3.0])))
    assert interquartile_mean(eight) == pytest.approx(stats.trim_mean(eight, 0.25))


def test_bootstrap_interval():
    values = np.array([[2.0, 2.0, 2.0, 2.0], [0.0, 1.0, 2.0, 3.0]])
    low, high = bootstrap_interval(values)
    assert (low[0], high[0]) == (2.0, 2.0)
    assert 0 <= low[1] < 1.5 < high[1] <= 3
    shifted = bootstrap_interval(values + 10)
    assert shifted[0] == pytest.approx(low + 10)  # the same draws every time
    assert all(np.isnan(bootstrap_interval(np.array([[1.0]]))).ravel())


def test_bootstrap_interval_covers():
    """Of 400 sets of 20 normal seeds about 95 % of the intervals hold the mean: the percentile
    bootstrap of so few falls somewhat short, so 88 to 99 %."""
    values = np.random.default_rng(1).normal(size=(400, 20))
    low, high = bootstrap_interval(values)
    assert 0.88 < np.mean((low < 0) & (high > 0)) < 0.99
