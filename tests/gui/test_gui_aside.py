"""What takes long is done beside the window: its timers beat meanwhile, and what went wrong is raised."""

import threading
import time

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from engine.errors import UserError
from gui.model.aside import aside


def test_the_window_goes_on_meanwhile(qtbot: QtBot) -> None:
    beats: list[int] = []
    go_on = threading.Event()
    timer = QTimer(interval=1)
    timer.timeout.connect(lambda: beats.append(1) if len(beats) < 5 else go_on.set())
    timer.start()
    assert aside(lambda a, b: (go_on.wait(30), a + b), 2, b=3) == (True, 5)
    assert len(beats) == 5


def test_what_is_done_at_once_lets_nothing_in_between(qtbot: QtBot) -> None:
    beats: list[int] = []
    QTimer.singleShot(0, lambda: beats.append(1))
    assert aside(lambda: threading.current_thread() is threading.main_thread()) is False
    assert beats == []


def test_what_it_raises_is_raised(qtbot: QtBot) -> None:
    def refuse(after: float) -> None:
        time.sleep(after)
        raise UserError("not a recording")

    for after in (0.0, 0.1):
        with pytest.raises(UserError, match="not a recording"):
            aside(refuse, after)
