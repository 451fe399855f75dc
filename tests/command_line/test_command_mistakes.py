"""What is asked badly is answered in one line: what, where, and what is allowed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from asking import refusal

import main

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
    "id in an experiment's place": (["run", "CartPole-v1"], ["'CartPole-v1' is a task", "[[runs]]"]),
    "class in an experiment's place": (["run", "env.py:World"], ["'env.py:World' is a task", "[[runs]]"]),
    "far too many seeds": (
        ["run", "crossroads", "--seeds", "99999999"],
        ["seeds is 99999999", "1 to 10,000"],
    ),
    "missing experiment file": (["run", "nosuch.toml"], ["nosuch.toml", "No such file", "crossroads"]),
    "malformed experiment": (["run", "malformed.toml"], ["malformed.toml", "line 1"]),
    "malformed drawing": (["run", "maze.toml"], ["line 1", "'maze'", "allowed: grid"]),
    "unknown task": (["run", "nowhere.toml"], ["'NoSuch-v0'", "crossroads, levels", "Gymnasium"]),
    "argument of a wrapper": (
        ["run", "unlimited.toml"],
        ["argument of TimeLimit 'max_steps'", "did you mean max_episode_steps?"],
    ),
    "task without an oracle": (["run", "inexact.toml", "--out", "out"], ["two", "allowed: tabular tasks"]),
    "environment that ends the process": (
        ["run", "Dies.toml", "--out", "out"],
        ["run ppo failed: ended with exit code 3", "what it has recorded is kept"],
    ),
    "environment that pays nothing": (
        ["run", "Unpaid.toml", "--out", "out"],
        ["run ppo failed: task ", "dies.py:Unpaid: step pays None; allowed: a finite number"],
    ),
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
