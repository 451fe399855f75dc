"""A run that takes long to show a turn says so, and so does a slider that asks for what there is not."""

from collections.abc import Callable

import pytest
from conftest import Shelf

from engine.experiments import Experiment
from gui.main_window import MainWindow
from gui.model import latency
from gui.model.session import Session

Settle = Callable[[], None]


@pytest.fixture
def resting(session: Session, window: MainWindow, experiment: Experiment, settle: Settle) -> Session:
    """Live runs that a person has paused."""
    session.choose(experiment)
    session.running.start()
    settle()
    session.running.control("pause")
    settle()
    return session


def test_a_run_that_is_still_measured_is_told_until_it_shows_the_turn(
    window: MainWindow, resting: Session, shelf: Shelf, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency, "LATE", 0.0)
    other, item, oracle = resting.items
    resting.steering.turn("target", 0.5)
    settle()
    assert resting.latency.late == [item, oracle]
    model = window.deck.runs.model
    assert (model.late(item), model.late(other)) == (True, False)
    assert "measuring after a turn" in model.data(model.index(1), 3)
    shelf.live[item.recording.path].reveal(2)
    settle()
    assert resting.latency.late == [oracle]
    assert not model.late(item)


def test_for_a_moment_nothing_is_told(
    resting: Session, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency, "LATE", 3600.0)
    resting.steering.turn("target", 0.5)
    settle()
    assert resting.latency.late == []


def test_another_turn_meanwhile_does_not_start_the_wait_anew(
    resting: Session, shelf: Shelf, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency, "LATE", 0.05)
    item = resting.items[1]
    for value in (0.5, 0.25):
        resting.steering._sent = 0.0  # the last message was long ago
        resting.steering.turn("target", value)
    settle()
    first = resting.latency._owed[item].since
    resting.steering._sent = 0.0
    resting.steering.turn("target", 0.75)
    assert resting.latency._owed[item].since == first
    shelf.live[item.recording.path].reveal(2)
    settle()
    resting.steering._sent = 0.0
    resting.steering.turn("target", 0.5)
    assert resting.latency._owed[item].since > first


def test_a_turn_that_waits_until_a_run_learns_starts_no_wait_for_the_next(resting: Session) -> None:
    item, latency = resting.items[1], resting.latency
    latency.begin(1.0, "learning_rate", {7: item})
    latency.begin(2.0, "target", {8: item})
    assert latency._owed[item].since == 2.0


def test_what_no_data_reach_is_said_under_the_slider(
    window: MainWindow, recorded: Session, settle: Settle
) -> None:
    settle()
    slider = window.deck.objective.sliders["target"]
    assert "data reach" in slider.hint.text()
    recorded.steering.turn("target", 0.25)
    settle()
    assert "⚠" not in slider.hint.text()
    assert "policy and fan follow, the rest is as recorded" in slider.hint.text()
    slider.support((0.5, 1.0))
    assert "⚠ data reach only 0.5 … 1" in slider.hint.text()


def test_what_is_typed_and_refused_is_told_alike_in_both_places(
    window: MainWindow, recorded: Session, settle: Settle
) -> None:
    said: list[str] = []
    recorded.message.connect(said.append)
    settle()
    slider = window.deck.objective.sliders["target"]
    slider.entry.setText("abc")
    slider._typed()
    assert said[-1].endswith(slider.hint.text().removeprefix("⚠ "))


def test_a_slider_of_runs_that_differ_says_what_a_move_does(
    window: MainWindow, resting: Session, settle: Settle
) -> None:
    items = [item for item in resting.items if "learning_rate" in item.values]
    assert len(items) > 1
    for item, rate in zip(items, (0.1, 0.2), strict=False):
        item.values["learning_rate"] = rate
    settle()
    slider = window.deck.objective.sliders["learning_rate"]
    slider.refresh()
    assert f"mixed: a move sets all {len(items)} alike" in slider.hint.text()
