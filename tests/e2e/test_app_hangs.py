"""Workers that stop answering: the window goes on, says so, ends them, and closes within a bound."""

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from app import App, choose, processes_about, running
from PySide6.QtCore import Qt

from engine import launch
from gui.model import silence

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP there")


@pytest.mark.timeout(300)
def test_a_worker_that_hangs_is_told_ended_and_waited_for_no_longer_than_said(
    opened: Callable[[], App],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(silence, "PATIENCE", 1.0)
    app = opened()
    session = app.session
    choose(app, tmp_path, updates=100_000)
    app.press(Qt.Key.Key_Space)
    app.until(lambda: min(app.steps()[:2]) >= 5 and app.rows()[2] == 2)
    stopped, other, oracle = session.items
    pid = stopped.handle.pid
    os.kill(pid, signal.SIGSTOP)
    app.until(lambda: stopped.silence.since)
    assert not other.silence.since
    assert stopped.trouble.startswith(f"no word from its worker since {stopped.silence.since}")

    # The window goes on, whatever the worker is told meanwhile: more than a pipe holds.
    for number in range(3000):
        session.steering.turn("learning_rate", 0.01 + 1e-6 * number, moment=float(number))
    reached = other.last_step
    app.until(lambda: other.last_step > reached + 3)

    # It goes on where it was, and answers, when the system lets it.
    os.kill(pid, signal.SIGCONT)
    app.until(lambda: not stopped.silence.since and not stopped.trouble)

    # Ended by force it is a run that failed, and its recorder keeps what it recorded.
    os.kill(pid, signal.SIGSTOP)
    app.until(lambda: stopped.silence.since)
    rows = stopped.recording.rows
    app.window.actions_by_name["end_silent"].trigger()
    app.until(lambda: stopped.state == "failed" and not stopped.recording.live)
    assert stopped.recording.rows >= rows
    assert not running(pid)

    # One that hangs while the window closes is ended when its time is over; whole recordings are left.
    monkeypatch.setattr("engine.launch.close_all", partial(launch.close_all, patience=1.0))
    os.kill(other.handle.pid, signal.SIGSTOP)
    pids = [item.handle.pid for item in session.items]
    app.close()
    assert not any(map(running, pids))
    app.until(lambda: not processes_about(tmp_path))  # the recorder of one that was ended finishes its file
    kept = {path.suffix for path in (tmp_path / "recordings").rglob("*") if path.is_file()}
    assert kept <= {".h5", ".safetensors"}
    assert oracle.state != "failed"
