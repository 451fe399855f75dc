import time
from dataclasses import replace
from pathlib import Path

import pytest
import synthetic
from conftest import Shelf, Workers, started

from engine.errors import UserError
from engine.experiments import Experiment
from engine.protocol import Control, Failed, PolicyQuery, Refused, SetKnob, Status
from gui.model.session import Session
from gui.model.steering import SEND_EVERY


def test_an_experiment_is_ready_with_its_knobs_before_it_runs(
    session: Session, experiment: Experiment
) -> None:
    session.choose(experiment)
    assert session.running.state == "ready"
    assert [item.name for item in session.items] == ["REINFORCE", "RvS", "conditional oracle"]
    assert next(iter(session.board.settings)) == "target"  # what acts at once comes first
    assert session.target is None  # nobody stated one: each run will choose
    setting = session.board.settings["target"]
    assert setting.open
    session.steering.turn("target", 0.5)
    assert not setting.open
    assert session.target == 0.5


def test_knobs_turned_before_the_start_are_in_the_specification(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    session.choose(experiment)
    session.steering.turn("learning_rate", 0.02)
    session.steering.turn("episodes", 64)  # fixed once it runs, free before
    session.running.start()
    assert workers.handles[0].specification.knobs == {"learning_rate": 0.02, "episodes": 64}
    assert workers.handles[2].specification.knobs == {}
    session.tick()
    assert not session.board.settings["episodes"].enabled
    assert session.board.settings["learning_rate"].enabled


def test_space_runs_pauses_and_resumes(session: Session, experiment: Experiment, workers: Workers) -> None:
    session.choose(experiment)
    states = []
    for _ in range(3):
        session.running.toggle()
        session.tick()
        states.append(session.running.state)
    assert states == ["running", "paused", "running"]
    sent = [request.action for request in workers.handles[0].sent if isinstance(request, Control)]
    assert sent == ["pause", "resume"]


def test_a_drag_sends_only_the_latest_value(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    started(session, experiment)
    for value in (0.2, 0.3, 0.4, 0.5):
        session.steering.turn("learning_rate", value)
    time.sleep(SEND_EVERY)
    session.tick()
    assert workers.handles[0].knobs("learning_rate") == [0.2, 0.5]
    assert session.items[0].values["learning_rate"] == 0.5


def test_a_slider_steers_the_selected_run_alone_if_asked(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    started(session, experiment)
    session.select(session.items[1])
    session.set_scope("selected")
    session.steering.turn("learning_rate", 0.7)
    assert workers.handles[0].knobs("learning_rate") == []
    assert workers.handles[1].knobs("learning_rate") == [0.7]
    session.set_scope("all")
    assert session.board.settings["learning_rate"].mixed


def test_undo_and_redo_say_what_they_did_and_steer(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    started(session, experiment)
    session.steering.turn("learning_rate", 0.3)
    assert session.steering.undo.undo() == "Undid Learning rate 0.1 → 0.3: Learning rate is 0.1 again"
    time.sleep(SEND_EVERY)
    session.tick()
    assert workers.handles[0].knobs("learning_rate")[-1] == 0.1
    assert session.steering.undo.redo() == "Redid Learning rate 0.1 → 0.3"
    assert session.items[0].values["learning_rate"] == 0.3
    assert session.steering.undo.redo() == "Nothing to redo"


def test_one_drag_is_one_change_to_undo(session: Session, experiment: Experiment) -> None:
    started(session, experiment)
    for value in (0.2, 0.3, 0.4):
        session.steering.turn("learning_rate", value)
    session.steering.undo.undo()
    assert session.items[0].values["learning_rate"] == 0.1
    assert session.steering.undo.undo() == "Nothing to undo"


def test_a_value_that_is_not_allowed_changes_nothing(session: Session, experiment: Experiment) -> None:
    started(session, experiment)
    with pytest.raises(UserError, match="out of range"):
        session.steering.turn("learning_rate", 55)
    assert session.items[0].values["learning_rate"] == 0.1


def test_a_target_between_the_recorded_ones_is_asked_of_the_worker(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    started(session, experiment)
    session.select(session.items[1])
    session.steering.turn("target", 0.5)
    session.tick()
    assert session.recorded_target(session.items[1]) == 1
    session.steering.turn("target", 0.7)
    session.tick()
    assert session.recorded_target(session.items[1]) is None
    session.tick()
    assert session.items[1].answer.target == 0.7
    questions = [request for request in workers.handles[1].sent if isinstance(request, PolicyQuery)]
    assert [question.target for question in questions] == [0.7]


def test_one_question_at_a_time_and_the_next_as_soon_as_it_is_answered(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    started(session, experiment)
    session.select(session.items[1])
    handle = workers.handles[1]

    def asked() -> list[float]:
        return [request.target for request in handle.sent if isinstance(request, PolicyQuery)]

    session.steering.turn("target", 0.7)
    session.tick()
    waiting, handle.answers = handle.answers, []  # it takes its time
    for target in (0.71, 0.72, 0.73):
        session.steering.turn("target", target)
        session.tick()
    assert asked() == [0.7]
    handle.answers = waiting
    session.tick()
    session.tick()
    assert asked() == [0.7, 0.73]


def test_a_failed_run_leaves_the_others_alone(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    started(session, experiment)
    workers.handles[0].answers.append(Failed(3, "loss is not finite", "Traceback …"))
    session.tick()
    assert (session.items[0].state, session.items[0].message) == ("failed", "loss is not finite")
    assert session.running.state == "running"
    workers.handles[1].lives = False
    session.tick()
    assert session.items[1].state == "failed"
    assert "without a word" in session.items[1].message


def test_rows_that_arrive_move_a_following_cursor_only(
    session: Session, experiment: Experiment, shelf: Shelf
) -> None:
    started(session, experiment)
    recording = shelf.live[session.items[0].recording.path]
    recording.reveal(20)
    session.tick()
    assert session.cursor.step == 19
    session.cursor.put(5)
    recording.reveal(40)
    session.tick()
    assert (session.cursor.step, session.cursor.end) == (5, 39)


def test_recordings_open_together_and_a_broken_one_is_refused(recorded: Session, tmp_path: Path) -> None:
    assert recorded.running.state == "recorded"
    assert recorded.cursor.end == 60
    assert [item.oracle for item in recorded.items] == [False, False, True]
    with pytest.raises(UserError):
        recorded.open(tmp_path / "nothing.h5")
    assert len(recorded.items) == 3


def test_an_experiment_stays_where_a_recording_cannot_be_read(
    session: Session, experiment: Experiment, tmp_path: Path
) -> None:
    session.choose(experiment)
    before = list(session.items)
    with pytest.raises(UserError):
        session.open(tmp_path / "nothing.h5")
    assert session.experiment is experiment
    assert session.items == before


def test_one_drag_has_one_name_in_every_run(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    started(session, experiment)

    def turned(value: float) -> None:
        session.steering.turn("learning_rate", value)
        time.sleep(SEND_EVERY)
        session.tick()

    turned(0.2)
    turned(0.3)
    session.steering.undo.last.moment -= 10  # the hand rested
    turned(0.4)
    session.steering.undo.undo()
    time.sleep(SEND_EVERY)
    session.tick()
    first, second = ([r for r in h.sent if isinstance(r, SetKnob)] for h in workers.handles[:2])
    assert [request.value for request in first] == [0.2, 0.3, 0.4, 0.3]
    acts = [request.act for request in first]
    assert acts == [request.act for request in second]
    assert acts[0] == acts[1]
    assert len({acts[0], acts[2], acts[3]}) == 3
    assert all(acts)


def test_a_control_goes_only_to_the_runs_it_makes_sense_for(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    def controls(index: int) -> list[str]:
        return [request.action for request in workers.handles[index].sent if isinstance(request, Control)]

    session.choose(experiment)
    session.running.step()  # starts them, pauses them, one update each
    session.tick()
    session.cursor.arrived(1)
    session.cursor.put(0)
    session.running.step()
    assert session.cursor.following  # one looks at what one has made
    assert controls(0) == ["pause", "step", "step"]
    workers.handles[2].answers.append(Status("holding", 1, 1, 0.0, "cpu", ""))  # the oracle has no more to do
    session.tick()
    session.running.step()
    session.running.toggle()
    assert controls(0)[3:] == ["step", "resume"]
    assert controls(2) == ["pause", "step", "step"]
    for handle in workers.handles:
        handle.answers.append(Status("holding", 300, 300, 0.0, "cpu", ""))
    session.tick()
    session.running.toggle()
    assert controls(0)[-1] == "extend"
    assert controls(2)[-1] == "step"


def test_a_run_that_pauses_of_its_own_accord_says_why(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    started(session, experiment)
    workers.handles[0].answers += [Status("paused", 9, 300, 0.0, "cpu", ""), Refused(0, "loss is not finite")]
    session.tick()
    assert (session.items[0].state, session.items[0].message) == ("paused", "loss is not finite")


def test_the_target_slider_reaches_as_far_as_the_recorded_targets(
    session: Session, experiment: Experiment, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:

    import synthetic

    monkeypatch.setattr(synthetic, "TARGET", replace(synthetic.TARGET, low=-1e6, high=1e6))
    session.choose(experiment)
    knob = session.board.settings["target"].knob
    assert (knob.low, knob.high) == (0.0, 1.0)  # a guess, from what is asked
    started(session, experiment)
    knob = session.board.settings["target"].knob
    assert (knob.low, knob.high) == (0.0, 1.0)  # the layout's
    session.steering.turn(
        "target", 7.5
    )  # beyond the slider, and still allowed: what then happens is worth seeing
    assert session.target == 7.5


def test_reset_puts_each_run_back_to_its_own_beginning(session: Session, experiment: Experiment) -> None:
    runs = (replace(experiment.runs[0], knobs={"learning_rate": 0.01}), *experiment.runs[1:])
    session.choose(replace(experiment, runs=runs))
    setting = session.board.settings["learning_rate"]
    assert setting.mixed
    assert not setting.changed
    session.steering.turn("learning_rate", 0.5)
    session.steering.reset("learning_rate")
    assert [item.values["learning_rate"] for item in session.items[:2]] == [0.01, 0.1]
    assert session.steering.undo.next_undo().startswith("Learning rate")


def test_a_learners_default_can_be_chosen_against_the_experiments_value(
    session: Session, experiment: Experiment, workers: Workers
) -> None:
    runs = (replace(experiment.runs[0], knobs={"learning_rate": 0.01}), *experiment.runs[1:])
    session.choose(replace(experiment, runs=runs))
    session.steering.turn("learning_rate", 0.1)
    session.running.start()
    assert workers.handles[0].specification.knobs == {"learning_rate": 0.1}


def test_a_target_that_a_run_chose_itself_is_the_one_that_is_asked_for(
    session: Session, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {"specification": {"knobs": {"target": 0.5}}}
    made = synthetic.layout
    monkeypatch.setattr(synthetic, "layout", lambda *a, **k: replace(made(*a, **k), provenance=chosen))
    session.choose(experiment)
    session.running.start()
    assert session.target is None  # nothing is known
    for _ in range(4):
        session.tick()
    asked = [item.values.get("target") for item in session.items]
    assert (session.target, asked) == (0.5, [None, 0.5, 0.5])
    setting = session.board.settings["target"]
    assert (setting.value, setting.changed) == (0.5, False)
