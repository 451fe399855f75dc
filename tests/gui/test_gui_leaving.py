"""Whoever lets go of runs does not wait for them, unless it says so."""

import threading

import pytest
from PySide6.QtWidgets import QApplication

from engine.experiments import Experiment
from gui.main_window import MainWindow
from gui.model.leaving import Leaving
from gui.model.session import Session


def test_runs_are_closed_beside_and_can_be_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, closed = threading.Event(), []

    def close_all(handles: list[str]) -> None:
        assert go_on.wait(30)
        closed.extend(handles)

    monkeypatch.setattr("engine.launch.close_all", close_all)
    leaving = Leaving()
    leaving.add([])
    leaving.add(["a", "b"])
    leaving.add(["c"])
    assert closed == []
    go_on.set()
    leaving.wait()
    assert sorted(closed) == ["a", "b", "c"]


def test_another_experiment_does_not_wait_and_a_closed_window_does(
    qapp: QApplication,
    window: MainWindow,
    session: Session,
    experiment: Experiment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on, closed = threading.Event(), []
    monkeypatch.setattr("engine.launch.close_all", lambda h: (go_on.wait(30), closed.extend(h)))
    session.choose(experiment)
    session.running.start()
    session.choose(experiment)
    assert session.running.state == "ready"
    assert closed == []
    threading.Timer(0.05, go_on.set).start()
    window.dismiss()
    assert len(closed) == len(experiment.runs)
