"""An experiment as it is being written: the text is all there is, and what is wrong is said at once."""

import tomllib
from pathlib import Path

import pytest
from declared import CATALOGUE

from engine import experiments
from engine.errors import UserError
from gui.model.experiment_form import ExperimentDraft

MINE = """\
# why this is asked
title = "Mine"
task = "coin(alpha=0.3)"  # a coin
seeds = 2

[[runs]]
name = "A"
learner = "reinforce"
knobs = { learning_rate = 1e-2 } # small

[[runs]]
name = "B"
learner = "rvs"
data = "run: A"
[runs.knobs]
target = 1

[[checks]]
says = "A loses"
run = "A"
metric = "return"
relation = "below"
than_run = "B"
"""


@pytest.fixture
def draft(tmp_path: Path) -> ExperimentDraft:
    return ExperimentDraft(tmp_path / "experiments", CATALOGUE)


@pytest.fixture
def mine(draft: ExperimentDraft, tmp_path: Path) -> ExperimentDraft:
    (tmp_path / "mine.toml").write_text(MINE, encoding="utf-8")
    draft.open(tmp_path / "mine.toml")
    return draft


def test_a_new_one_can_be_run_as_it_is(draft: ExperimentDraft) -> None:
    assert draft.why_not == ""
    assert not draft.unsaved
    assert [run.learner for run in draft.experiment().runs] == ["reinforce", "rvs"]


def test_the_fields_come_from_the_declarations(draft: ExperimentDraft) -> None:
    fields = {field.place[-1]: field for field in draft.run_fields(0)}
    rate = fields["learning_rate"]
    assert (rate.label, rate.default) == ("Learning rate", "0.1")
    assert rate.hint == "Step size of Adam. 0.0001 to 1, logarithmic"
    assert fields["episodes"].hint == "Gathered in an update. Whole numbers, 1 to 1024 episodes"
    assert fields["start"].choices == ("base", "zero")
    assert "Fixed when the run starts" in fields["start"].hint
    assert (fields["whiten"].kind, fields["whiten"].default) == ("bool", "false")
    assert fields["learner"].labels == ("REINFORCE", "RvS", "KL oracle")
    assert "data" not in fields
    data = next(field for field in draft.run_fields(1) if field.label == "Learns from")
    assert data.choices == ("base", "run: REINFORCE")


def test_a_knob_without_an_effect_on_the_task_is_shown_only_where_it_is_stated(
    draft: ExperimentDraft,
) -> None:
    def steps() -> list[str]:
        return [field.hint for field in draft.run_fields(0) if field.label == "Steps"]

    assert steps() == []  # crossroads is a table
    for task, shown in (("CartPole-v1", 1), ("mine.npz", 0), ("coin(alpha=0.3)", 0), ("maze.py:Maze", 1)):
        draft.put(("task",), task)
        assert len(steps()) == shown
    draft.put(("runs", 0, "task"), "ties")
    assert steps() == []
    draft.put(("runs", 0, "knobs", "steps"), "8")
    assert steps()[0].endswith("No effect but on tasks that are no table")


def test_what_is_wrong_is_said_beside_its_field_and_keeps_it_from_running(draft: ExperimentDraft) -> None:
    rate = ("runs", 0, "knobs", "learning_rate")
    draft.put(rate, "7")
    draft.put(("seeds",), "many")
    draft.put(("task",), "")
    assert draft.said(rate) == "7 is out of range; allowed: 0.0001 to 1"
    assert draft.said(("seeds",)) == "is 'many'; allowed: whole numbers from 1"
    assert "missing" in draft.said(("task",))
    assert draft.said(("updates",)) == ""
    assert draft.why_not.splitlines()[0] == "Seeds is 'many'; allowed: whole numbers from 1"
    draft.put(("task",), "ties")
    assert "REINFORCE: Learning rate 7 is out of range; allowed: 0.0001 to 1" in draft.why_not
    assert draft.wrong_runs == {0}
    draft.put(rate, "0,5")
    draft.put(("seeds",), "3")
    assert draft.why_not == ""
    assert draft.experiment().runs[0].knobs == {"learning_rate": 0.5}
    draft.put(rate, "")
    assert draft.experiment().runs[0].knobs == {}
    assert "knobs" not in draft.runs[0]


