"""Messages to and from a worker that may hang: nobody here ever waits for it."""

import contextlib
import select
import threading
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

LAST_WORDS = 1.0  # seconds for what a worker said last to be read, once it has ended


class Post:
    """Our end of a worker's connection.

    What it says is read by a thread, for one that stops in the middle of a message would hold whoever reads
    it. What it is told waits here while the pipe is full, for one that hangs empties it no more. The
    connection is closed when nobody has it any more: the thread lets go of it when the worker has ended.
    """

    def __init__(self, connection: "Connection[Any, Any]", name: str) -> None:
        self._connection = connection
        self._heard: deque[Any] = deque()
        self._unsent: deque[Any] = deque()
        self._reader = threading.Thread(target=self._read, name=f"hears {name}", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._heard.append(self._connection.recv())

    def send(self, message: object) -> None:
        """Pass it on, in its turn. One who has gone takes none."""
        self._unsent.append(message)
        self.flush()

    def flush(self) -> None:
        """Pass on what waited."""
        with contextlib.suppress(OSError):
            while self._unsent and _takes(self._connection):
                self._connection.send(self._unsent.popleft())

    def heard(self, *, last: bool) -> list[Any]:
        """What was said since the last call; `last`: it has ended, and this is all that will come."""
        if last:
            self._reader.join(LAST_WORDS)
        return [self._heard.popleft() for _ in range(len(self._heard))]


def _takes(connection: "Connection[Any, Any]") -> bool:
    """Whether a short message would be taken now."""
    if not hasattr(select, "poll"):  # Windows
        return True
    asked = select.poll()
    asked.register(connection.fileno(), select.POLLOUT)
    return bool(asked.poll(0))
