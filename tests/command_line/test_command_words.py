"""What there is, in lists and help."""

import re
from importlib.metadata import version
from itertools import pairwise

import pytest
from asking import answer

import main
from commands.verbs import VERBS


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


def test_a_learners_knobs_are_listed_with_what_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["list", "ppo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        next(line for line in lines if "kl_weight" in line).split("; ")[1].startswith("allowed: 0.001 to 10")
    )
    assert any("allowed: reward, loss, none" in line for line in lines)
    assert main.main(["list", "experiments"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"experiment"}


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["--version"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"Supertask {version('supertask')}: ")
    assert f", torch {version('torch')}, source " in line


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
