"""The keyboard goes back to where it was, unless that is gone: sliders come and go during a tour."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

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
