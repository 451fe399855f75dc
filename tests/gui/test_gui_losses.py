"""Closing asks where something would be lost, says what, and only there."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from engine.experiments import Experiment
from gui.losses import losses, notes
from gui.main_window import MainWindow
from gui.model.session import Session


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    questions: list[str] = []

    def question(parent: object, title: str, text: str, *buttons: object) -> QMessageBox.StandardButton:
        questions.append(text)
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", question)
    monkeypatch.setattr(QMessageBox, "warning", question)
    return questions


def test_live_runs_are_no_loss(
    window: MainWindow, session: Session, experiment: Experiment, asked: list[str]
) -> None:
    session.choose(experiment)
    session.running.start()
    assert window.close()
    assert asked == []


def test_what_ends_live_runs_is_asked_about_and_left_where_the_answer_is_no(
    window: MainWindow,
    session: Session,
    experiment: Experiment,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gui.model.running.time.strftime", lambda _: "one second")
    session.choose(experiment)
    session.running.start()
    session.tick()
    items = session.items
    assert not window.opening.choose_experiment("ties")
    window.opening.start_again()
    assert session.items is items
    assert len(asked) == 2
    window.settings.asks = False
    window.opening.start_again()
    assert session.items is not items
    assert session.running.state == "running"  # in a folder of its own
    assert len(asked) == 2


def test_what_would_be_lost_is_named_and_the_window_stays(
    window: MainWindow, recorded: Session, asked: list[str]
) -> None:
    recorded.items[1].note = "it collapses at 40"
    window.deck.audit.audit.state, window.deck.audit.audit.name = "running", "RvS"
    job = SimpleNamespace(order=SimpleNamespace(out=Path("a.csv")), cancel=lambda: None)
    window.export_dialog = SimpleNamespace(job=job, close=lambda: None)
    assert not window.close()
    assert window.isVisible()
    (question,) = asked
    for words in ("the export of a.csv", "the audit of RvS", "your notes"):
        assert words in question
    window.end()  # as a signal does: nobody may be there to answer
    assert not window.isVisible()
    assert len(asked) == 1


def test_notes_that_were_saved_are_no_loss_until_they_change(
    qtbot: QtBot, window: MainWindow, recorded: Session, tmp_path: Path
) -> None:
    assert losses(window) == []
    recorded.notes = "as in the paper"
    assert len(losses(window)) == 1
    window.ask_export("supertask")
    window.export_dialog.file.setText(str(tmp_path / "a.supertask"))
    window.export_dialog.start()
    qtbot.waitUntil(lambda: window.export_dialog.job is None, timeout=60_000)
    assert losses(window) == []
    recorded.notes += ", figure 3"
    assert len(losses(window)) == 1
    recorded.notes = ""
    window.opening.open_session(tmp_path / "a.supertask")
    assert notes(recorded)[0] == "as in the paper"
    assert losses(window) == []
