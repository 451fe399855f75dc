"""Carrying out an order: here, or in a process of its own that can be watched and stopped."""

import contextlib
import importlib
import traceback
from multiprocessing.connection import Connection
from typing import Any

from engine import launch
from engine.errors import UserError
from engine.exports.kinds import KINDS, Order, Progress, silent
from engine.exports.whole import discard


def carry_out(order: Order, progress: Progress = silent) -> None:
    """Write what is ordered.

    Raises:
        UserError: when it cannot be done; nothing is left of it.
    """
    kind = order.checked()
    importlib.import_module(kind.writer).write(order, progress)


def main(connection: "Connection[Any, Any]", order: Order) -> None:
    """In the job's process: say how far it is, and in the end None or what went wrong."""

    def told(done: int, of: int) -> None:
        connection.send((done, of))

    try:
        carry_out(order, told)
        connection.send(None)
    except UserError as error:
        connection.send(str(error))
    except Exception as error:
        traceback.print_exc()
        connection.send(f"export to {order.kind} failed: {type(error).__name__}: {error}")


class Job:
    """One order in a process of its own, seen from the process that waits for it. No method blocks long.

    Attributes:
        done, of: how far it is; `of` is 0 until that is known.
        error: what went wrong, once it has ended; empty when all went well.
        ended: nothing more will come.
    """

    def __init__(self, order: Order) -> None:
        """Start it."""
        self.order = order
        self.done = self.of = 0
        self.error = ""
        self.ended = False
        self._process, self._connection = launch.start("engine.exports.job", order, name=order.kind)

    def poll(self) -> bool:
        """Hear what it said; True once it has ended."""
        if self.ended:
            return True
        alive = self._process.is_alive()  # asked first, so that the last words are not missed
        with contextlib.suppress(EOFError, OSError):
            while not self.ended and self._connection.poll():
                said = self._connection.recv()
                if isinstance(said, tuple):
                    self.done, self.of = said
                else:
                    self._end(said or "")
        if not alive and not self.ended:
            how = self._process.ending
            self._end(f"export to {self.order.kind}{f': {how}' if how else ' ended without a word'}")
        return self.ended

    def cancel(self) -> None:
        """End it at once. No file is left, nor a part of one."""
        if not self.ended:
            self._process.terminate()
            self._end("cancelled")

    def _end(self, error: str) -> None:
        self.ended, self.error = True, error
        self._connection.close()
        if self._process.pid is None:  # it never began, or ends as soon as it does: there is no file
            return
        self._process.join(5.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(5.0)
        for path in (self.order.out, *KINDS[self.order.kind].beside(self.order.out)):
            discard(path, self._process.pid)
