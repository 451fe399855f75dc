"""The app with four runs of eight seeds live: first point, frames per second, slider to picture.

The runs are the learners of the default experiment. Drawn by the offscreen platform unless QT_QPA_PLATFORM
says otherwise.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from gui.model.session import Session

LIVE_SECONDS = 10.0
TURNS = 40
RUNS, SEEDS = 4, 8
UPDATES = 100  # of each run: the slower learners reach it in a minute


def main() -> None:
    """Print the figures."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings

    from engine import experiments, launch
    from gui.app import application, load_next
    from gui.main_window import MainWindow
    from gui.model.session import Session
    from gui.settings import Settings
    from gui.theme import Look

    app, warmed = application(), time.perf_counter()
    launch.warm_up()
    default = experiments.load(experiments.DEFAULT)
    runs = tuple(replace(r, seeds=tuple(range(SEEDS)), updates=UPDATES) for r in default.runs[:RUNS])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # recorders may still finish
        settings = Settings(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
        session = Session(Path(folder) / "recordings", launch)
        window = MainWindow(session, Look("light"), settings)
        session.choose(replace(default, runs=runs))
        window.show()
        load_next()
        _until(app.processEvents, lambda: bool(session.board.settings), 60)

        began = time.perf_counter()
        session.running.start()
        _until(app.processEvents, lambda: any(_rows(session)), 60)
        print(
            f"first point {time.perf_counter() - began:.1f} s after Run, "
            f"which was {began - warmed:.1f} s after the server that workers come from began to load"
        )
        _until(app.processEvents, lambda: all(_rows(session)), 60)
        _print_frames(window, app.processEvents)

        session.select(next(item for item in session.items if "target" in item.values))
        for what, wait in (("live", False), ("at the end of the budget", True)):
            if wait:
                _until(app.processEvents, lambda: all(item.state == "holding" for item in session.items), 600)
            _print_latency(what, _turned(app.processEvents, session))
        window.dismiss()
        session.close()
    app.processEvents()


def _rows(session: "Session") -> list[int]:
    return [0 if item.recording is None else item.recording.rows for item in session.items]


def _print_frames(window: "MainWindow", process: Callable[[], None]) -> None:
    """Frames in which something was drawn, looks that found something to draw or not, and what they cost."""
    frames, looks = [0], [0]
    framed, looked = window.status.frame, window.session.tick

    def frame() -> None:
        frames[0] += 1
        framed()

    def look() -> None:
        looks[0] += 1
        looked()

    window.status.frame, window.session.tick = frame, look
    began, computed = time.perf_counter(), time.thread_time()
    _until(process, lambda: time.perf_counter() - began > LIVE_SECONDS, 2 * LIVE_SECONDS)
    seconds, computed = time.perf_counter() - began, time.thread_time() - computed
    window.status.frame, window.session.tick = framed, looked
    print(
        f"{frames[0] / seconds:.0f} frames/s of {looks[0] / seconds:.0f} looks/s with {RUNS} runs of {SEEDS} "
        f"seeds live; {1000 * computed / max(frames[0], 1):.0f} ms of processor time a frame"
    )


def _turned(process: Callable[[], None], session: "Session") -> list[float]:
    """Move the target back and forth; milliseconds until a view showed each move."""
    seen: list[float] = []
    for turn in range(TURNS):
        session.latency.milliseconds = None
        session.steering.turn("target", float(turn % 2))
        _until(process, lambda: session.latency.milliseconds is not None, 5)
        if session.latency.milliseconds is not None:
            seen.append(session.latency.milliseconds)
        settled = time.perf_counter() + 0.1
        _until(process, lambda: time.perf_counter() > settled, 1)  # noqa: B023
    return seen


def _print_latency(what: str, seen: list[float]) -> None:
    p95 = float(np.quantile(seen, 0.95))
    print(
        f"slider to picture, {what}: median {statistics.median(seen):.0f} ms, "
        f"95 % {p95:.0f} ms ({len(seen)} of {TURNS} moves seen)"
    )


def _until(process: Callable[[], None], condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.perf_counter() + seconds
    while not condition() and time.perf_counter() < deadline:
        process()
        time.sleep(0.001)
