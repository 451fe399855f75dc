"""The app with the default experiment live: first point, frames per second, slider to picture.

Drawn by the offscreen platform unless QT_QPA_PLATFORM says otherwise.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gui.main_window import MainWindow
    from gui.model.session import Session

LIVE_SECONDS = 10.0
TURNS = 30


def main() -> None:
    """Print the figures."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QSettings

    from engine import experiments, launch
    from gui.app import application
    from gui.main_window import MainWindow
    from gui.model.session import Session
    from gui.settings import Settings
    from gui.theme import Look

    app = application()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat))
        session = Session(Path(folder) / "recordings", launch)
        window = MainWindow(session, Look("light"), settings)
        session.choose(experiments.load(experiments.DEFAULT))
        window.show()
        launch.warm_up()
        _until(app.processEvents, lambda: bool(session.board.settings), 60)

        began = time.perf_counter()
        session.start()
        _until(
            app.processEvents,
            lambda: any(i.recording is not None and i.recording.rows for i in session.items),
            60,
        )
        print(f"first point {time.perf_counter() - began:.1f} s after Run")

        frames = _counted_frames(window)
        began = time.perf_counter()
        _until(app.processEvents, lambda: time.perf_counter() - began > LIVE_SECONDS, 2 * LIVE_SECONDS)
        print(f"{len(frames) / LIVE_SECONDS:.0f} frames/s with every run of the default experiment live")

        session.select(next(item for item in session.items if "target" in item.values))
        for what, wait in (("live", False), ("at the end of the budget", True)):
            if wait:
                _until(app.processEvents, lambda: all(item.state == "holding" for item in session.items), 300)
            _print_latency(what, _turned(app.processEvents, session))
        window.dismiss()
        session.close()
    app.processEvents()


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


def _counted_frames(window: "MainWindow") -> list[float]:
    frames: list[float] = []
    told = window.status.frame

    def frame() -> None:
        frames.append(time.perf_counter())
        told()

    window.status.frame = frame
    return frames


def _until(process: Callable[[], None], condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.perf_counter() + seconds
    while not condition() and time.perf_counter() < deadline:
        process()
        time.sleep(0.001)
