"""Exact answers at the command line, against closed forms, hand-worked cases and the design's values."""

from pathlib import Path

import pytest
from asking import answer

import main


@pytest.mark.parametrize(
    ("arguments", "mean", "drift", "tolerance"),
    [
        (["crossroads", "--target", "1"], 1.0, 1.678384002, 1e-9),
        (["crossroads", "--target", "0"], 0.0, 0.206624987, 1e-9),
        (["crossroads", "--beta", "1"], 0.384199993, 0.105991948, 1e-9),
        (["crossroads", "--beta", "0.3"], 0.865480342, 1.085514525, 1e-9),
        (["crossroads", "--beta", "0.1"], 0.999802237, 1.676208584, 1e-9),
        (["crossroads", "--base"], 0.186675400, 0.0, 1e-9),
        (["levels", "--target", "1"], 1.0, 1.499490, 1e-6),
        (["levels", "--target", "2"], 2.0, 2.527186, 1e-6),
        (["levels", "--target", "3"], 3.0, 2.527186, 1e-6),
        (["levels", "--beta", "0.5"], 2.755205, 1.850565, 1e-6),
        (["levels", "--beta", "0.3"], 2.957830, 2.347802, 1e-6),
    ],
)
def test_oracle(
    capsys: pytest.CaptureFixture[str], arguments: list[str], mean: float, drift: float, tolerance: float
) -> None:
    found = answer(capsys, "oracle", *arguments)
    assert found["mean"] == pytest.approx(mean, abs=tolerance)
    assert found["drift"] == pytest.approx(drift, abs=tolerance)
    assert found["asked"] + found["collateral"] == pytest.approx(found["drift"], abs=1e-12)
    assert found["collateral"] == pytest.approx(0.0, abs=1e-12)
    assert sum(found["returns"].values()) == pytest.approx(1.0)
    assert {"mean", "returns", "drift", "asked", "collateral", "effective_outcomes"} <= found.keys()


def test_oracle_of_the_base_of_levels(capsys: pytest.CaptureFixture[str]) -> None:
    returns = answer(capsys, "oracle", "levels", "--base")["returns"]
    assert returns == pytest.approx({"0": 0.616989, "1": 0.223244, "2": 0.079884, "3": 0.079884}, abs=1e-6)


def test_oracle_of_a_drawn_task(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    # aS.b in 3 moves. From S: left ends in a; up and down stay; right goes on. By hand:
    # b needs "right, right" with one wasted move at most: 1/16 + (1/2)(1/16) + (1/16)(1/2).
    returns = answer(capsys, "oracle", "room.toml", "--base")["returns"]
    assert returns["2"] == pytest.approx(1 / 8, abs=1e-12)
    # a: at once; after one or two idle moves; or right, left and left again.
    assert returns["1"] == pytest.approx(1 / 4 + 1 / 8 + 1 / 16 + 1 / 64, abs=1e-12)
    assert answer(capsys, "oracle", "room.toml", "--target", "2")["mean"] == pytest.approx(2.0)
    unreachable = answer(capsys, "oracle", "room.toml", "--target", "5")
    assert unreachable["supported"] is False
    assert unreachable["drift"] == pytest.approx(0.0, abs=1e-12)


def test_oracle_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["oracle", "crossroads", "--base"]) == 0
    assert "collateral" in capsys.readouterr().out


def test_a_return_that_nobody_has_is_said_before_the_base_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main(["oracle", "crossroads", "--target", "-3"]) == 0
    said = capsys.readouterr()
    assert "no episode of the base returns -3.0" in said.err
    assert said.err.rstrip().endswith("its returns: 0, 1")
    assert main.main(["oracle", "crossroads", "--target", "1"]) == 0
    assert capsys.readouterr().err == ""


def test_numbers_of_the_frontier_stand_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["oracle", "levels", "--frontier"]) == 0
    rows = capsys.readouterr().out.splitlines()
    for row in rows[1 : rows.index("")]:
        beta, mean, drift = row.split()
        assert beta == "infinite" or float(beta) >= 0
        assert 0 <= float(mean) <= 3
        assert float(drift) >= 0
