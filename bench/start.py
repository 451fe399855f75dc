"""From the command line to the first painted window, in processes of their own with a home of their own.

Drawn by the offscreen platform unless QT_QPA_PLATFORM says otherwise. The first start shows the gallery,
the next ones the workbench. Compiled files and libraries are in the cache, as at a person's second start.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TIMES = 5
OWN = ("XDG_", "HOME")


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as home:
        _started(home)  # compiles what is not compiled yet
    for what, seen_before in (("the first time: the gallery", False), ("later: the workbench", True)):
        taken = []
        for _ in range(TIMES):
            with tempfile.TemporaryDirectory() as home:
                if seen_before:
                    _started(home)
                taken.append(_started(home))
        seconds, processor = (statistics.median(column) for column in zip(*taken, strict=True))
        print(
            f"first window, {what}: {seconds:.2f} s, {processor:.2f} s of processor time (median of {TIMES})"
        )


def _started(home: str) -> tuple[float, float]:
    """Seconds until the first window is painted, and processor seconds of its process until then."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(OWN)}
    environment |= {"HOME": home, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bench.start"],
        cwd=Path(__file__).resolve().parents[1],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    painted, processor = done.stdout.split()
    return float(painted) - began, float(processor)


def _start() -> None:
    """Be the app until its window is painted; say when that was."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    from gui.app import application
    from gui.main_window import MainWindow
    from main import main as command_line

    class Eye(QObject):
        """Sees the window's first painting."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            if event.type() == QEvent.Type.Paint and isinstance(watched, MainWindow):
                app.removeEventFilter(self)
                QTimer.singleShot(0, lambda: self.tell(watched))  # when all that it contains is painted too
            return False

        def tell(self, window: MainWindow) -> None:
            used = resource.getrusage(resource.RUSAGE_SELF)
            print(time.monotonic(), used.ru_utime + used.ru_stime, flush=True)
            window.close()

    app = application()
    eye = Eye()
    app.installEventFilter(eye)
    command_line([])


if __name__ == "__main__":
    _start()
