"""A worker's reports, and its pulse: while it is at something that takes long, it says that it lives.

The pulse is a thread of its own. It stops with the process, and where the process is held; a loop that does
not end does not stop it, so every beat says what is under way, and for how long.
"""

import contextlib
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from threading import Event, Lock, Thread
from typing import Any

from engine import activity
from engine.protocol import Busy, Report

BEAT = 1.0  # seconds without another word before it says so, and between two beats


class Voice:
    """The sending end of a worker's pipe, for two threads."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self._connection = connection
        self._lock = Lock()
        self._spoke = time.monotonic()  # when anything but the pulse did

    def say(self, report: Report) -> None:
        """Send it. Where the parent has gone nobody hears: the next look for requests ends the run."""
        self._spoke = time.monotonic()
        self._send(report)

    def _send(self, report: Report) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._connection.send(report)

    @contextlib.contextmanager
    def pulse(self) -> Iterator[None]:
        """Beat while this lasts."""
        over = Event()
        thread = Thread(target=self._beat, args=(over,), name="pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat(self, over: Event) -> None:
        while not over.wait(BEAT):
            silent = time.monotonic() - self._spoke
            if silent >= BEAT:
                self._send(Busy(activity.now(), silent, activity.unanswered()))