@pytest.mark.parametrize("name", experiments.names())
def test_what_ships_is_copied_to_the_letter(draft: ExperimentDraft, name: str) -> None:
    path = experiments.FOLDER / f"{name}.toml"
    draft.copy(path)
    assert draft.text == path.read_text(encoding="utf-8")
    assert draft.path == draft.folder / path.name
    assert not draft.saved


def test_only_what_was_changed_changes(mine: ExperimentDraft, tmp_path: Path) -> None:
    assert mine.stated(("runs", 0, "knobs", "learning_rate")) == "1e-2"
    mine.put(("seeds",), "5")
    mine.put(("runs", 1, "updates"), "70")
    before, after = MINE.splitlines(), mine.text.splitlines()
    assert [line for line in before if line not in after] == ["seeds = 2"]
    assert [line for line in after if line not in before] == ["seeds = 5", "updates = 70"]
    mine.save(mine.path)
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == mine.text
    assert [run.updates for run in mine.experiment().runs] == [300, 70]


def test_the_numbers_that_a_task_leaves_open(mine: ExperimentDraft) -> None:
    assert mine.task == ("coin", {"alpha": "0.3"})
    assert mine.task_parameters() == {"alpha": "0.2"}
    mine.put_task_parameter("alpha", "2")
    assert mine.said(("task",)) == "coin: alpha is 2; allowed: between 0 and 1"
    mine.put_task_parameter("alpha", "")
    assert mine.stated(("task",)) == "coin"
    mine.put(("task",), "ties")
    mine.put_task_parameter("d", "0.7")
    mine.put_task_parameter("a", "0")
    mine.put_task_parameter("b", "0.05")
    assert mine.stated(("task",)) == "ties(a=0, b=0.05, d=0.7)"
    assert mine.why_not == ""


def test_runs_come_and_go_and_what_is_said_of_them_follows(mine: ExperimentDraft) -> None:
    assert mine.oracles == [False, False]
    mine.put(("runs", 0, "name"), "Alpha")
    data = tomllib.loads(mine.text)
    assert (data["checks"][0]["run"], data["runs"][1]["data"]) == ("Alpha", "run: Alpha")
    assert mine.copy_run(0) == 2
    assert mine.run_name(2) == "Alpha 2"
    assert mine.add_run("kl_oracle") == 3
    assert mine.oracles == [False, False, False, True]
    assert mine.why_not == ""
    mine.put(("runs", 2, "learner"), "kl_oracle")
    assert "knobs" not in mine.runs[2]  # it has no learning rate
    mine.put(("runs", 1, "data"), "")
    mine.remove_run(0)
    assert [mine.run_name(number) for number in range(3)] == ["B", "Alpha 2", "KL oracle"]
    assert tomllib.loads(mine.text).get("checks", []) == []
    assert mine.why_not == ""


def test_a_learner_gives_its_run_its_name_until_a_person_does(draft: ExperimentDraft) -> None:
    draft.put(("runs", 0, "learner"), "rvs")
    assert draft.run_name(0) == "RvS 2"
    draft.put(("runs", 0, "name"), "mine")
    draft.put(("runs", 0, "learner"), "kl_oracle")
    assert draft.run_name(0) == "mine"
    draft.put(("runs", 1, "name"), "RVS")  # what a learner is called in files is its own too
    draft.put(("runs", 1, "learner"), "kl_oracle")
    assert draft.run_name(1) == "KL oracle"


def test_the_first_run_can_be_added_again(draft: ExperimentDraft) -> None:
    draft.remove_run(0)
    draft.remove_run(0)
    assert "allowed: one [[runs]] table or more" in draft.why_not
    draft.add_run("rvs")
    assert draft.why_not == ""


def test_a_file_that_changes_is_followed(mine: ExperimentDraft, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINE.replace("seeds = 2", "seeds = 6"), encoding="utf-8")
    assert mine.follow()
    assert mine.stated(("seeds",)) == "6"
    path.write_text(MINE.replace("1e-2", "9"), encoding="utf-8")
    assert mine.follow()
    assert mine.said(("runs", 0, "knobs", "learning_rate")) == "9 is out of range; allowed: 0.0001 to 1"
    path.write_text('title = "broken\n', encoding="utf-8")
    assert not mine.follow()
    assert "mine.toml: not TOML" in mine.why_not
    assert "line 1" in mine.why_not
    assert mine.stated(("title",)) == "Mine"  # what it said before
    path.unlink()
    assert not mine.follow()
    assert "mine.toml: cannot be read" in mine.why_not
    path.write_text(MINE, encoding="utf-8")
    assert mine.follow()
    assert mine.why_not == ""


