"""Every crossroads, levels and ties value of the design, to 1e-9.

The references count the 4^14 walks of the grid in exact fractions, on coordinates, and put the
counts into the closed forms; nothing of the oracles is used. They are also held against the
rounded figures of the design.
"""

import math
from fractions import Fraction

import numpy as np
import pytest
from exhaustive import bandit

from engine.oracles import answers
from engine.oracles.kl import greedy_limit, kl_policy
from engine.oracles.reference import Reference
from engine.tasks import registry

CORNERS = {(0, 0): 1, (0, 6): 1, (6, 0): 1, (6, 6): 1}
LEVELS = {(0, 3): 1, (6, 3): 1, (0, 0): 2, (6, 6): 2, (0, 6): 3, (6, 0): 3}


def walk(exits: dict[tuple[int, int], int]) -> dict[tuple[int, int], Fraction]:
    """Exact probability that the uniform walk from the centre ends in each exit within 14 moves."""
    here = {(3, 3): Fraction(1)}
    reached = dict.fromkeys(exits, Fraction(0))
    for _ in range(14):
        following: dict[tuple[int, int], Fraction] = {}
        for (row, column), p in here.items():
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                to = (min(max(row + down, 0), 6), min(max(column + right, 0), 6))
                following[to] = following.get(to, Fraction(0)) + p / 4
        for place in exits:
            reached[place] += following.pop(place, Fraction(0))
        here = following
    return reached


def returns_of(exits: dict[tuple[int, int], int]) -> dict[int, float]:
    reached = walk(exits)
    by_return: dict[int, Fraction] = {0: 1 - sum(reached.values())}
    for place, p in reached.items():
        by_return[exits[place]] = by_return.get(exits[place], Fraction(0)) + p
    return {value: float(p) for value, p in by_return.items()}


def tilted(p: dict[int, float], beta: float) -> tuple[float, float]:
    """Mean and drift of p_0(τ) exp(R/β)/Z in a deterministic task: D = E[R]/β − ln Z."""
    z = sum(q * math.exp(value / beta) for value, q in p.items())
    mean = sum(value * q * math.exp(value / beta) for value, q in p.items()) / z
    return mean, mean / beta - math.log(z)


@pytest.fixture(scope="module")
def crossroads() -> Reference:
    return Reference(registry.load("crossroads"))


@pytest.fixture(scope="module")
def levels() -> Reference:
    return Reference(registry.load("levels"))


def test_crossroads_base(crossroads):
    p = returns_of(CORNERS)
    assert crossroads.base.returns == pytest.approx([p[0], p[1]], abs=1e-12)
    assert p[1] == pytest.approx(0.186675400, abs=5e-10)
    assert crossroads.base.drift == crossroads.base.asked == 0


def test_crossroads_asked_for_success(crossroads):
    evaluation = crossroads.conditional(1.0)
    price = -math.log(returns_of(CORNERS)[1])
    assert price == pytest.approx(1.678384002, abs=5e-10)
    assert evaluation.mean == pytest.approx(1.0, abs=1e-12)
    assert evaluation.asked == pytest.approx(price, abs=1e-12)
    assert evaluation.drift == pytest.approx(price, abs=1e-12)
    assert evaluation.collateral == pytest.approx(0.0, abs=1e-12)
    assert evaluation.effective_outcomes == pytest.approx(4.0, abs=1e-12)


def test_crossroads_asked_for_failure(crossroads):
    evaluation = crossroads.conditional(0.0)
    price = -math.log(returns_of(CORNERS)[0])
    assert price == pytest.approx(0.206624987, abs=5e-10)
    assert evaluation.drift == pytest.approx(price, abs=1e-12)
    assert evaluation.collateral == pytest.approx(0.0, abs=1e-12)
    assert evaluation.mean == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(evaluation.effective_outcomes)


