"""Notices when the window stands still, and what it was doing meanwhile."""

import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, QTimer

from gui.log import log

LIMIT = 0.05  # seconds that one call may keep the interface thread
BLOCKED = 0.5  # seconds that it may wait: a busy machine makes it wait a little all the time
BEAT = 20  # milliseconds
ASLEEP = 0.25  # seconds between two looks at most: where it was longer, neither thread was let run
QUIET = 1.0  # seconds between two lines of the log


@dataclass(frozen=True)
class Stall:
    """The interface thread did not come back in time.

    Attributes:
        seconds: how long it was away, of the clock.
        computing: how much of that it computed, seconds; the rest it waited, for a file or for a processor.
        doing: where in the program it was when the limit had passed, a line a call; empty where nobody saw.
    """

    seconds: float
    computing: float
    doing: str

    def __str__(self) -> str:
        away, computing = (f"{1000 * seconds:.0f} ms" for seconds in (self.seconds, self.computing))
        return f"the window stood still for {away} ({computing} computing)\n{self.doing}".rstrip()


class Watchdog(QObject):
    """A heart beats in the thread that makes this; another thread looks what keeps it from beating."""

    def __init__(self, tell: Callable[[Stall], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tell = tell
        self._watched = threading.get_ident()
        self._beaten, self._computed = time.monotonic(), time.thread_time()
        self._doing = ""
        self._awake = 0.0  # seconds since the last beat, without those in which the machine slept
        self._ended = threading.Event()
        self._heart = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=BEAT)
        self._heart.timeout.connect(self._beat)
        self._heart.start()
        self._thread = threading.Thread(target=self._look, name="watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._heart.stop()
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        now, computed = time.monotonic(), time.thread_time()
        away, computing = now - self._beaten - BEAT / 1000, computed - self._computed
        away = max(computing, min(away, self._awake + ASLEEP))  # the machine's sleep is nobody's fault
        doing, self._doing, self._awake = self._doing, "", 0.0
        self._beaten, self._computed = now, computed
        if computing > LIMIT or away - computing > BLOCKED:
            self._tell(Stall(away, computing, doing))

    def _look(self) -> None:
        looked = time.monotonic()
        while not self._ended.wait(LIMIT / 2):
            now = time.monotonic()
            self._awake += min(now - looked, ASLEEP)
            looked = now
            if not self._doing and time.monotonic() - self._beaten > LIMIT + BEAT / 1000:
                frame = sys._current_frames().get(self._watched)
                self._doing = "".join(traceback.format_stack(frame)) if frame is not None else ""


class Logged:
    """Writes stalls to the log, one a second at the most."""

    def __init__(self) -> None:
        self._last, self._untold = 0.0, 0

    def __call__(self, stall: Stall) -> None:
        """Write it, or count it."""
        now = time.monotonic()
        if now - self._last < QUIET:
            self._untold += 1
            return
        more = f"{self._untold} more like it before; " if self._untold else ""
        log.warning("%s%s", more, stall)
        self._last, self._untold = now, 0
