"""The sliders: made a few at a time, and kept where their knob stays."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.experiments import Experiment
from engine.learners.knobs import Knob
from gui.main_window import MainWindow
from gui.model.session import Session
from gui.views import objective

Settle = Callable[[], None]


def test_a_slider_whose_knob_stays_is_the_same(window: MainWindow, recorded: Session, settle: Settle) -> None:
    settle()
    view = window.deck.objective
    before = dict(view.sliders)
    assert list(before) == list(recorded.board.settings)
    fewer = next(item for item in recorded.items if 0 < len(item.knobs) < len(before))
    recorded.select(fewer)
    recorded.set_scope("selected")
    settle()
    assert list(view.sliders) == list(recorded.board.settings) != list(before)
    recorded.set_scope("all")
    settle()
    same = [name for name, slider in view.sliders.items() if slider is before[name]]
    assert list(view.sliders) == list(before)
    assert same
    places = [view.column.indexOf(slider) for slider in view.sliders.values()]
    assert places == sorted(places)
    assert all(slider.setting is recorded.board.settings[name] for name, slider in view.sliders.items())


def test_sliders_stay_when_an_experiment_begins_again_and_forget_what_the_data_reached(
    window: MainWindow, recorded: Session, experiment: Experiment, settle: Settle
) -> None:
    settle()
    slider = window.deck.objective.sliders["target"]
    assert slider.track.supported is not None
    recorded.choose(experiment)
    settle()
    before = dict(window.deck.objective.sliders)
    told: list[int] = []
    recorded.items_changed.connect(lambda: told.append(len(recorded.items)))
    recorded.choose(experiment)
    settle()
    assert told == [3]  # once, and never of an empty table in between
    assert window.deck.objective.sliders == before
    assert all(slider.setting.items[0] in recorded.items for slider in before.values())
    assert before["target"].track.supported is None  # no data are there yet
    assert "data reach" not in before["target"].hint.text()


def test_what_was_typed_for_runs_that_are_gone_is_not_said_to_others(
    window: MainWindow, live_session: Session, experiment: Experiment, settle: Settle
) -> None:
    entry = window.deck.objective.sliders["learning_rate"].entry
    before = entry.text()
    entry.setFocus()
    entry.selectAll()
    QTest.keyClicks(entry, "0.5")
    live_session.rebuild()
    assert entry.hasFocus()  # the runs are the same: a hand goes on typing
    assert entry.text() == "0.5"
    live_session.choose(experiment)
    settle()
    assert window.deck.objective.sliders["learning_rate"].entry is entry
    assert not entry.hasFocus()
    assert entry.text() == before
    assert live_session.items[0].values["learning_rate"] == float(before)
    assert not live_session.steering.undo.last


def test_many_are_made_a_few_at_a_time(
    qapp: QApplication,
    window: MainWindow,
    session: Session,
    experiment: Experiment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(objective, "AT_ONCE", 1)
    view = window.deck.objective
    session.choose(experiment)
    made = [len(view.sliders)]
    while len(view.sliders) < len(session.board.settings):
        qapp.processEvents()
        made.append(len(view.sliders))
    assert made[-1] > 2
    assert max(later - before for before, later in pairwise([0, *made])) == 1
    assert list(view.sliders) == list(session.board.settings)


def test_one_recording_is_opened_in_a_tick(
    window: MainWindow, session: Session, experiment: Experiment, settle: Settle
) -> None:
    session.choose(experiment)
    session.running.start()
    opened = []
    for _ in range(4):
        session.tick()
        opened.append(sum(item.recording is not None for item in session.items))
    assert opened == [1, 2, 3, 3]


def test_a_knob_without_an_effect_on_the_task_has_no_slider(session: Session, experiment: Experiment) -> None:
    session.choose(experiment)
    one, other, _ = session.items
    steps = Knob("steps", "Steps", "In an update.", 64, "int", low=1, high=4096, only_on="no table")
    for item in (one, other):
        item.knobs["steps"], item.values["steps"] = steps, 64
    session.rebuild()
    assert "steps" not in session.board.settings  # crossroads is a table
    other.specification = replace(other.specification, task="CartPole-v1")
    del other.tabular
    session.rebuild()
    assert session.board.settings["steps"].items == [other]


def test_sliders_keep_their_places_when_a_run_ends(session: Session, experiment: Experiment) -> None:
    session.choose(experiment)
    first, second, third = session.items
    of_one = Knob("of_one", "Of one", "Any.", 0.5, "float", low=0.0, high=1.0)
    of_one = replace(of_one, acts=True)  # at once, as the target does, which stands first all the same
    of_two = replace(of_one, name="of_two", acts=False)
    for item, knobs in ((first, (of_one, of_two)), (second, (of_two,))):
        for knob in knobs:
            item.knobs[knob.name], item.values[knob.name] = knob, 0.5
    session.running.start()
    places = list(session.board.settings)
    assert places[0] == "target"
    for gone in ((first,), (second,), (third,), (first, third), (second, third)):
        for item in session.items:
            item.state = "failed" if item in gone else "running"
        session.rebuild()
        left = list(session.board.settings)
        assert left == [name for name in places if name in left]
        assert len(left) > 1


def test_a_target_that_nobody_knows_yet_is_not_told(
    window: MainWindow, session: Session, experiment: Experiment, settle: Settle
) -> None:
    session.choose(experiment)
    settle()
    view = window.deck.objective
    slider = view.sliders["target"]
    assert slider.entry.text() == ""
    assert "a run that begins chooses one" in slider.hint.text()
    assert "Target return, which a run that begins chooses;" in view.describe()
    slider.entry.typed.emit()  # as when Tab passes over it
    assert session.target is None
    session.running.start()
    for _ in range(4):
        settle()
    assert view.sliders["target"].entry.text() == "1"
    assert "chooses" not in view.sliders["target"].hint.text() + view.describe()


def test_a_slider_that_goes_gives_the_keyboard_back_to_the_window(
    window: MainWindow, live_session: Session, settle: Settle
) -> None:
    window.deck.objective.sliders["target"].track.setFocus()
    live_session.steering.turn("learning_rate", 0.2)  # the button that undoes it is the next one
    live_session.running.stop()
    settle()
    assert live_session.running.state == "recorded"
    assert not window.deck.objective.sliders
    before = live_session.items[0]
    QTest.keyClick(window, Qt.Key.Key_Space)  # and not to a button that happens to come next
    assert live_session.items[0] is not before
    assert live_session.running.state == "running"
