"""`python -m tests.monkey --minutes 60`: random use of the real app, with real runs, for long.

It fails on the first error that reaches the top, when memory goes on growing, and when windows, threads or
processes are left at the end. Drawn by the offscreen platform unless QT_QPA_PLATFORM says otherwise.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QSettings
from PySide6.QtWidgets import QApplication

from engine import experiments, launch
from gui.app import application
from gui.main_window import MainWindow
from gui.model.session import Session
from gui.settings import Settings
from gui.theme import Look
from gui.watchdog import Stall, Watchdog
from tests.monkey.monkey import Monkey

GROWTH = 1.25  # of resident memory, from a third of the time to its end: a leak grows with time
EVERY = 30.0  # seconds between two lines


def main() -> int:
    """Use the app; 1 where something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.monkey", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        # Nothing of the person's own is touched: no settings, no recordings, no experiments.
        os.environ |= {"XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_STATE_HOME": folder}
        said = use(Path(folder), 60 * given.minutes, given.seed, wrong)
    sys.stdout.write(json.dumps({**said, "seed": given.seed, "wrong": wrong}) + "\n")
    return int(bool(wrong))


def use(folder: Path, seconds: float, seed: int, wrong: list[str]) -> dict[str, object]:
    """What was done, how memory went, and how often and where the window stood still.

    Args:
        wrong: what was wrong is added to it.
    """
    app = application()
    settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    session = Session(folder / "recordings", launch)
    window = MainWindow(session, Look("light"), settings)
    window.toolbar.offer({name: name for name in experiments.names()})
    window.opening.choose_experiment(experiments.DEFAULT)
    launch.warm_up()
    window.show()
    monkey = Monkey(window, seed)
    stalls: list[tuple[float, str]] = []

    def broken(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        wrong.append(f"{kind.__name__}: {error}")
        sys.stderr.write("".join(traceback.format_exception(kind, error, trace)))
        sys.stderr.write("before it: " + "; ".join(monkey.last) + "\n")

    def stood_still(stall: Stall) -> None:
        stalls.append((round(stall.seconds, 2), monkey.last[-1] if monkey.last else ""))
        sys.stderr.write(f"{stalls[-1]}: {stall}\n")

    def sums() -> dict[str, object]:
        return {
            "seconds": round(time.monotonic() - began),
            "deeds": monkey.deeds,
            "MB": round(megabytes()),
            "objects": len(window.findChildren(QObject)),
            "stalls": len(stalls),
            "longest": max(stalls, default=None),
        }

    before, sys.excepthook = sys.excepthook, broken
    watchdog = Watchdog(stood_still)
    began, told, early = time.monotonic(), 0.0, 0.0
    while (passed := time.monotonic() - began) < seconds and not wrong:
        monkey.do()
        _live(app, 0.02)
        if passed > seconds / 3 and not early:
            early = megabytes()
        if passed - told > EVERY:
            told = passed
            _tell(sums())
    watchdog.close()
    said = {**sums(), "MB early": round(early)}
    if early and megabytes() > GROWTH * early:
        wrong.append(f"memory grew from {early:.0f} MB to {megabytes():.0f} MB")
    monkey.rest()
    window.dismiss()
    window.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    _live(app, 1.0)
    sys.excepthook = before
    wrong += left_behind()
    return said


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
