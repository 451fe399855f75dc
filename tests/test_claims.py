"""Verdicts: intervals over seeds, held against what an experiment expects."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

from engine import experiments
from engine.claims import collect, report
from engine.claims.check import Check
from engine.claims.verdict import judged
from engine.errors import UserError
from engine.experiments import Experiment

ABOVE = Check("More.", "ours", "modes", "above", 2.0)
PAIRED = Check("More than theirs.", "ours", "modes", "above", than_run="theirs", margin=0.5)


def recording(rows: list[list[float]]) -> Any:
    """A recording of one metric [rows, S], a row an update."""
    columns = [SimpleNamespace(name="modes")]
    values = np.array(rows)
    return SimpleNamespace(
        layout=SimpleNamespace(columns=columns), metric=lambda _: values, steps=np.arange(len(values))
    )


@pytest.mark.parametrize(
    ("seeds", "outcome"),
    [
        ([3.0, 3.1, 3.2, 3.3], "held"),
        ([1.0, 1.1, 1.2, 1.3], "did not hold"),
        ([1.0, 1.0, 3.0, 3.0], "undecided"),
    ],
)
def test_the_whole_interval_has_to_lie_on_one_side(seeds: list[float], outcome: str) -> None:
    verdict = judged(ABOVE, {"ours": recording([seeds])})
    assert verdict.outcome == outcome
    below = judged(replace(ABOVE, relation="below"), {"ours": recording([seeds])})
    mirrored = {"held": "did not hold", "did not hold": "held", "undecided": "undecided"}
    assert below.outcome == mirrored[outcome]
    assert verdict.low <= verdict.value <= verdict.high
    assert verdict.seeds == 4


def test_runs_are_compared_seed_by_seed() -> None:
    # The seeds differ by far more than the runs do: only paired is the difference .6 to .9 seen.
    theirs = np.array([1.0, 20.0, 300.0, 4000.0])
    ours = theirs + np.array([0.6, 0.7, 0.8, 0.9])
    verdict = judged(PAIRED, {"ours": recording([ours.tolist()]), "theirs": recording([theirs.tolist()])})
    assert verdict.outcome == "held"
    assert verdict.value == pytest.approx(0.75)  # the middle two of four
    assert (verdict.bound, verdict.other) == (0.5, pytest.approx(theirs.mean()))
    less = replace(PAIRED, run="theirs", than_run="ours", relation="below")
    assert (
        judged(less, {"ours": recording([ours.tolist()]), "theirs": recording([theirs.tolist()])}).outcome
        == "held"
    )


def test_the_end_is_the_last_known_value_and_no_later_than_asked() -> None:
    rows = [[1.0, 1.0], [5.0, 5.0], [np.nan, np.nan]]
    assert judged(ABOVE, {"ours": recording(rows)}).value == 5
    assert judged(ABOVE, {"ours": recording(rows)}, until=0).value == 1


def test_what_is_not_there_is_not_measured() -> None:
    for recordings in ({}, {"ours": recording([[np.nan]])}):
        assert judged(ABOVE, recordings).outcome == "not measured"
    assert judged(PAIRED, {"ours": recording([[3.0]])}).outcome == "not measured"
    assert judged(replace(ABOVE, metric="other"), {"ours": recording([[3.0]])}).outcome == "not measured"


def test_a_seed_without_a_number_is_left_out_and_counted_out() -> None:
    verdict = judged(ABOVE, {"ours": recording([[3.0, 3.1, np.nan]])})
    assert (verdict.outcome, verdict.seeds) == ("held", 2)


@pytest.fixture
def small(tmp_path: Path) -> Experiment:
    (tmp_path / "small.toml").write_text(
        """
title = "Small"
claim = "C4"
task = "crossroads"
seeds = 2
updates = 2
[[runs]]
name = "ours"
learner = "conditional_oracle"
[[runs]]
name = "theirs"
learner = "reinforce"
[[checks]]
says = "The oracle has no collateral drift."
run = "ours"
metric = "collateral"
relation = "below"
than = 1e-9
[[checks]]
says = "Two updates teach REINFORCE more than the oracle knows."
run = "theirs"
metric = "return"
relation = "above"
than_run = "ours"
idea = "against"
""",
        encoding="utf-8",
    )
    return experiments.load(str(tmp_path / "small.toml"))


def test_an_experiment_is_run_once_judged_and_written_down(small: Experiment, tmp_path: Path) -> None:
    result, paths = collect.collected(small, tmp_path / "out")
    assert [verdict.outcome for verdict in result.verdicts] == ["held", "did not hold"]
    written = [path.stat().st_mtime_ns for path in paths]
    again, same = collect.collected(small, tmp_path / "out")
    assert same == paths
    assert [path.stat().st_mtime_ns for path in same] == written  # not run again
    assert again.seconds == pytest.approx(result.seconds, abs=0.1)
    longer = replace(small, runs=tuple(replace(run, updates=3) for run in small.runs))
    assert collect.finished(longer, tmp_path / "out") is None  # another specification is another run
    (tmp_path / "out" / "seconds.txt").write_text("long\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"seconds\.txt: 'long'; allowed: how long the runs took"):
        collect.collected(small, tmp_path / "out")
    with h5py.File(paths[0], "r+") as file:
        file["entry/x"] = h5py.ExternalLink("/etc/passwd", "/")
    with pytest.raises(UserError, match="refused: entry/x: is a link into another file"):
        collect.finished(small, tmp_path / "out")

    text = report.page([result], command="the command", seeds=2, machine="a machine", date="2026-01-01")
    assert "`the command`" in text
    assert "## C4" in text
    assert "| speak for neither side | 1 | 0 | 0 | 0 |" in text
    assert "| speak against it | 0 | 1 | 0 | 0 |" in text
    row = next(line for line in text.splitlines() if line.startswith("| Two updates"))
    assert "*(against the idea)*" in row
    assert row.endswith("| above 0 | **did not hold** |")
