"""Keeps a recorder at work on a journal: starts it, and starts it again when it died or hangs."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.recording import lock
from engine.recording.files import Files

_ROOT = Path(__file__).resolve().parents[2]
CHECK_SECONDS = 0.5
LONGEST_PAUSE = 8.0  # seconds between two tries of a recorder that keeps dying
HANG_SECONDS = 30.0  # a recorder that gives no sign of life for so long hangs
EXIT_BUSY = 3  # another recorder has this journal


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
    """One recorder on one journal. Cheap to ask: the process is looked at twice a second.

    Attributes:
        restarts: recorders started after the first.
        hangs: recorders that were ended because they gave no sign of life.
    """

    def __init__(
        self, journal: Path, start: Callable[[Path], subprocess.Popen[bytes]] = start_recorder
    ) -> None:
        """`start` starts a recorder of the journal."""
        self._start_recorder = start
        self._files = Files.of(journal)
        self._next_check = 0.0
        self._pause = CHECK_SECONDS
        self._patience = HANG_SECONDS
        self.restarts = 0
        self.hangs = 0
        self._start()

    @property
    def pid(self) -> int:
        """The recorder's process id; it changes when the recorder is started again."""
        return self._process.pid

    def check(self) -> None:
        """Start the recorder again if it died before its work was done, or ended because it hangs."""
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + CHECK_SECONDS
        self._end_if_it_hangs(now)
        if self._process.poll() is not None and self._files.journal.exists():
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._next_check = now + self._pause
            self.restarts += 1
            # One that found the journal taken says nothing of whether its holder hangs.
            self._start(fresh=self._process.returncode != EXIT_BUSY)

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

    def work(self) -> int:
        """Finish a dead run's journal, however often another recorder is in the way or hangs; the exit
        status of the recorder that came to an end by itself."""
        while True:
            status = self._process.poll()
            if status == EXIT_BUSY:
                time.sleep(0.05)
                self._end_if_it_hangs(time.monotonic())
                self._start(fresh=False)
            elif status is not None and not self._ended:
                return status
            elif status is not None:
                self._start()
            else:
                self._end_if_it_hangs(time.monotonic())
                time.sleep(0.01)

    def _start(self, *, fresh: bool = True) -> None:
        self._process = self._start_recorder(self._files.journal)
        self._ended = False
        if fresh:
            self._sign, self._signed_at = self._sign_of_life(), time.monotonic()

    def _sign_of_life(self) -> int | None:
        """Changes as long as a recorder is at work: its own, or another one that has the journal."""
        try:
            return self._files.lock.stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def _end_if_it_hangs(self, now: float) -> None:
        """End the recorder, and whichever holds the journal, after long silence. Each time the next one
        is given twice as long: a slow disk is not a fault."""
        sign = self._sign_of_life()
        if sign != self._sign:
            self._sign, self._signed_at = sign, now
        if now - self._signed_at < self._patience:
            return
        self._patience *= 2
        self._signed_at = now
        self.hangs += 1
        sys.stderr.write(
            f"recorder: {self._files.name}: no sign of life; it is ended and another one started\n"
        )
        other = lock.holder(self._files.lock)
        self._ended = True
        self._process.kill()
        self._process.wait()
        if other is not None and other != self._process.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(other, getattr(signal, "SIGKILL", signal.SIGTERM))
