"""Keeps a recorder at work on a journal: starts it, and starts it again when it died."""

import os
import subprocess
import sys
import time
from pathlib import Path

from engine.recording.files import Files

_ROOT = Path(__file__).resolve().parents[2]
CHECK_SECONDS = 0.5
LONGEST_PAUSE = 8.0  # seconds between two tries of a recorder that keeps dying


def start_recorder(journal: Path) -> subprocess.Popen[bytes]:
    """Start a recorder that outlives signals meant for the terminal's foreground."""
    search = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-m", "engine.recording.recorder", str(journal.resolve())],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": search},
        start_new_session=True,
    )


class RecorderSupervisor:
    """One recorder on one journal. Cheap to ask: the process is looked at twice a second."""

    def __init__(self, journal: Path) -> None:
        self._files = Files.of(journal)
        self._process = start_recorder(self._files.journal)
        self._next_check = 0.0
        self._pause = CHECK_SECONDS
        self.restarts = 0

    @property
    def pid(self) -> int:
        """The recorder's process id; it changes when the recorder is started again."""
        return self._process.pid

    def check(self) -> None:
        """Start the recorder again if it died before its work was done."""
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + CHECK_SECONDS
        if self._process.poll() is not None and self._files.journal.exists():
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._next_check = now + self._pause
            self._process = start_recorder(self._files.journal)
            self.restarts += 1

    def finish(self, timeout: float = 60.0) -> bool:
        """Wait until the closed journal has become a recording; False when it did not within `timeout`
        seconds (the journal is kept then, and recovered at the next opportunity)."""
        deadline = time.monotonic() + timeout
        while self._files.journal.exists() and time.monotonic() < deadline:
            self.check()
            time.sleep(0.01)
        if self._files.journal.exists():
            return False
        self._process.wait(timeout=10)
        return True
