"""Experiment files: those that ship, and what is said of those that are wrong."""

from pathlib import Path
from typing import Any

import pytest

from engine import catalogue, experiments
from engine.claims.check import Check
from engine.errors import UserError
from engine.tasks import registry

GRID = 'kind = "grid"\nhorizon = 5\nmap = """\na.S.b\n"""\n[exits]\na = 2.5\nb = 1.0\n'

GOOD = """\
title = "A title"
claim = "C1"
summary = "A summary."
try = ["This.", "That."]
expect = "Something."
task = "crossroads"
seeds = 2
updates = 7

[[runs]]
name = "first"
learner = "reinforce"
knobs = { learning_rate = 0.1 }

[[runs]]
learner = "rvs"
updates = 9
measure_every = 3
"""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return catalogue.describe()


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_default_comes_first() -> None:
    assert experiments.names()[0] == experiments.DEFAULT
    assert {"crossroads", "supertask", "cartpole"} <= set(experiments.names())


@pytest.mark.parametrize("name", experiments.names())
def test_every_experiment_that_ships_is_whole(name: str, described: dict[str, Any]) -> None:
    experiment = experiments.adjusted(experiments.load(name), catalogue=described)
    assert experiment.name == name
    assert all((experiment.title, experiment.summary, experiment.expect, experiment.try_this))
    assert experiment.claim in {f"C{number}" for number in range(1, 9)}
    for run in experiment.runs:
        registry.check(run.task, run.task_text)


def test_a_file_is_read_as_it_says(tmp_path: Path) -> None:
    experiment = experiments.load(written(tmp_path, GOOD))
    assert (experiment.name, experiment.title, experiment.claim) == ("mine", "A title", "C1")
    assert experiment.try_this == ("This.", "That.")
    first, second = experiment.runs
    assert (first.name, first.learner, first.updates, first.seeds) == ("first", "reinforce", 7, (0, 1))
    assert first.knobs == {"learning_rate": 0.1}
    assert (second.name, second.updates, second.measure_every, second.task) == ("rvs", 9, 3, "crossroads")


def test_a_drawn_task_becomes_an_experiment_that_asks_for_its_best(tmp_path: Path) -> None:
    experiment = experiments.load(written(tmp_path, GRID))
    assert len(experiment.runs) == len(experiments.load(experiments.DEFAULT).runs)
    assert {run.task for run in experiment.runs} == {"mine"}
    assert {run.task_text for run in experiment.runs} == {GRID}
    assert {run.knobs["target"] for run in experiment.runs if "target" in run.knobs} == {2.5}


def test_what_is_expected_is_read(tmp_path: Path) -> None:
    assert experiments.load(written(tmp_path, CHECKED)).checks == (
        Check("The second keeps more.", "rvs", "effective_modes", "above", 0.0, "first", 0.5, "for"),
    )


