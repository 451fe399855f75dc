"""The command line: what it prints when asked well, and the one line it answers when asked badly."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import main
from commands.run import _print_table
from commands.verbs import VERBS
from engine.headless import Finished

GRID = """\
kind = "grid"
horizon = 3
map = \"\"\"
aS.b
\"\"\"

[exits]
a = 1.0
b = 2.0
"""
SHORT = """\
task = "crossroads"
seeds = 2
updates = 2

[[runs]]
name = "one"
learner = "reinforce"

[[runs]]
name = "two"
learner = "kl_oracle"
"""


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """The JSON object on the last line of standard output of a command that succeeds."""
    assert main.main([*arguments, "--json"]) == 0
    said = capsys.readouterr()
    return json.loads(said.out.splitlines()[-1])


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on standard error of a command that is refused."""
    assert main.main(list(arguments)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    lines = said.err.splitlines()
    assert len(lines) == 1, said.err
    assert lines[0].startswith("supertask: ")
    return lines[0]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, made the working directory, with good and bad files in it."""
    (tmp_path / "room.toml").write_text(GRID, encoding="utf-8")
    (tmp_path / "short.toml").write_text(SHORT, encoding="utf-8")
    (tmp_path / "malformed.toml").write_text("title = x", encoding="utf-8")
    (tmp_path / "maze.toml").write_text(GRID.replace('"grid"', '"maze"'), encoding="utf-8")
    (tmp_path / "nowhere.toml").write_text(SHORT.replace("crossroads", "NoSuch-v0"), encoding="utf-8")
    (tmp_path / "magic.toml").write_text(SHORT.replace("reinforce", "reinforc"), encoding="utf-8")
    limited = SHORT.replace("crossroads", "CartPole-v1 | TimeLimit(max_steps=3)")
    (tmp_path / "unlimited.toml").write_text(limited, encoding="utf-8")
    (tmp_path / "inexact.toml").write_text(SHORT.replace("crossroads", "CartPole-v1"), encoding="utf-8")
    (tmp_path / "text.txt").write_text("not a recording", encoding="utf-8")
    (tmp_path / "text.h5").write_text("not a recording", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("engine.telling.SAY_EVERY", 1e6)  # on a slow machine too, a refusal is one line
    return tmp_path


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


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "list")
    assert {"crossroads", "supertask", "cartpole"} <= found["experiments"].keys()
    assert {"crossroads", "levels"} <= found["tasks"].keys()
    assert {"reinforce", "ppo", "rvs", "decision_transformer"} <= found["learners"].keys()
    assert {"return", "drift", "asked", "collateral"} <= {metric["name"] for metric in found["metrics"]}
    assert main.main(["list"]) == 0
    text = capsys.readouterr().out
    for name in (*found["experiments"], *found["tasks"], *found["learners"]):
        assert name in text


BAD: dict[str, tuple[list[str], list[str]]] = {
    "unknown verb": (["frob"], ["'frob'", "run, oracle, list, info, export, check, recover", "recording"]),
    "mistyped verb": (["rnu"], ["'rnu'", "did you mean run?"]),
    "mistyped experiment": (["run", "crosroads"], ["did you mean crossroads?"]),
    "mistyped option": (["run", "crossroads", "--sed", "4"], ["--sed", "did you mean --seeds?", "--help"]),
    "mistyped task": (["oracle", "crosroads", "--base"], ["did you mean crossroads?"]),
    "mistyped learner of a run": (["run", "magic.toml"], ["run one", "did you mean reinforce?"]),
    "mistyped learner": (["audit", "rsv"], ["did you mean rvs?"]),
    "mistyped learner's knobs": (["list", "rsv"], ["did you mean rvs?"]),
    "no experiment": (["run"], ["EXPERIMENT", "--help"]),
    "unknown experiment": (["run", "nosuch"], ["'nosuch'", "crossroads", "supertask", ".toml"]),
    "missing experiment file": (["run", "nosuch.toml"], ["nosuch.toml", "No such file", "crossroads"]),
    "malformed experiment": (["run", "malformed.toml"], ["malformed.toml", "line 1"]),
    "malformed drawing": (["run", "maze.toml"], ["line 1", "'maze'", "allowed: grid"]),
    "unknown task": (["run", "nowhere.toml"], ["'NoSuch-v0'", "crossroads, levels", "Gymnasium"]),
    "argument of a wrapper": (
        ["run", "unlimited.toml"],
        ["argument of TimeLimit 'max_steps'", "did you mean max_episode_steps?"],
    ),
    "task without an oracle": (["run", "inexact.toml", "--out", "out"], ["two", "allowed: tabular tasks"]),
    "assignment": (["run", "crossroads", "--set", "foo"], ["foo", "KNOB=VALUE"]),
    "assignment without a name": (["run", "crossroads", "--set", "=1"], ["=1", "KNOB=VALUE"]),
    "unknown knob": (["run", "crossroads", "--set", "foo=1"], ["'foo'", "kl_weight", "target"]),
    "knob out of range": (["run", "crossroads", "--set", "kl_weight=99"], ["kl_weight", "99", "0.001 to 10"]),
    "knob that is no number": (["run", "crossroads", "--set", "kl_weight=x"], ["kl_weight", "'x'", "0.001"]),
    "unknown choice": (["run", "crossroads", "--set", "kl_in=x"], ["kl_in", "reward, loss, none"]),
    "no seeds": (["run", "crossroads", "--seeds", "0"], ["--seeds", "'0'", "whole numbers from 1"]),
    "seeds in words": (["run", "crossroads", "--seeds", "two"], ["--seeds", "'two'", "whole numbers from 1"]),
    "no updates": (["run", "crossroads", "--updates", "-1"], ["--updates", "-1"]),
    "unknown device": (["run", "crossroads", "--device", "tpu"], ["tpu", "auto", "cpu", "cuda"]),
    "unknown option": (["run", "crossroads", "--colour"], ["--colour"]),
    "unwritable folder": (
        ["run", "short.toml", "--out", "text.txt/inside"],
        ["text.txt/inside", "allowed: a folder that can be written"],
    ),
    "no oracle task": (["oracle"], ["TASK", "--help"]),
    "unknown oracle task": (["oracle", "nosuch", "--base"], ["'nosuch'", "crossroads, levels"]),
    "task that is no table": (
        ["oracle", "Pendulum-v1", "--base"],
        ["task Pendulum-v1: no exact answer is known", "no table", "crossroads, levels", ".npz"],
    ),
    "task that is no table, nothing asked": (
        ["oracle", "Pendulum-v1"],
        ["task Pendulum-v1: no exact answer is known"],
    ),
    "task that is not there, nothing asked": (["oracle", "crosroads"], ["did you mean crossroads?"]),
    "task whose table has another name": (
        ["oracle", "FrozenLake-v1", "--base"],
        ["did you mean frozen-lake?"],
    ),
    "missing task file": (["oracle", "nosuch.toml", "--base"], ["nosuch.toml", "cannot be read"]),
    "malformed task": (["oracle", "malformed.toml", "--base"], ["malformed", "line 1"]),
    "experiment as task": (["oracle", "short.toml", "--base"], ["'task'", "kind, horizon, map"]),
    "nothing asked": (["oracle", "crossroads"], ["--target G, --beta B, --base"]),
    "two things asked": (["oracle", "crossroads", "--base", "--beta", "1"], ["exactly one"]),
    "target in words": (["oracle", "crossroads", "--target", "abc"], ["--target", "'abc'", "a number"]),
    "target infinite": (["oracle", "crossroads", "--target", "inf"], ["--target", "'inf'", "a number"]),
    "weight out of range": (["oracle", "crossroads", "--beta", "0"], ["allowed"]),
    "negative weight": (["oracle", "crossroads", "--beta=-1"], ["beta is -1; allowed: 0.001 to 1000"]),
    "info without a file": (["info"], ["FILE", "--help"]),
    "info of nothing": (["info", "nosuch.h5"], ["nosuch.h5"]),
    "info of a text": (["info", "text.h5"], ["text.h5"]),
    "info of a folder": (["info", "."], ["."]),
    "export of nothing": (["export", "nosuch.h5", "--to", "csv", "--out", "x.csv"], ["nosuch.h5"]),
    "export of a text": (["export", "text.h5", "--to", "csv", "--out", "x.csv"], ["text.h5"]),
    "export to a figure of nothing": (
        ["export", "nosuch.h5", "--to", "png", "--out", "x.png"],
        ["nosuch.h5"],
    ),
    "export to what": (["export", "text.h5", "--to", "xls", "--out", "x"], ["xls", "csv", "png", "mp4"]),
    "export under a file": (
        ["export", "text.h5", "--to", "csv", "--out", "text.txt/x.csv"],
        ["text.txt", "allowed: a folder that can be written"],
    ),
    "recover nothing": (["recover", "nosuch"], ["nosuch"]),
    "open a text": (["text.txt"], ["text.txt"]),
}


@pytest.mark.parametrize(
    "arguments",
    ["rnu", "run crosroads", "run nowhere.toml", "run magic.toml", "run unlimited.toml",
     "run crossroads --sed 4",
     "oracle crosroads --base", "audit rsv", "list rsv"],
)  # fmt: skip
def test_a_mistyped_word_is_answered_without_torch(files: Path, arguments: str) -> None:
    code = f"import sys, main\nassert main.main({arguments.split()!r}) == 2\nprint('torch' in sys.modules)"
    path = {"PYTHONPATH": str(Path(main.__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | path
    )
    assert done.stdout == "False\n"


def test_a_learners_knobs_are_listed_with_what_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["list", "ppo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        next(line for line in lines if "kl_weight" in line).split("; ")[1].startswith("allowed: 0.001 to 10")
    )
    assert any("allowed: reward, loss, none" in line for line in lines)
    assert main.main(["list", "experiments"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"experiment"}


@pytest.mark.parametrize(("arguments", "named"), BAD.values(), ids=BAD)
def test_bad_input_is_answered_in_one_line(
    capsys: pytest.CaptureFixture[str], files: Path, arguments: list[str], named: list[str]
) -> None:
    line = refusal(capsys, *arguments)
    for what in named:
        assert what in line


def test_without_a_display(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert "python main.py run crossroads" in refusal(capsys)


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as stop:
        main.main([*verb.split(), "--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert "usage" in said
    assert not re.search(r"""\(default: (\)|['"])|"'""", said)  # nothing is quoted as a shell would
    lines = [re.sub("[│╭╮╰╯─]", " ", line).rstrip() for line in said.splitlines()]
    words = " ".join(" ".join(lines).split())
    assert "default: None" not in words
    assert not re.search(r"\(default: [^)]*\)\.? \(default", words)  # a default is said once
    for line, following in pairwise(lines):
        if line.startswith(" " * 9) and following.startswith(" " * 9):  # a text fills its lines
            assert len(line) + 1 + len(following.split()[0]) > 78, line


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
