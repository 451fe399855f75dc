"""The estimates of drift: unbiased to the stated order, with standard errors that are true."""

import math

import numpy as np
import pytest

from engine.metrics.drift import (
    asked_error,
    asked_from_histograms,
    asked_plug_in,
    collateral,
    mean_and_error,
)
from engine.metrics.histogram import one_hot
from engine.metrics.information import kl

P, Q = np.array([0.1, 0.2, 0.7]), np.array([0.5, 0.3, 0.2])


def test_not_estimable_where_the_base_never_was():
    assert np.isnan(asked_plug_in(np.array([0.5, 0.5]), np.array([1.0, 0.0])))
    assert np.isnan(asked_from_histograms(np.array([5, 5]), np.array([10, 0])))
    assert not np.isnan(asked_from_histograms(np.array([5, 0]), np.array([10, 0])))


def test_correction_by_hand():
    """p̂ = (½, ½) of 8, q̂ = (¼, ¾) of 16: KL = ½ ln 2 + ½ ln ⅔, less 1/16, less ½·¾/(32·¼) + ½·¼/(32·¾)."""
    plug_in = 0.5 * math.log(2) + 0.5 * math.log(2 / 3)
    expected = plug_in - 1 / 16 - (0.5 * 0.75 / 8 + 0.5 * 0.25 / 24)
    assert asked_from_histograms(np.array([4, 4]), np.array([4, 12])) == pytest.approx(expected, abs=1e-15)


def test_the_correction_removes_the_bias():
    """20,000 samples of 60 policy and 80 base episodes: the plug-in is off by tens of standard errors,
    the corrected estimate by an order less; what is left is second order, 1/60² and so on."""
    random = np.random.default_rng(0)
    policy = random.multinomial(60, P, size=20_000)
    base = random.multinomial(80, Q, size=20_000)
    truth = float(kl(P, Q))
    plug_in = asked_plug_in(policy / 60, base / 80)
    corrected = asked_from_histograms(policy, base)
    assert not np.isnan(corrected).any()
    assert plug_in.mean() - truth > 0.02
    assert abs(corrected.mean() - truth) < 0.1 * (plug_in.mean() - truth)


def test_bootstrap_error_is_the_spread_of_the_estimate():
    """Drift sums that follow the return, so that asked and total vary together."""
    random = np.random.default_rng(1)
    sums_by_bin = np.array([0.5, 1.5, 2.5])
    asked, rest, asked_se, rest_se = [], [], [], []
    for _ in range(300):
        bins = random.choice(3, size=(1, 120), p=P)
        base = random.multinomial(200, Q)
        sums = sums_by_bin[bins] + random.normal(size=bins.shape) * 0.1
        estimate = asked_from_histograms(one_hot(bins, 3).sum(axis=1), base[None])
        asked.append(estimate[0])
        rest.append(sums.mean() - estimate[0])
        errors = asked_error(one_hot(bins, 3).astype(float), sums, base, random, draws=60)
        asked_se.append(errors[0][0])
        rest_se.append(errors[1][0])
    # A spread from 300 draws is itself known to 4 %; the bootstrap is right to first order in 1/n.
    assert np.mean(asked_se) == pytest.approx(np.std(asked), rel=0.15)
    assert np.mean(rest_se) == pytest.approx(np.std(rest), rel=0.15)


def test_mean_and_error():
    mean, error = mean_and_error(np.array([[1.0, 2.0, 3.0, 4.0]]))
    assert mean == pytest.approx([2.5])
    assert error == pytest.approx([math.sqrt(5 / 3) / 2])


def test_collateral():
    inf = np.inf
    rest = collateral(np.array([3.0, inf, inf]), np.array([1.0, 2.0, inf]))
    assert rest == pytest.approx([2, inf, math.nan], nan_ok=True)


def test_an_infinite_drift_has_no_error_and_no_warning() -> None:
    mean, error = mean_and_error(np.array([[1.0, np.inf, 2.0], [1.0, 2.0, 3.0]]))
    assert mean[0] == np.inf
    assert np.isnan(error[0])
    assert (mean[1], error[1]) == (2.0, pytest.approx(1 / np.sqrt(3)))
