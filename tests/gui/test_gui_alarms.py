"""Collapse alarms: raised by the recordings alone, told in the runs list and on the time line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import synthetic
from conftest import Shelf, Workers
from PySide6.QtCore import QPointF, Qt

from engine import history
from engine.experiments import Experiment
from engine.metrics.onset import SHARE, WINDOW
from gui.main_window import MainWindow
from gui.model.marks import alarm_marks
from gui.model.session import Session


def expected(session: Session) -> tuple[int, int]:
    """The step at which REINFORCE first fell below the level, and the seed that did, from its numbers."""
    modes = session.items[0].recording.metric("effective_modes")
    below = modes < SHARE * modes[0]
    seed = int(np.argmax(below.sum(axis=0)))
    return int(np.argmax(below[:, seed])), seed


def test_a_finished_recording_raises_an_alarm_and_what_keeps_its_modes_does_not(recorded: Session) -> None:
    step, seed = expected(recorded)
    assert [alarm.item.name for alarm in recorded.alarms.found] == ["REINFORCE"]
    alarm = recorded.alarms.found[0]
    assert (alarm.step, alarm.seed, alarm.confirmed) == (step, seed, step + WINDOW - 1)
    assert alarm.level == pytest.approx(SHARE * 4)
    assert alarm.seeds[-1] == 2
    assert alarm.count == 3
    assert recorded.alarms.of(recorded.items[1]) is None


def test_attending_to_an_alarm_looks_at_run_seed_and_step(recorded: Session) -> None:
    alarm = recorded.alarms.found[0]
    recorded.select(recorded.items[1])
    recorded.show(recorded.items[0], False)
    recorded.attend(alarm)
    assert recorded.selected is recorded.items[0]
    assert (recorded.cursor.step, recorded.cursor.following) == (alarm.step, False)
    assert recorded.seed == alarm.seed
    assert recorded.items[0].visible


def test_a_live_run_raises_it_when_the_rows_confirm_it(
    session: Session, experiment: Experiment, shelf: Shelf, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = synthetic.rows
    monkeypatch.setattr(synthetic, "rows", lambda made, count, collapse: plain(made, count, 3.0))
    session.choose(experiment)
    session.running.start()
    session.tick()
    live = shelf.live[session.items[0].recording.path]
    modes = np.array([row.metrics[:, 4] for row in live.all_rows])
    onset = int(np.argmax((modes < SHARE * modes[0]).any(axis=1)))
    live.reveal(onset + WINDOW - 1)
    session.tick()
    assert session.alarms.found == []
    before = session.revision
    live.reveal(onset + WINDOW)
    session.tick()
    assert [alarm.step for alarm in session.alarms.found] == [onset]
    assert session.revision > before


def test_a_long_recording_is_taken_in_by_many_looks(
    recorded: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "AT_ONCE", 10)
    recorded.alarms.leisure = 1e-9  # so that one look takes in no more than that
    path = recorded.items[0].recording.path
    recorded.close()
    item = recorded.open(path)
    assert not recorded.alarms.found
    for _ in range(9):
        recorded.tick()
    assert item.caught_up
    assert recorded.alarms.of(item) is not None


def test_while_the_window_draws_the_past_waits(recorded: Session) -> None:
    path = recorded.items[0].recording.path
    recorded.close()
    recorded.alarms.leisure = 0.0
    item = recorded.open(path)
    recorded.tick()
    assert not item.caught_up
    recorded.alarms.leisure = 1e-9
    recorded.tick()
    assert item.caught_up


def test_alarms_are_gone_with_their_runs(recorded: Session) -> None:
    recorded.close()
    assert recorded.alarms.found == []


def test_the_next_collapse_goes_round(recorded: Session) -> None:
    alarm = recorded.alarms.found[0]
    assert recorded.alarms.after(0, None) is alarm
    assert recorded.alarms.after(alarm.step, alarm.item) is alarm  # the only one
    assert recorded.alarms.after(59, recorded.items[1]) is alarm


@pytest.fixture
def opened(window: MainWindow, shelf: Shelf, tmp_path: Path, settle: Callable[[], None]) -> MainWindow:
    window.session.alarms.leisure = 60.0  # all of the past is read at once, however slow the machine is
    for name, collapse in (("RvS", 0.05), ("REINFORCE", 3.0)):
        shelf.put(tmp_path / f"{name}.h5", name, name == "RvS", False, collapse)
        window.session.open(tmp_path / f"{name}.h5")
    settle()
    return window


def test_a_click_on_the_rows_alarm_goes_to_it(opened: MainWindow, qtbot, settle: Callable[[], None]) -> None:
    session, runs = opened.session, opened.deck.runs
    alarm = session.alarms.found[0]
    assert list(runs.delegate.badges) == [alarm.item]
    spoken = runs.model.data(runs.model.index(1), Qt.ItemDataRole.AccessibleTextRole)
    assert alarm.words in spoken
    place = runs.delegate.badges[alarm.item].center().toPoint()
    qtbot.mouseClick(runs.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    assert session.selected is alarm.item
    assert (session.cursor.step, session.seed) == (alarm.step, alarm.seed)
    assert runs.details.isVisible()
    assert f"First at update {alarm.step}" in runs.details.toPlainText()
    row = runs.list.visualRect(runs.model.index(0)).center()
    qtbot.mouseClick(runs.list.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert session.selected is session.items[0]
    assert not runs.details.isVisible()


def test_a_click_on_the_time_lines_mark_goes_to_it(opened: MainWindow, qtbot) -> None:
    session, strip = opened.session, opened.deck.timeline.strip
    alarm = session.alarms.found[0]
    assert [mark.alarm for mark in strip.marks if mark.kind == "alarm"] == [alarm]
    assert alarm_marks([alarm])[0].words == alarm.words
    session.select(session.items[0])
    place = QPointF(strip.x(alarm.step) + 2, 10).toPoint()
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=place)
    assert (session.selected, session.cursor.step) == (alarm.item, alarm.step)


def test_the_keyboard_goes_there_too(opened: MainWindow) -> None:
    session = opened.session
    session.select(session.items[0])
    opened.actions_by_name["collapse"].trigger()
    assert session.cursor.step == session.alarms.found[0].step
    assert "Collapse" in opened.statusBar().currentMessage()
    session.close()
    opened.actions_by_name["collapse"].trigger()
    assert opened.statusBar().currentMessage() == "No run has lost its modes so far"
