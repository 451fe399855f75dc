"""Commands given in this process, and what they answer."""

import json
from typing import Any

import pytest

import main

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