def test_changes_on_both_sides_are_not_lost(mine: ExperimentDraft, tmp_path: Path) -> None:
    mine.put(("seeds",), "3")
    (tmp_path / "mine.toml").write_text(MINE.replace("seeds = 2", "seeds = 6"), encoding="utf-8")
    assert not mine.follow()
    assert "saving replaces what it says" in mine.why_not
    assert mine.stated(("seeds",)) == "3"
    mine.save(mine.path)
    assert mine.why_not == ""
    assert "seeds = 3" in (tmp_path / "mine.toml").read_text(encoding="utf-8")


def test_a_new_file_is_named_after_the_title_and_replaces_none(draft: ExperimentDraft) -> None:
    draft.put(("title",), "How much is a nat?")
    assert draft.suggested.name == "how-much-is-a-nat.toml"
    draft.save(draft.suggested)
    draft.begin()
    draft.put(("title",), "How much is a nat?")
    assert draft.suggested.name == "how-much-is-a-nat-2.toml"


def test_what_cannot_be_read_or_written_is_told(draft: ExperimentDraft, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nosuch\.toml: cannot be read"):
        draft.open(tmp_path / "nosuch.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="not a text file"):
        draft.open(tmp_path / "binary.toml")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        draft.save(tmp_path / "file" / "mine.toml")
    assert draft.why_not == ""


def test_around_a_task_of_ones_own_an_experiment_is_made(draft: ExperimentDraft, tmp_path: Path) -> None:
    task = tmp_path / "room.toml"
    task.write_text('kind = "grid"\nhorizon = 5\nmap = """\na.S.b\n"""\n[exits]\na = 1.0\nb = 2.0\n')
    draft.copy(task)
    assert draft.stated(("task",)) == str(task)
    assert draft.why_not == ""
    assert draft.experiment().runs[0].task_text == task.read_text()
    task.write_text(task.read_text().replace("b = 2.0", "b = nan"))
    draft.put(("seeds",), "2")
    assert "pays nan; allowed: a finite number" in draft.said(("task",))


def test_what_was_not_saved_is_there_again(mine: ExperimentDraft, tmp_path: Path) -> None:
    mine.put(("seeds",), "7")
    other = ExperimentDraft(tmp_path / "experiments", CATALOGUE)
    other.resume(mine.text, mine.path)
    assert (other.unsaved, other.saved, other.stated(("seeds",))) == (True, MINE, "7")


def test_a_file_is_sought_beside_the_experiment_then_where_the_app_was_started(
    draft: ExperimentDraft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "experiments").mkdir()
    monkeypatch.chdir(tmp_path)
    for file in ("maze.py", "mine.npz", "experiments/mine.npz"):
        (tmp_path / file).write_text("")
    said = {
        "maze.py:Maze(size=9) | TimeLimit": f"{tmp_path}/maze.py:Maze(size=9) | TimeLimit",
        "CartPole-v1 | maze.py:Slow": f"CartPole-v1 | {tmp_path}/maze.py:Slow",
        "mine.npz": "mine.npz",  # is beside it
        "nowhere.py:Maze": "nowhere.py:Maze",
        "crossroads": "crossroads",
    }
    for typed, stands in said.items():
        draft.put(("task",), typed)
        assert draft.stated(("task",)) == stands
    draft.put(("task",), "nowhere.py:Maze")
    assert draft.said(("task",)).endswith(f"there is no file {tmp_path}/experiments/nowhere.py")


def test_a_recording_that_is_not_there_is_told_at_its_field(draft: ExperimentDraft, tmp_path: Path) -> None:
    draft.put(("runs", 1, "data"), "old.h5")
    assert draft.said(("runs", 1, "data")) == (
        f"cannot be had: recording {tmp_path}/experiments/old.h5: No such file or directory"
    )
    assert not draft.said(("task",))
