"""Everything that is wrong with an experiment, at once, each with its place and line."""

from pathlib import Path
from typing import Any

import pytest

from engine import catalogue, experiment_check, experiments
from engine.errors import UserError
from engine.toml_text import Place

TEXT = """\
title = 3
task = "coin(alpha=2)"
seeds = "x"
updates = 0

[[runs]]
name = "one"
learner = "rvs"
knobs = { target = 1, learning_rate = 7 }

[[runs]]
name = "two"
learner = "rvx"
task = "ties"

[runs.knobs]
start = "nowhere"

[[runs]]
name = "three"
learner = "reinforce"
task = "nosuch"
colour = "red"
[runs.knobs]
batch = 1
episodes = 1.5
"""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return catalogue.describe()


def test_every_mistake_is_found_with_its_line_and_what_is_allowed(described: dict[str, Any]) -> None:
    found = experiment_check.problems(TEXT, Path("mine.toml"), described)
    expected: list[tuple[Place, int, str]] = [
        (("seeds",), 3, "is 'x'; allowed: whole numbers from 1"),
        (("updates",), 4, "is 0; allowed: whole numbers from 1"),
        (("runs", 2, "colour"), 23, "is unknown; allowed: name, learner, "),
        (("title",), 1, "is 3; allowed: text in quotes"),
        (("task",), 2, "coin: alpha is 2; allowed: between 0 and 1"),
        (("runs", 0, "knobs", "learning_rate"), 9, "7 is out of range; allowed: 1e-05 to 0.1"),
        (("runs", 1, "learner"), 13, "is 'rvx'; allowed: reinforce, ppo, "),
        (("runs", 2, "task"), 22, "'nosuch' is unknown; allowed: crossroads, "),
        (("runs", 2, "knobs", "batch"), 25, "is no knob of reinforce; allowed: "),
        (("runs", 2, "knobs", "episodes"), 26, "1.5 is not a whole number; allowed: 1 to 1024"),
    ]
    assert [(error.place, error.line) for error in found] == [(place, line) for place, line, _ in expected]
    for error, (place, line, said) in zip(found, expected, strict=True):
        assert error.said.startswith(said)
        assert str(error).startswith(f"mine.toml line {line}: {place[-1]} {said}")


@pytest.mark.parametrize(
    ("runs", "wrong"),
    [
        ([("RvS", "rvs"), ("RvS", "reinforce")], [1]),
        ([("", "rvs"), ("", "rvs")], [1]),
        ([("rvs", "reinforce"), ("", "rvs")], [1]),
        ([("a", "rvs"), ("a", "rvs"), ("b", "ppo"), ("a", "rvs")], [1, 3]),
    ],
)
@pytest.mark.timeout(20)
def test_two_runs_of_one_name_are_told_of_at_the_second(
    runs: list[tuple[str, str]], wrong: list[int], described: dict[str, Any]
) -> None:
    stated = (
        f'[[runs]]\nlearner = "{learner}"\n' + f'name = "{name}"\n' * bool(name) for name, learner in runs
    )
    text = 'title = "t"\nsummary = "s"\ntask = "ties"\n' + "".join(stated)
    found = experiment_check.problems(text, Path("mine.toml"), described)
    assert [problem.place for problem in found] == [("runs", number, "name") for number in wrong]
    assert all(problem.said.startswith("is used by two runs; allowed: distinct names") for problem in found)


@pytest.mark.parametrize(("task", "said"), [("CartPole-v1", True), ("ties", False), ("nosuch", False)])
def test_what_needs_a_table_of_states_is_told_where_there_is_none(
    task: str, said: bool, described: dict[str, Any]
) -> None:
    text = f'task = "{task}"\n[[runs]]\nlearner = "ppo"\n[[runs]]\nlearner = "kl_oracle"\n'
    found = experiment_check.problems(text, Path("mine.toml"), described)
    told = [problem for problem in found if problem.place[-1] == "learner"]
    assert bool(told) == said
    if told:
        assert told[0].place == ("runs", 1, "learner")
        assert told[0].said.startswith(
            "is 'kl_oracle', which needs a table of states; CartPole-v1 has none; allowed: reinforce, ppo, "
        )
        assert "tabular_predictor" not in told[0].said