@pytest.mark.parametrize(
    ("beta", "mean", "drift"),
    [(1.0, 0.384199993, 0.105991948), (0.3, 0.865480342, 1.085514525), (0.1, 0.999802237, 1.676208584)],
)
def test_crossroads_kl_oracle(crossroads, beta, mean, drift):
    closed = tilted(returns_of(CORNERS), beta)
    assert closed == pytest.approx((mean, drift), abs=5e-10)
    evaluation = crossroads.kl(beta)
    assert (float(evaluation.mean), float(evaluation.drift)) == pytest.approx(closed, abs=1e-12)
    assert evaluation.collateral == pytest.approx(0.0, abs=1e-12)
    assert evaluation.effective_outcomes == pytest.approx(4.0, abs=1e-12)


def test_levels_base(levels):
    p = returns_of(LEVELS)
    assert levels.base.returns == pytest.approx([p[0], p[1], p[2], p[3]], abs=1e-12)
    assert [p[i] for i in range(4)] == pytest.approx([0.616989, 0.223244, 0.079884, 0.079884], abs=5e-7)


@pytest.mark.parametrize(("target", "drift"), [(1, 1.499490), (2, 2.527186), (3, 2.527186)])
def test_levels_conditional(levels, target, drift):
    evaluation = levels.conditional(float(target))
    price = -math.log(returns_of(LEVELS)[target])
    assert price == pytest.approx(drift, abs=5e-7)
    assert evaluation.drift == pytest.approx(price, abs=1e-12)
    assert evaluation.asked == pytest.approx(price, abs=1e-12)
    assert evaluation.mean == pytest.approx(target, abs=1e-12)
    assert evaluation.effective_outcomes == pytest.approx(2.0, abs=1e-12)


@pytest.mark.parametrize(("beta", "mean", "drift"), [(0.5, 2.755205, 1.850565), (0.3, 2.957830, 2.347802)])
def test_levels_kl_oracle(levels, beta, mean, drift):
    closed = tilted(returns_of(LEVELS), beta)
    assert closed == pytest.approx((mean, drift), abs=5e-7)
    evaluation = levels.kl(beta)
    assert (float(evaluation.mean), float(evaluation.drift)) == pytest.approx(closed, abs=1e-12)


def test_ties_kl_oracle():
    """π ∝ exp(r/β): with β = .5 the winners' share is e² / (2 e² + 2) each."""
    task = bandit([1.0, 1.0, 0.0, 0.0], [0.25] * 4)
    policy = kl_policy(task, np.array([0.5])).policy[0, 0, 0]
    share = math.e**2 / (2 * math.e**2 + 2)
    assert policy == pytest.approx([share, share, 0.5 - share, 0.5 - share], abs=1e-12)
    assert policy == pytest.approx([0.4404, 0.4404, 0.0596, 0.0596], abs=5e-5)


def test_ties_limit_keeps_the_base_share():
    policy, value = greedy_limit(bandit([1.0, 1.0, 0.0, 0.0], [0.06, 0.04, 0.45, 0.45]))
    assert policy[0, 0] == pytest.approx([0.6, 0.4, 0.0, 0.0], abs=1e-12)
    assert value[0, 0] == 1.0


def test_best_return(crossroads, levels):
    assert crossroads.best_return == 1.0
    assert levels.best_return == 3.0


def test_answers_are_plain_data():
    answer = answers.conditional(registry.load("crossroads"), 1.0)
    assert set(answer) == {
        "mean",
        "returns",
        "drift",
        "asked",
        "collateral",
        "effective_outcomes",
        "best",
        "supported",
    }
    assert answer["returns"] == pytest.approx({"0": 0.0, "1": 1.0}, abs=1e-12)
    assert answers.conditional(registry.load("crossroads"), 0.0)["effective_outcomes"] is None
    assert answers.base(registry.load("crossroads"))["drift"] == 0.0
    assert answers.kl(registry.load("crossroads"), 1.0)["mean"] == pytest.approx(0.384199993, abs=5e-10)


def test_out_of_support_is_said_and_falls_back_to_the_base():
    answer = answers.conditional(registry.load("crossroads"), 0.5)
    assert answer["supported"] is False
    assert answer["mean"] == pytest.approx(returns_of(CORNERS)[1], abs=1e-12)
