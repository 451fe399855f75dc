"""The first minute, over the real engine and by keys alone: gallery, tour, and an experiment without code."""

from collections.abc import Callable
from pathlib import Path

import pytest
from app import App
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.places import experiments_folder
from engine.recording.reader import Recording
from gui.views.gallery import Gallery

CTRL = Qt.KeyboardModifier.ControlModifier


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A key to whatever has the keyboard."""
    QTest.keyClick(QApplication.focusWidget(), key, modifier)


def type_over(text: str) -> None:
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_A, CTRL)
    QTest.keyClicks(QApplication.focusWidget(), text)


def tab_to(name: str) -> None:
    """Tab until the control of this name has the keyboard."""
    for _ in range(60):
        press(Qt.Key.Key_Tab)
        if QApplication.focusWidget().accessibleName() == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


@pytest.fixture
def first(
    opened: Callable[[], App],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> App:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    app = opened()
    app.window.opening.choose_experiment("crossroads")
    app.window.pages.welcome()
    app.settle()
    return app


@pytest.mark.timeout(300)
def test_the_gallery_runs_what_is_found_and_the_tour_follows(first: App) -> None:
    pages, session = first.window.pages, first.session
    assert isinstance(pages.currentWidget(), Gallery)
    for key in (Qt.Key.Key_L, Qt.Key.Key_U, Qt.Key.Key_C, Qt.Key.Key_K, Qt.Key.Key_Down, Qt.Key.Key_Space):
        press(key)
    first.until(lambda: session.running.state == "running" and min(first.rows()) > 1)
    assert session.experiment.name == "luck"
    first.until(lambda: pages.tour.callout is not None)
    said = []
    for _ in range(5):
        said.append(pages.tour.callout.title.text())
        press(Qt.Key.Key_Return)
    assert said == ["Run", "Time", "Steer", "Drift", "Export"]
    assert pages.tour.callout is None
    press(Qt.Key.Key_Space)  # the keyboard is the workbench's again
    first.until(lambda: session.running.state == "paused")


@pytest.mark.timeout(300)
def test_an_experiment_is_written_run_and_recorded_without_code(first: App) -> None:
    pages, session = first.window.pages, first.session
    press(Qt.Key.Key_N, CTRL)
    first.until(lambda: pages.form is not None and pages.form.isVisible())
    form = pages.form
    assert QApplication.focusWidget().accessibleName() == "Title"
    type_over("A small question")
    tab_to("Task")
    type_over("ties")
    tab_to("Seeds")
    type_over("2")
    tab_to("Updates")
    type_over("15")
    tab_to("Learning rate")
    type_over("70")
    assert "is out of range; allowed: " in form.state.text()
    press(Qt.Key.Key_Return, CTRL)
    first.settle()
    assert session.running.state == "ready"  # it does not run
    type_over("0.3")
    press(Qt.Key.Key_S, CTRL)
    path = experiments_folder() / "a-small-question.toml"
    path.write_text(path.read_text().replace("updates = 15", "updates = 25"))
    first.until(lambda: form.draft.stated(("updates",)) == "25")
    press(Qt.Key.Key_Return, CTRL)
    first.until(lambda: session.running.state == "holding" and first.steps() == [25, 25])
    recordings = [item.handle.recording for item in session.items]
    first.close()
    with Recording.open(recordings[0]) as recording:
        said = recording.layout.provenance["specification"]
    assert (said["task"], said["learner"], said["seeds"]) == ("ties", "reinforce", [0, 1])
    assert said["knobs"] == {"learning_rate": 0.3}
