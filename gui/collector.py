"""Circles of dead Python objects are taken apart in the interface thread, and nowhere else.

Python looks for them in whichever thread makes the object that is one too many. A window, a menu or an action
in such a circle would be destroyed by the thread that reads the library or hears a worker, while Qt goes
through its list of children: the app would crash.

What was freed goes back to the system, too: the C library keeps it, in pieces between what is still used. And
the threads share one heap: with one for each, as the C library has it, random use filled a dozen by halves.
"""

import ctypes
import gc
import sys

from PySide6.QtCore import QObject, QTimer

EVERY = 100  # milliseconds between two looks at what was made since the last one
OLDER = 10  # looks until what survived one is looked at too: after a second
OLDEST = 100  # until everything is: after ten
LOADED = 50  # until what the app loads once its window is there has come: five seconds
GIVEN_BACK = 600  # until what was freed goes back: after a minute
M_ARENA_MAX = -8  # of the C library's malloc.h


class Collector(QObject):
    """Takes over from Python until it is closed. Make it in the interface thread.

    What is there already, modules above all, is taken to stay, so that a look at everything is short; and
    once more when the rest of them has come.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looks = 0
        share_one_heap()
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        self._looks += 1
        loaded = self._looks == LOADED
        gc.collect(2 if loaded or self._looks % OLDEST == 0 else 1 if self._looks % OLDER == 0 else 0)
        if loaded:
            gc.freeze()
        if self._looks % GIVEN_BACK == 0:
            give_back()

    def close(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()


def give_back() -> None:
    """What was freed, to the system."""
    _tell_malloc("malloc_trim", 0)


def share_one_heap() -> None:
    """Threads that allocate from now on do so where this one does."""
    _tell_malloc("mallopt", M_ARENA_MAX, 1)


def _tell_malloc(function: str, *arguments: int) -> None:
    """Only Linux's C library has to be told."""
    told = getattr(ctypes.CDLL(None), function, None) if sys.platform == "linux" else None
    if told is not None:  # not every one has it
        told(*arguments)
