"""The keyboard goes back to where it was, unless that is gone: sliders come and go during a tour."""

import gc
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListView, QScrollBar, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from engine import experiments
from engine.experiments import Experiment
from gui.main_window import MainWindow
from gui.model.session import Session
from gui.widgets.keyboard import give_back


@pytest.mark.parametrize("state", ["there", "hidden", "deleted", "none"])
def test_it_goes_back_only_to_what_is_there(qtbot: QtBot, state: str) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    before, now = QLineEdit(window), QLineEdit(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    now.setFocus()
    if state == "hidden":
        before.hide()
    elif state == "deleted":
        delete(before)
    give_back(None if state == "none" else before)
    assert now.hasFocus() == (state != "there")


def test_escape_leaves_a_slider_and_the_arrows_are_the_cursors_again(
    window: MainWindow, recorded: Session, settle: Callable[[], None]
) -> None:
    recorded.select(recorded.items[1])
    settle()
    track = window.deck.objective.sliders["target"].track
    track.setFocus()
    QTest.keyClick(track, Qt.Key.Key_Escape)
    assert not track.hasFocus()
    asked = recorded.target
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Home)
    assert (recorded.target, recorded.cursor.step) == (asked, 0)


def test_space_presses_the_button_that_has_the_focus(
    window: MainWindow, experiment: Experiment, settle: Callable[[], None]
) -> None:
    window.session.choose(experiment)
    settle()
    scope = window.deck.objective.scope
    scope.setFocus()
    pressed = scope.isChecked()
    QTest.keyClick(scope, Qt.Key.Key_Space)
    assert scope.isChecked() != pressed
    assert window.session.running.state == "ready"


def test_sliders_and_choices_that_went_leave_no_objects(
    window: MainWindow, experiment: Experiment, settle: Callable[[], None]
) -> None:
    other = experiments.load("the-leash")

    def there() -> int:
        for chosen in (experiment, other):
            window.session.choose(chosen)
            settle()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()
        # not isinstance: asked for its class, an object of torch warns
        return sum(issubclass(type(thing), QListView | QScrollBar) for thing in gc.get_objects())

    before = there()
    assert there() == before