def test_an_experiment_may_name_a_drawn_task_beside_it(tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_text(GRID, encoding="utf-8")
    experiment = experiments.load(written(tmp_path, 'task = "room.toml"\n[[runs]]\nlearner = "rvs"\n'))
    assert (experiment.runs[0].task, experiment.runs[0].task_text) == ("room", GRID)


CHECKED = (
    GOOD
    + """
[[checks]]
says = "The second keeps more."
run = "rvs"
metric = "effective_modes"
relation = "above"
than_run = "first"
margin = 0.5
idea = "for"
"""
)

WRONG = {
    "check's key": (CHECKED.replace("margin", "margn"), "line 26: margn is unknown", "than_run"),
    "check's run": (CHECKED.replace('run = "rvs"', 'run = "rsv"'), "line 22: run is 'rsv'", "first, rvs"),
    "check's side": (CHECKED.replace("above", "over"), "line 24: relation is 'over'", "above, below"),
    "check's idea": (CHECKED.replace('"for"', '"yes"'), "line 27: idea is 'yes'", "for, against, neither"),
    "check without a bound": (CHECKED.replace("than_run", "#"), "needs exactly one of than", "than_run"),
    "check's words": (CHECKED.replace('says = "The', '# "The'), "says is missing from a check", "quotes"),
    "curves": (GOOD.replace("seeds = 2", "seeds = 2\ncurves = 3"), "line 8: curves", '["return", '),
    "unknown key": (GOOD.replace("claim", "clam"), "mine.toml line 2: clam is unknown", "claim"),
    "text": (GOOD.replace('"A title"', "3"), "line 1: title is 3", "text in quotes"),
    "tries": (GOOD.replace('["This.", "That."]', '"This."'), "line 4: try", '["a sentence"'),
    "count": (GOOD.replace("seeds = 2", "seeds = 0"), "line 7: seeds is 0", "whole numbers from 1"),
    "most": (GOOD.replace("seeds = 2", "seeds = 99999999"), "line 7: seeds is 99999999", "1 to 10,000"),
    "switch": (GOOD.replace("seeds = 2", "seeds = true"), "line 7: seeds is True", "whole numbers from 1"),
    "in a run": (GOOD.replace("updates = 9", "updates = -9"), "line 17: updates is -9", "whole numbers"),
    "key of a run": (GOOD.replace("updates = 9", "updats = 9"), "line 17: updats is unknown", "updates"),
    "no learner": (GOOD.replace('learner = "rvs"', ""), "learner is missing from run 2", "allowed"),
    "no task": (GOOD.replace('task = "crossroads"', ""), "task is missing from run 1", "allowed"),
    "knobs": (GOOD.replace("{ learning_rate = 0.1 }", "3"), "line 13: knobs", "learning_rate = 0.1"),
    "no runs": ('title = "x"', "mine.toml: runs is missing", "[[runs]]"),
    "runs": ("runs = 3", "line 1: runs", "[[runs]]"),
    "empty": ("", "mine.toml: runs is missing", "[[runs]]"),
    "same name": (
        GOOD.replace('learner = "rvs"', 'name = "first"\nlearner = "rvs"'),
        "name is used by two runs",
        "distinct names",
    ),
    "malformed": ("title = x", "mine.toml: not TOML", "line 1"),
    "deep": ("a = " + "[" * 100_000, "mine.toml: not TOML", "deep"),
    "digits": ("a = " + "1" * 5000, "mine.toml: not TOML", "digits"),
    "kind": (GRID.replace("grid", "maze"), "task mine, line 1: kind 'maze'", "allowed: grid"),
    "horizon": (GRID.replace("= 5", "= 0"), "task mine, line 2: horizon is 0", "whole numbers from 1"),
    "missing task file": (
        'task = "no.toml"\n[[runs]]\nlearner = "rvs"',
        "no.toml: cannot be read",
        "No such",
    ),
    "nobody's home": (
        'task = "~nobody-is-called-so/no.toml"\n[[runs]]\nlearner = "rvs"',
        "~nobody-is-called-so/no.toml: cannot be read",
        "No such",
    ),
    "NUL in a task": (
        'task = "~\\u0000/no.toml"\n[[runs]]\nlearner = "rvs"',
        "line 1: task is '~\\x00/no.toml'",
        "without the character NUL",
    ),
    "NUL in data": (
        GOOD.replace('learner = "rvs"', 'learner = "rvs"\ndata = "a\\u0000.h5"'),
        "data is 'a\\x00.h5'",
        "without the character NUL",
    ),
    "data at nobody's home": (
        GOOD.replace('learner = "rvs"', 'learner = "rvs"\ndata = "~nobody-is-called-so/no.h5"'),
        "data cannot be had",
        "No such",
    ),
}


@pytest.mark.parametrize(("text", "where", "allowed"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_line_and_what_is_allowed(
    tmp_path: Path, text: str, where: str, allowed: str
) -> None:
    with pytest.raises(UserError) as refused:
        experiments.load(written(tmp_path, text))
    message = str(refused.value)
    assert where in message
    assert allowed in message
    assert "\n" not in message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'nosuch' is unknown; allowed: crossroads,.*\.toml"):
        experiments.load("nosuch")
    with pytest.raises(UserError, match=r"No such file.*allowed: crossroads"):
        experiments.load(str(tmp_path / "nosuch.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(UserError, match=r"folder\.toml"):
        experiments.load(str(tmp_path / "folder.toml"))
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not a text file"):
        experiments.load(str(tmp_path / "binary.toml"))


def test_adjusting_sets_a_knob_where_there_is_one(described: dict[str, Any]) -> None:
    default = experiments.load(experiments.DEFAULT)
    adjusted = experiments.adjusted(
        default, seeds=2, updates=5, device="cpu", knobs={"kl_weight": "0.3"}, catalogue=described
    )
    assert {run.seeds for run in adjusted.runs} == {(0, 1)}
    assert {(run.updates, run.device) for run in adjusted.runs} == {(5, "cpu")}
    turned = {run.learner for run in adjusted.runs if run.knobs.get("kl_weight") == 0.3}
    assert turned == {"ppo", "kl_oracle"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"knobs": {"speed": "1"}}, r"knob 'speed' is unknown; allowed: .*kl_weight"),
        ({"knobs": {"kl_weight": "99"}}, r"kl_weight: 99 is out of range; allowed: 0.001 to 10"),
        ({"knobs": {"kl_in": "head"}}, r"kl_in: 'head' is unknown; allowed: reward, loss, none"),
        ({"seeds": 0}, r"seeds is 0; allowed: 1 to 10,000"),
        ({"seeds": 10_001}, r"seeds is 10001; allowed: 1 to 10,000"),
        ({"updates": 0}, r"updates is 0; allowed: whole numbers from 1"),
        ({"device": "tpu"}, r"device 'tpu' is unknown.*; allowed: auto, cpu, cuda"),
    ],
)
def test_adjusting_refuses(changes: dict[str, Any], message: str, described: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=message):
        experiments.adjusted(experiments.load(experiments.DEFAULT), catalogue=described, **changes)


def test_learners_and_their_knobs_are_checked(tmp_path: Path, described: dict[str, Any]) -> None:
    for wrong, message in (
        (GOOD.replace("reinforce", "magic"), "run first: learner 'magic' is unknown; allowed: reinforce"),
        (GOOD.replace("rvs", "rsv"), r"learner 'rsv' is unknown \(did you mean rvs\?\)"),
        (
            GOOD.replace("learning_rate", "haste"),
            "run first: knob 'haste' is unknown; allowed: learning_rate",
        ),
    ):
        with pytest.raises(UserError, match=message):
            experiments.adjusted(experiments.load(written(tmp_path, wrong)), catalogue=described)


@pytest.mark.parametrize("named", ["{}/old.h5", "minari: {}/old"])
def test_a_path_is_said_once(named: str, tmp_path: Path) -> None:
    text = f'[[runs]]\nlearner = "rvs"\ntask = "coin"\ndata = "{named.format(tmp_path)}"\n'
    with pytest.raises(UserError, match=r"^mine.toml line 4: data cannot be had: ") as caught:
        experiments.read(text, tmp_path / "mine.toml")
    assert str(caught.value).count(str(tmp_path)) == 1
