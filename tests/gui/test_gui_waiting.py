"""What is said while something is under way: runs that start, turns that wait."""

from collections.abc import Callable

import pytest
from conftest import Workers

from engine.experiments import Experiment
from engine.protocol import Failed, Status
from gui.main_window import MainWindow
from gui.model import latency
from gui.model.session import Session
from gui.widgets.elided import ElidedLabel

Settle = Callable[[], None]


@pytest.fixture
def begun(
    window: MainWindow, experiment: Experiment, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> Workers:
    """Workers of runs that have no row yet."""
    monkeypatch.setattr(workers.shelf, "begin", lambda *_: None)
    window.session.choose(experiment)
    window.session.running.start()
    return workers


def test_between_run_and_the_first_row_the_plots_say_what_goes_on(
    window: MainWindow, settle: Settle, begun: Workers
) -> None:
    for handle in begun.handles:
        handle.answers.clear()
    settle()
    plot = window.deck.returns.plot
    assert plot.empty.startswith("Starting 3 runs …")
    assert not plot.getPlotItem().getAxis("left").label.isVisible()
    begun.handles[0].answers.append(Status("running", 0, 300, 0.0, "cpu", ""))
    settle()
    assert plot.empty.startswith("1 of 3 runs have started.")
    window.session.running.control("pause")
    settle()
    assert "Press Space" in plot.empty


def test_where_all_runs_failed_the_plots_say_so_and_where_the_reason_is(
    window: MainWindow, settle: Settle, begun: Workers
) -> None:
    settle()
    plots = window.deck.returns.plot, window.deck.frontier.plot
    for handle in begun.handles[:2]:
        handle.answers.append(Failed(0, "no such file", ""))
    settle()
    assert not any("failed" in plot.empty for plot in plots)  # one is left
    begun.handles[2].answers.append(Failed(0, "no such file", ""))
    settle()
    for plot in plots:
        assert plot.empty.startswith("All 3 runs failed: the row in the list of runs says why")
        assert "Space runs again" in plot.empty
    window.session.running.toggle()
    settle()
    assert not any("failed" in plot.empty for plot in plots)


def test_axes_are_named_again_once_there_are_rows(
    window: MainWindow, experiment: Experiment, settle: Settle
) -> None:
    window.session.choose(experiment)
    window.session.running.start()
    settle()
    plot = window.deck.returns.plot
    assert plot.empty == ""
    assert plot.getPlotItem().getAxis("left").label.isVisible()
    assert plot.getPlotItem().getAxis("left").labelStyle["color"] == window.look.theme.muted


def test_a_knob_that_only_learning_sees_says_when_it_acts(
    window: MainWindow, experiment: Experiment, settle: Settle, workers: Workers
) -> None:
    window.session.choose(experiment)
    window.session.running.start()
    settle()
    sliders = window.deck.objective.sliders

    def hint(name: str) -> str:
        return sliders[name].hint.text()

    assert "acts after" not in hint("learning_rate")
    for handle in workers.handles:
        handle.answers.append(Status("holding", 300, 300, 0.0, "cpu", ""))
    settle()
    assert "acts after Go on" in hint("learning_rate")
    assert "acts after" not in hint("target")  # changes how the policy acts: seen at once
    window.session.running.toggle()
    settle()
    assert "acts after" not in hint("learning_rate")
    window.session.running.control("pause")
    settle()
    assert "acts after Resume" in hint("learning_rate")


def test_how_fast_a_change_was_seen_is_told_for_a_while(
    window: MainWindow, recorded: Session, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.select(recorded.items[1])
    settle()
    recorded.steering.turn("target", 0.5)
    settle()
    speed = window.deck.objective.speed
    assert "seen in" in speed.text()
    monkeypatch.setattr(latency, "FRESH", 0.0)
    settle()
    assert speed.text() == ""
    monkeypatch.undo()
    settle()
    assert "seen in" in speed.text()
    recorded.close()
    settle()
    assert speed.text() == ""


def test_a_drawn_hint_names_its_runs_where_there_is_room(
    window: MainWindow, experiment: Experiment, settle: Settle
) -> None:
    window.session.choose(experiment)
    settle()
    slider = window.deck.objective.sliders["learning_rate"]
    slider.resize(400, slider.height())
    assert "REINFORCE, RvS" in slider.hint.text()
    slider.resize(60, slider.height())
    assert "2 runs" in slider.hint.text()
    assert isinstance(slider.hint, ElidedLabel)
