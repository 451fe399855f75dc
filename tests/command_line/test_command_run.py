"""Runs from the command line, from their start to their export."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from asking import SHORT, answer, refusal

import main
from commands.run import _print_table
from engine.headless import Finished


def test_run_learns_from_a_data_set_that_export_wrote(
    capsys: pytest.CaptureFixture[str], files: Path
) -> None:
    Path("predictor.toml").write_text(
        'task = "ties"\nupdates = 2\n[[runs]]\nlearner = "rvs"\nknobs = { data_episodes = 50 }\n'
    )
    (run,) = answer(capsys, "run", "predictor.toml", "--out", "from-base", "--seeds", "2")["runs"]
    assert main.main(["export", run["file"], "--to", "minari", "--out", "ties-v0"]) == 0
    capsys.readouterr()
    (run,) = answer(capsys, "run", "predictor.toml", "--out", "from-data", "--data", "minari:ties-v0")["runs"]
    assert run["updates"] == 2
    assert answer(capsys, "replay", run["file"])["matches"]
    said = refusal(capsys, "run", "predictor.toml", "--out", "no", "--data", "minari:no-v0")
    assert "data set 'no-v0': no folder of it" in said
    assert "allowed: base, a recording" in refusal(
        capsys, "run", "predictor.toml", "--out", "no", "--data", "d4rl"
    )


def test_run_info_export_and_recover(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    runs = answer(capsys, "run", "short.toml", "--out", "out", "--updates", "3", "--set", "kl_weight=0.3")[
        "runs"
    ]
    assert [run["name"] for run in runs] == ["one", "two"]
    assert [run["learner"] for run in runs] == ["reinforce", "kl_oracle"]
    assert {run["updates"] for run in runs} == {3}
    oracle = runs[1]["metrics"]
    assert oracle["return"] == pytest.approx(0.865480342, abs=1e-6)
    assert oracle["drift"] == pytest.approx(1.085514525, abs=1e-6)
    assert {"return", "drift", "asked", "collateral", "effective_modes"} <= oracle.keys()
    assert "return" not in runs[0]["errors"]  # it is exact
    assert 0 < runs[0]["errors"]["vendi"] < 1

    about = answer(capsys, "info", runs[0]["file"])
    assert about["name"] == "one"
    assert about["seeds"] == [0, 1]
    assert about["live"] is False
    assert about["numbers"]["drift"]["kind"] == "exact"
    assert len(about["numbers"]["drift"]["seeds"]) == 2
    assert about["numbers"]["vendi"]["kind"] == "estimated"
    assert about["numbers"]["vendi"]["standard_error"] is not None
    assert about["numbers"]["entropy_law_a"]["kind"] == "estimated"
    assert (about["numbers"]["collapsed"]["kind"], about["numbers"]["collapsed"]["seeds"]) == (
        "exact",
        [0, 0],
    )
    assert "supertask_score" in about["not_measured"]  # this learner takes no target
    assert main.main(["info", runs[0]["file"]]) == 0
    said = capsys.readouterr().out
    assert "provenance" in said
    assert "knobs turned" not in said
    assert re.search(r"  onset_step +none so far  ", said)  # and no unit
    assert "{" not in said  # names and values, a line each
    assert "    learner" in said
    metrics = [line for line in said.splitlines() if line.endswith((" exact", " estimated", " reported"))]
    assert len(metrics) > 30
    assert "after update 3, but for what names another" in said
    seldom = next(line for line in metrics if line.startswith("  policy_variance "))
    assert "(update 0)" in seldom
    assert "(update" not in next(line for line in metrics if line.startswith("  return "))
    assert about["numbers"]["policy_variance"]["update"] == 0
    assert about["numbers"]["return"]["update"] is None
    assert "not estimable" in said

    assert main.main(["export", runs[0]["file"], "--to", "csv", "--out", "tables/one.csv"]) == 0
    table = (files / "tables" / "one.csv").read_text(encoding="utf-8").splitlines()
    assert len(table) >= 1 + 4 * 2  # a heading; the beginning and three updates, for each of two seeds
    capsys.readouterr()

    assert main.main(["recover", "out"]) == 0
    assert capsys.readouterr().out == "nothing to recover\n"
    assert str(files) in refusal(capsys, "export", runs[0]["file"], "--to", "csv", "--out", str(files))


def test_the_numbers_at_the_end_are_those_of_one_row(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = SHORT.replace("updates = 2", "updates = 5\nmeasure_every = 2").replace("kl_oracle", "reinforce")
    (files / "gaps.toml").write_text(short, encoding="utf-8")
    for run in answer(capsys, "run", "gaps.toml", "--out", "out")["runs"]:
        metrics = run["metrics"]
        assert metrics["asked"] + metrics["collateral"] == pytest.approx(metrics["drift"], abs=1e-6)
        assert metrics["loss"] is not None


def test_a_table_of_results(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["run", "short.toml", "--out", "out"]) == 0
    said = capsys.readouterr().out
    for word in ("one", "two", "collateral", "modes", "recordings: out"):
        assert word in said


def test_what_is_estimated_stands_in_the_table_with_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = {"return": 21.25, "drift": 0.0104, "effective_modes": 3.0}
    made = Finished("one", "ppo", Path("one.h5"), 9, 1.0, metrics, {"return": 0.634, "drift": 0.002})
    _print_table([made])
    said = capsys.readouterr().out
    row = said.splitlines()[1].split("  ")
    assert [cell.strip() for cell in row if cell.strip()][3:] == [
        "21.250 ± 0.6", "0.010 ± 0.002", "not estimable", "not estimable", "3.000",
    ]  # fmt: skip
    assert "±: standard error" in said
    _print_table([replace(made, errors={})])
    assert "±" not in capsys.readouterr().out
