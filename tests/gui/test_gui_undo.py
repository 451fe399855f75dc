"""Taking back what runs have learned with: the knob, or a run from before it; and forks of the present."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Shelf, Workers
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.experiments import Experiment
from engine.protocol import Control, SetKnob
from engine.recording.schema import Checkpoint
from gui.main_window import MainWindow
from gui.model.changes import Change
from gui.model.session import Session
from gui.widgets.words_dialog import WordsDialog

Settle = Callable[[], None]
REINFORCE, RVS = 0, 1
CONTROL = Qt.KeyboardModifier.ControlModifier


class Live:
    """An experiment that runs; the updates are made when a test says so."""

    def __init__(self, session: Session, shelf: Shelf, workers: Workers, settle: Settle) -> None:
        self.session, self.shelf, self.workers, self.settle = session, shelf, workers, settle

    def reach(self, step: int) -> None:
        for item, worker in zip(self.session.items[:2], self.workers.handles[:2], strict=True):
            self.shelf.live[item.recording.path].reveal(step + 1)
            worker.step = step
        self.settle()

    def keep(self, place: int, step: int) -> None:
        """The checkpoint reaches the recording."""
        item = self.session.items[place]
        name = f"{item.name}.step-{step}.safetensors"
        item.recording.path.with_name(name).touch()
        item.recording.checkpoints.append(Checkpoint(step, name, ""))

    def sent(self, place: int) -> list[object]:
        requests = self.workers.handles[place].sent
        return [
            r.action if isinstance(r, Control) else r.value
            for r in requests
            if isinstance(r, (Control, SetKnob))
        ]


@pytest.fixture
def live(
    window: MainWindow,
    session: Session,
    experiment: Experiment,
    shelf: Shelf,
    workers: Workers,
    settle: Settle,
) -> Live:
    session.choose(experiment)
    session.running.start()
    settle()
    return Live(session, shelf, workers, settle)


def press(
    window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    QTest.keyClick(QApplication.focusWidget() or window, key, modifiers)


def test_what_was_learned_with_is_asked_about_and_enter_sets_it_back(window: MainWindow, live: Live) -> None:
    choice = window.deck.changes.choice
    live.reach(10)
    live.session.steering.turn("learning_rate", 0.4)
    live.settle()
    assert live.sent(REINFORCE) == ["checkpoint", 0.4]  # its state before is kept
    live.reach(30)
    window.deck.timeline.strip.setFocus()
    press(window, Qt.Key.Key_Z, CONTROL)
    assert not choice.isHidden()
    assert choice.words.text() == "Learning rate 0.1 → 0.4: 2 runs learned with it for 20 updates."
    assert live.session.items[REINFORCE].values["learning_rate"] == 0.4  # nothing is done yet
    press(window, Qt.Key.Key_Return)
    assert choice.isHidden()
    assert live.session.items[REINFORCE].values["learning_rate"] == 0.1
    assert len(live.session.items) == 3
    assert QApplication.focusWidget() is window.deck.timeline.strip


def test_tab_leads_to_the_fork_which_begins_before_the_change(
    window: MainWindow, live: Live, workers: Workers
) -> None:
    live.reach(10)
    live.session.select(live.session.items[REINFORCE])
    live.session.set_scope("selected")
    live.session.steering.turn("entropy_weight", 0.2)
    live.session.steering.turn("learning_rate", 0.4)
    live.settle()
    live.reach(30)
    press(window, Qt.Key.Key_Z, CONTROL)
    press(window, Qt.Key.Key_Tab)
    press(window, Qt.Key.Key_Return)
    live.settle()
    assert len(live.session.items) == 3  # the checkpoint was taken, and is not recorded yet
    live.keep(REINFORCE, 10)
    live.settle()
    fork = live.session.items[1]
    assert (fork.name, fork.depth) == ("REINFORCE from 10", 1)
    assert workers.handles[-1].specification.parent.step == 10
    assert workers.handles[-1].specification.knobs["learning_rate"] == 0.1
    assert workers.handles[-1].specification.knobs["entropy_weight"] == 0.2  # another change, which stays
    assert live.session.items[REINFORCE].values["learning_rate"] == 0.4  # the elder goes on as it is
    said = window.statusBar().currentMessage()
    assert "from REINFORCE at 10, knobs as set now but Learning rate 0.1" in said


def test_escape_leaves_all_and_undo_again_sets_back(window: MainWindow, live: Live) -> None:
    choice = window.deck.changes.choice
    live.session.steering.turn("learning_rate", 0.4)
    live.reach(30)
    window.undo()
    press(window, Qt.Key.Key_Escape)
    assert choice.isHidden()
    assert live.session.items[REINFORCE].values["learning_rate"] == 0.4
    window.undo()
    window.undo()
    assert choice.isHidden()
    assert live.session.items[REINFORCE].values["learning_rate"] == 0.1


def test_nothing_is_asked_where_nothing_was_learned(window: MainWindow, live: Live) -> None:
    live.session.steering.turn("learning_rate", 0.4)
    window.undo()  # no update was made since
    assert live.session.items[REINFORCE].values["learning_rate"] == 0.1
    live.session.items[RVS].recording.layout.catalogue["learner"]["from_data"] = True
    live.session.steering.turn("target", 0.5)
    live.reach(30)
    window.undo()  # what it is asked for teaches a learner from given data nothing
    assert live.session.items[RVS].values["target"] == 1.0
    assert window.deck.changes.choice.isHidden()
    assert "checkpoint" not in live.sent(RVS)[2:]


def test_a_live_run_is_forked_from_where_it_is(
    window: MainWindow, live: Live, workers: Workers, tmp_path: Path
) -> None:
    live.reach(37)
    item = live.session.items[REINFORCE]
    live.keep(REINFORCE, 20)
    live.session.select(item)
    texts = [action.text() for action in window.deck.timeline.menu(37, []).actions()]
    assert texts[0] == "Fork REINFORCE from now, knobs as they stood"
    press(window, Qt.Key.Key_F)
    live.settle()
    assert live.sent(REINFORCE) == ["checkpoint"]
    assert len(live.session.items) == 3
    live.keep(REINFORCE, 37)
    live.settle()
    assert workers.handles[-1].specification.parent.step == 37
    live.session.select(item)
    live.session.cursor.put(25)
    press(window, Qt.Key.Key_F)  # the past is forked from what was kept of it
    assert workers.handles[-1].specification.parent.step == 20


def test_a_run_that_ends_before_its_checkpoint_is_forked_from_what_there_is(
    live: Live, workers: Workers
) -> None:
    live.reach(37)
    item = live.session.items[REINFORCE]
    said: list[str] = []
    live.session.message.connect(said.append)
    live.session.forking.fork_at(item, 37)
    item.state = "failed"
    item.recording.live = False
    live.settle()
    assert said == ["REINFORCE has no checkpoint at or before update 37"]


def test_what_changed_names_the_run_where_there_are_several(window: MainWindow, recorded: Session) -> None:
    import synthetic

    recorded.items[0].recording.events = list(synthetic.EVENTS)
    recorded.items[1].recording.events = list(synthetic.EVENTS[1:])
    view = window.deck.changes
    view.redraw()
    lines = [view.list.item(row).text() for row in range(view.list.count())]
    assert lines == ["140   2 runs: Target return 1 → 0", "60   REINFORCE: Learning rate 0.1 → 0.05"]


def test_what_runs_had_is_told_from_the_least_to_the_greatest(recorded: Session) -> None:
    before = dict(zip(recorded.items, (0.05, 0.002, 0.01), strict=True))
    change = Change("learning_rate", "Learning rate", before, dict.fromkeys(recorded.items, 0.03))
    assert change.words == "Learning rate 0.002 … 0.05 → 0.03"


def test_what_was_changed_last_stands_first_whatever_update_its_run_was_at(
    window: MainWindow, recorded: Session
) -> None:
    import synthetic

    early, late = recorded.items[0].recording, recorded.items[1].recording
    early.events, late.events = list(synthetic.EVENTS[1:]), list(synthetic.EVENTS[:1])
    for recording, started in ((early, "2026-01-05T10:00:00+00:00"), (late, "2026-01-05T11:00:00+00:00")):
        began = {**recording.layout.provenance, "started": started}
        recording.layout = replace(recording.layout, provenance=began)
    view = window.deck.changes
    view.redraw()
    lines = [view.list.item(row).text() for row in range(view.list.count())]
    assert lines == ["60   RvS: Learning rate 0.1 → 0.05", "140   REINFORCE: Target return 1 → 0"]
    assert view.list.verticalScrollBar().value() == 0
    late.layout.provenance["started"] = "long ago"  # not of this program
    view.redraw()
    assert view.list.count() == 2


def test_what_is_taken_back_after_a_fork_is_taken_back_on_the_fork_too(live: Live) -> None:
    session, undo = live.session, live.session.steering.undo
    rvs = session.items[RVS]
    for value in (0.5, 0.0):
        session.steering.turn("target", value)
        undo.last.moment -= 10  # a change of its own
    live.reach(3)
    live.keep(RVS, 3)
    fork = session.forking.fork(rvs, 3, dict(rvs.values))
    assert (fork.values["target"], session.selected) == (0.0, fork)
    for value in (0.5, 1.0):
        undo.undo()
        assert [item.values["target"] for item in (rvs, fork)] == [value, value]
        assert session.target == value
        assert not session.board.settings["target"].mixed
    undo.redo()
    assert (rvs.values["target"], fork.values["target"], session.target) == (0.5, 0.5, 0.5)


def test_a_fork_with_other_knobs_keeps_them_and_the_views_stay_with_it(live: Live) -> None:
    session = live.session
    rvs = session.items[RVS]
    session.steering.turn("target", 0.5)
    live.reach(3)
    live.keep(RVS, 3)
    fork = session.forking.fork(rvs, 3, {**rvs.values, "target": 0.0})
    session.steering.look_at_target(0.0)
    session.steering.undo.undo()
    session.steering.undo.undo()
    assert (rvs.values["target"], fork.values["target"]) == (1.0, 0.0)
    assert (session.selected, session.target) == (fork, 0.0)


def test_a_note_is_taken_back_and_written_again(
    window: MainWindow, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, rvs = live.session, live.session.items[RVS]
    said = ["good", "all of it", "good", None]
    monkeypatch.setattr("gui.main_window.ask_words", lambda *_: said.pop(0))
    session.steering.turn("learning_rate", 0.3)
    window.ask_notes(rvs)
    window.ask_notes()
    window.ask_notes(rvs)  # as it was: no change
    window.ask_notes(rvs)  # cancelled
    undo = session.steering.undo
    assert (rvs.note, session.notes, undo.next_undo()) == ("good", "all of it", "note on this session")
    window.undo()
    assert window.statusBar().currentMessage() == "Undid note on this session"
    window.undo()
    assert (rvs.note, session.notes) == ("", "")
    assert undo.next_undo().startswith("Learning rate 0.1")  # the changes keep their order
    assert undo.next_redo() == f"note on {rvs.name}"
    window.redo()
    assert window.statusBar().currentMessage() == f"Redid note on {rvs.name}"
    assert rvs.note == "good"


def test_a_note_outlives_the_start_and_not_the_run(session: Session, experiment: Experiment) -> None:
    session.choose(experiment)
    session.steering.turn("learning_rate", 0.3)
    session.note("good", session.items[0])
    session.running.start()
    assert session.steering.undo.next_undo() == f"note on {session.items[0].name}"
    session.steering.undo.undo()
    assert (session.items[0].note, session.steering.undo.next_undo()) == ("", "")
    session.note("good")
    session.close()
    assert session.steering.undo.next_undo() == session.notes == ""


def test_words_are_written_by_keys_alone(qapp: QApplication) -> None:
    dialog = WordsDialog("Notes", "Notes on RvS:", "before", None)
    dialog.show()
    assert QTest.qWaitForWindowActive(dialog)
    assert dialog.field.hasFocus()
    QTest.keyClick(dialog.field, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(dialog.field, "one")
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)
    QTest.keyClicks(dialog.field, "two")
    QTest.keyClick(dialog.field, Qt.Key.Key_Tab)
    assert not dialog.field.hasFocus()
    assert dialog.field.toPlainText() == "one\ntwo"
    QTest.keyClick(dialog.field, Qt.Key.Key_Return, CONTROL)
    assert dialog.result() == dialog.DialogCode.Accepted
    dialog.deleteLater()