@pytest.mark.parametrize("name", experiments.names())
def test_nothing_is_wrong_with_what_ships(name: str, described: dict[str, Any]) -> None:
    path = experiments.FOLDER / f"{name}.toml"
    assert experiment_check.problems(path.read_text(encoding="utf-8"), path, described) == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [("runs",)]),
        ("runs = 3", [("runs",)]),
        ('[[runs]]\nname = "a"\n', [("runs", 0, "learner"), ("runs", 0, "task")]),
        ('seeds = 0\n[[runs]]\nlearner = "rvs"\n', [("seeds",), ("runs", 0, "task")]),
        ('task = "room.toml"\n[[runs]]\nlearner = "rvs"\n', [("task",)]),
        ('task = "ties"\n[[runs]]\nlearner = "rvs"\n[[checks]]\nrun = "b"\n', [("checks", 0, "says")]),
    ],
)
def test_what_is_missing_is_asked_for(text: str, places: list[Place], described: dict[str, Any]) -> None:
    found = experiment_check.problems(text, Path("/nowhere/mine.toml"), described)
    assert [error.place for error in found] == places


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seeds = \n", "mine.toml: not TOML: .*line 1"),
        ('kind = "grid"', "mine.toml: a task, not an experiment"),
    ],
)
def test_what_is_no_experiment_is_refused(text: str, said: str, described: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=said):
        experiment_check.problems(text, Path("mine.toml"), described)


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("CartPole", "'CartPole' is unknown (did you mean CartPole-v1?); allowed: crossroads, "),
        ("lunarlander-v2", "'lunarlander-v2' is unknown (did you mean LunarLander-v3?); allowed: "),
        ("crosroads", "'crosroads' is unknown (did you mean crossroads?); allowed: crossroads, "),
        ("qqqq", "'qqqq' is unknown; allowed: crossroads, "),
        (
            "CartPole-v1 | TimeLimt(max_episode_steps=9)",
            "CartPole-v1 | TimeLimt(max_episode_steps=9): wrapper 'TimeLimt' is unknown "
            "(did you mean TimeLimit?); allowed: one of gymnasium.wrappers such as TimeLimit, module:Class, ",
        ),
        (
            "a.place:Maze | framestackobservation",
            "a.place:Maze | framestackobservation: wrapper 'framestackobservation' is unknown "
            "(did you mean FrameStackObservation?); allowed: ",
        ),
        (
            "CartPole-v1 | TimeLimit(max_steps=3)",
            "CartPole-v1 | TimeLimit(max_steps=3): argument of TimeLimit 'max_steps' is unknown "
            "(did you mean max_episode_steps?); allowed: max_episode_steps",
        ),
        (
            "CartPole-v1 | FlattenObservation(env=3)",
            "CartPole-v1 | FlattenObservation(env=3): "
            "argument of FlattenObservation 'env' is unknown; allowed: none",
        ),
        (
            "CartPole-v1 | ClipReward(min_reward=0) | FrameStackObservation(padding_type='zero')",
            "CartPole-v1 | ClipReward(min_reward=0) | FrameStackObservation(padding_type='zero'): "
            "FrameStackObservation needs stack_size; allowed: stack_size, padding_type",
        ),
        (
            "crossroads | TimeLimit(max_episode_steps=9)",
            "crossroads | TimeLimit(max_episode_steps=9): crossroads takes no wrappers; allowed: a Gym",
        ),
    ],
)
def test_an_id_or_wrapper_that_there_is_not_is_told_with_what_was_meant(
    task: str, said: str, described: dict[str, Any]
) -> None:
    text = f'task = "{task}"\n[[runs]]\nlearner = "ppo"\n'
    (found,) = experiment_check.problems(text, Path("mine.toml"), described)
    assert (found.place, found.line) == (("task",), 1)
    assert found.said.startswith(said)


def test_own_wrappers_are_no_mistake(described: dict[str, Any]) -> None:
    text = '[[runs]]\ntask = "CartPole-v1 | a.place:Mine"\nlearner = "ppo"\n'
    assert experiment_check.problems(text, Path("mine.toml"), described) == []
