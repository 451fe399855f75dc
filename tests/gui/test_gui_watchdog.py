"""The watchdog notices a call that keeps the window, says which one, and lets short ones pass."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui import log
from gui.watchdog import BLOCKED, LIMIT, Logged, Stall, Watchdog


@pytest.fixture
def stalls(qapp: QApplication) -> Iterator[list[Stall]]:
    told: list[Stall] = []
    watchdog = Watchdog(told.append)
    _live(qapp, 0.1)
    told.clear()
    yield told
    watchdog.close()
    assert not any(thread.name == "watchdog" for thread in threading.enumerate())


def _live(app: QApplication, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        app.processEvents()
        time.sleep(0.001)


def _after(app: QApplication, call: Callable[[], None], told: list[Stall]) -> Stall:
    QTimer.singleShot(0, call)
    until = time.monotonic() + 30
    while not told and time.monotonic() < until:
        _live(app, 0.01)
    return told[0]


def compute_for_long() -> None:
    until = time.thread_time() + 8 * LIMIT
    while time.thread_time() < until:
        pass


def wait_for_long() -> None:
    time.sleep(2 * BLOCKED)


def test_a_call_that_computes_too_long_is_named(qapp: QApplication, stalls: list[Stall]) -> None:
    stall = _after(qapp, compute_for_long, stalls)
    assert stall.computing >= 8 * LIMIT
    assert "compute_for_long" in stall.doing
    assert "ms computing" in str(stall)


def test_so_is_one_that_waits(qapp: QApplication, stalls: list[Stall]) -> None:
    stall = _after(qapp, wait_for_long, stalls)
    assert stall.seconds - stall.computing >= BLOCKED
    assert "wait_for_long" in stall.doing


def test_a_machine_that_slept_is_no_alarm(
    qapp: QApplication, stalls: list[Stall], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = 0.0
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + slept, thread_time=time.thread_time)
    monkeypatch.setattr("gui.watchdog.time", clock)
    slept = 8 * 3600.0
    _live(qapp, 0.3)
    assert [stall for stall in stalls if stall.seconds > 1] == []


def test_the_log_gets_one_line_a_second_and_counts_the_rest(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log.log, "propagate", True)
    logged = Logged()
    with caplog.at_level(logging.WARNING, logger="supertask"):
        for _ in range(3):
            logged(Stall(0.1, 0.09, "somewhere"))
        logged._last -= 2.0
        logged(Stall(0.2, 0.19, "elsewhere"))
    first, second = caplog.messages
    assert "100 ms (90 ms computing)\nsomewhere" in first
    assert second.startswith("2 more like it before; ")


def test_without_a_place_there_is_no_log_and_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in-the-way").write_text("")
    monkeypatch.setattr(log, "log_file", lambda: tmp_path / "in-the-way" / "supertask.log")
    before = list(log.log.handlers)
    log.begin()
    assert log.log.handlers == before
    assert "no log is kept" in capsys.readouterr().err
