"""`python -m tests.monkey --minutes 60`: random use of the real app, with real runs, for long.

It fails on the first error that reaches the top, when memory is not flat, and when windows, threads or
processes are left at the end. Drawn by the offscreen platform unless QT_QPA_PLATFORM says otherwise.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QSettings, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import getAllValidWrappers

from engine import experiments, launch
from gui.app import application
from gui.collector import Collector
from gui.main_window import MainWindow
from gui.model.session import Session
from gui.settings import Settings
from gui.theme import Look
from gui.watchdog import Stall, Watchdog
from tests.monkey.monkey import Monkey

EVERY = 30.0  # seconds between two lines, and between two looks at the memory
PAUSE = 20  # milliseconds between two deeds
LONG = 900.0  # seconds: in less the app is still growing into what it keeps
FLAT = 1.05  # the last third's memory, as a multiple of the middle one's: a leak grows with time


def main() -> int:
    """Use the app; 1 where something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.monkey", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        # Nothing of the person's own is touched: no settings, no recordings, no experiments, no exports.
        names = ("HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
        os.environ |= dict.fromkeys(names, folder)
        said = use(Path(folder), 60 * given.minutes, given.seed, wrong)
    sys.stdout.write(json.dumps({**said, "seed": given.seed, "wrong": wrong}) + "\n")
    return int(bool(wrong))


def use(folder: Path, seconds: float, seed: int, wrong: list[str]) -> dict[str, object]:
    """What was done, how memory went, and how often and where the window stood still.

    Args:
        wrong: what was wrong is added to it.
    """
    app = application()
    collector = Collector(app)
    settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    session = Session(folder / "recordings", launch)
    window = MainWindow(session, Look("light"), settings)
    window.toolbar.offer({name: name for name in experiments.names()})
    window.opening.choose_experiment(experiments.DEFAULT)
    launch.warm_up()
    window.show()
    monkey = Monkey(window, seed)
    stalls: list[tuple[float, str]] = []
    memory: list[tuple[float, float]] = []  # seconds since the beginning, MB

    def broken(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        wrong.append(f"{kind.__name__}: {error}")
        sys.stderr.write("".join(traceback.format_exception(kind, error, trace)))
        sys.stderr.write("before it: " + "; ".join(monkey.last) + "\n")
        app.exit()

    def stood_still(stall: Stall) -> None:
        stalls.append((round(stall.seconds, 2), monkey.last[-1] if monkey.last else ""))
        sys.stderr.write(f"{stalls[-1]}: {stall}\n")

    def sums() -> dict[str, object]:
        return {
            "seconds": round(time.monotonic() - began),
            "deeds": monkey.deeds,
            "MB": round(megabytes()),
            "objects": len(getAllValidWrappers()),
            "stalls": len(stalls),
            "longest": max(stalls, default=None),
        }

    def go_on() -> None:
        passed = time.monotonic() - began
        if passed > EVERY * (len(memory) + 1):
            memory.append((passed, megabytes()))
            _tell(sums())
        if passed > seconds:
            app.exit()  # to quit would close the window, which may ask first
            return
        monkey.do()
        QTimer.singleShot(PAUSE, go_on)  # not before: a deed may wait in a loop of events of its own

    before, sys.excepthook = sys.excepthook, broken
    watchdog = Watchdog(stood_still)
    began = time.monotonic()
    QTimer.singleShot(0, go_on)
    app.exec()
    watchdog.close()
    said = {**sums(), "MB in thirds": [round(one) for one in thirds(memory)]}
    if seconds >= LONG and not wrong:
        wrong += growth(memory)
    monkey.rest()
    window.dismiss()
    window.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    _live(app, 1.0)
    collector.close()
    sys.excepthook = before
    wrong += left_behind()
    return said


def thirds(memory: list[tuple[float, float]]) -> list[float]:
    """The median of the memory in each third of the time; nothing where there is a third without a look."""
    end = memory[-1][0] if memory else 0.0
    parts = [[m for t, m in memory if part < 3 * t / end <= part + 1] for part in range(3)]
    return [statistics.median(part) for part in parts] if all(parts) else []


def growth(memory: list[tuple[float, float]]) -> list[str]:
    """What is wrong with the memory: it is flat where the last third has hardly more than the middle one."""
    _, middle, last = thirds(memory)
    return [] if last <= FLAT * middle else [f"memory grew from {middle:.0f} MB to {last:.0f} MB"]


def left_behind() -> list[str]:
    """Windows, threads and processes that should be gone."""
    windows = [type(widget).__name__ for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    threads = [t.name for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
    return [f"left open: {name}" for name in (*windows, *threads, *runs())]


def runs() -> list[str]:
    """Command lines of workers and recorders below this process. What workers are forked from stays with the
    app, to the end."""
    listed = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    )
    lines = [line for line in listed.stdout.splitlines() if "forkserver" not in line]
    return [line for line in lines if re.search(r"engine\.(worker|recording\.recorder)", line)]


def megabytes() -> float:
    """Resident now."""
    return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _live(app: QApplication, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        app.processEvents()
        time.sleep(0.002)


def _tell(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
