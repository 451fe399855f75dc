"""The conditional oracle's frontier beside the KL oracle's."""

import math

import numpy as np
import pytest

from engine.metrics.information import kl
from engine.oracles import answers
from engine.oracles.frontier import conditional_frontier, frontier
from engine.oracles.reference import Reference
from engine.tasks import registry


def test_levels_has_a_point_for_each_return_of_the_design() -> None:
    rows = conditional_frontier(Reference(registry.load("levels")))
    assert rows[:, 0].tolist() == [0, 1, 2, 3]
    assert rows[:, 1] == pytest.approx(rows[:, 0], abs=1e-12)
    assert rows[1:, 2] == pytest.approx([1.499490, 2.527186, 2.527186], abs=5e-7)
    assert rows[:, 3] == pytest.approx(rows[:, 2], abs=1e-12)
    assert rows[:, 4] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", ["crossroads", "levels", "tokens"])
def test_mixtures_of_targets_trace_out_the_kl_frontier(name: str) -> None:
    """Targets drawn with w ∝ p_0(R) exp(R/β): mean Σ w g, drift KL(w ‖ p_0(R)), both the KL oracle's."""
    reference = Reference(registry.load(name))
    found = conditional_frontier(reference)
    p = reference.evaluator.base_returns[reference.evaluator.base_returns > 0]
    assert found[:, 2] == pytest.approx(-np.log(p), abs=1e-11)  # one target alone: w = 1 at one return
    for beta, mean, drift in frontier(reference.evaluator, points=9)[1:-1]:
        w = p * np.exp((found[:, 0] - found[-1, 0]) / beta)
        w /= w.sum()
        assert w @ found[:, 1] == pytest.approx(mean, abs=1e-9)
        assert kl(w, p) == pytest.approx(drift, abs=1e-9)
    assert answers.frontiers(reference.task)["mixtures_reach_kl"] is True


def test_where_luck_plays_a_part_asking_is_dearer() -> None:
    """gambling: asked for 5 it takes the gamble that loses 5 on average; drift ln 3, all of it collateral but
    what its returns show."""
    reference = Reference(registry.load("gambling"))
    rows = {row[0]: row for row in conditional_frontier(reference)}
    assert rows[5.0][1:3] == pytest.approx([-5, math.log(3)], abs=1e-12)
    answer = answers.frontiers(reference.task)
    assert answer["mixtures_reach_kl"] is False
    kl_rows = answer["kl"]
    assert isinstance(kl_rows, list)
    assert kl_rows[0] == {"beta": None, "mean": pytest.approx(-13 / 6), "drift": 0.0}
    assert kl_rows[-1]["mean"] == pytest.approx(1)
    # For the same drift the KL oracle has more return.
    assert max(row["mean"] for row in kl_rows if row["drift"] <= math.log(3) + 1e-9) > 0


def test_many_targets_are_thinned_with_both_ends_kept() -> None:
    reference = Reference(registry.load("gaussian-error"))
    rows = conditional_frontier(reference, most=5)
    assert rows[[0, -1], 0] == pytest.approx(reference.supported_targets[[0, -1]])
    assert len(rows) == 5
