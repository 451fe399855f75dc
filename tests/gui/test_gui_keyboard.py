"""The keyboard goes back to where it was, unless that is gone: sliders come and go during a tour."""

import pytest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

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
