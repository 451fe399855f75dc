"""From a hand on a slider to light on the screen: how long a change took to be seen."""

import math
import time
from dataclasses import dataclass

from gui.model.run_item import RunItem

FORGET = 5.0  # seconds after which a change that was never seen is no longer waited for
FRESH = 8.0  # seconds for which the last measurement is worth telling
LATE, TOO_LATE = 0.2, 30.0  # seconds between which it is told that a run does not show a change yet


@dataclass(slots=True)
class _Awaited:
    """The effect on one run of a change of the knob `name`, sent as this request. It is there with so many
    `rows` recorded, once that is known. `since` then, or an earlier change, the run shows what was before."""

    request: int
    item: RunItem
    name: str
    since: float
    rows: int | None = None

    @property
    def recorded(self) -> bool:
        """Whether a row shows it."""
        recording = self.item.recording
        return recording is not None and self.rows is not None and recording.rows >= self.rows

    @property
    def will_be(self) -> bool:
        """Whether one is to be expected soon: the run lives, and does not wait with it until it learns."""
        return self.item.live and not self.item.waits_with(self.name)


class Latency:
    """Times one change at a time: moved, acknowledged, recorded, painted.

    Attributes:
        milliseconds: of the last change that was seen; None before the first.
    """

    def __init__(self) -> None:
        self.milliseconds: float | None = None
        self._began = 0.0
        self._waiting: list[_Awaited] = []  # of the change that is timed
        self._owed: dict[RunItem, _Awaited] = {}  # of the newest change, whether it is timed or not
        self._arrived = False
        self._seen = -math.inf

    @property
    def told(self) -> float | None:
        """Milliseconds of the last change, while it was a moment ago; else None."""
        return self.milliseconds if time.perf_counter() - self._seen < FRESH else None

    def forget(self) -> None:
        """What is open is something else: nothing is waited for or told."""
        self.milliseconds, self._waiting, self._arrived, self._seen = None, [], False, -math.inf
        self._owed = {}

    @property
    def busy(self) -> bool:
        """True while a change is on its way."""
        return (bool(self._waiting) or self._arrived) and time.perf_counter() - self._began < FORGET

    @property
    def arrived(self) -> bool:
        """True when the effect is there and has not been painted yet."""
        return self._arrived

    @property
    def awaited(self) -> list[RunItem]:
        """The runs that a change is on its way to."""
        return list(dict.fromkeys(awaited.item for awaited in self._waiting))

    def since(self, now: float) -> float:
        """Seconds since the hand made the change that is timed."""
        return now - self._began

    @property
    def late(self) -> list[RunItem]:
        """The runs that take longer than others to show the newest change, and do not yet."""
        now = time.perf_counter()
        return [
            item
            for item, awaited in self._owed.items()
            if LATE < now - awaited.since < TOO_LATE and awaited.will_be and not awaited.recorded
        ]

    def begin(self, moment: float, name: str, requests: dict[int, RunItem]) -> None:
        """The knob `name` was turned at `moment` (time.perf_counter), and that was sent as these requests.

        A change made while another is on its way is not timed. With no requests the change needs no
        worker and is there to be painted already.
        """
        sent: list[_Awaited] = []
        for request, item in requests.items():
            before = self._owed.get(item)
            over = before is None or before.recorded or not before.will_be
            sent.append(_Awaited(request, item, name, moment if over else before.since))
        self._owed |= {awaited.item: awaited for awaited in sent}
        if self.busy:
            return
        self._began, self._waiting = moment, sent
        self._arrived = not requests

    def answered(self, request: int) -> None:
        """The worker's answer itself carries the effect: it can be painted."""
        if any(awaited.request == request for awaited in self._waiting):
            self._arrived, self._waiting = True, []

    def acknowledged(self, request: int, rows: int) -> None:
        """The effect is there with so many rows recorded."""
        for awaited in (*self._waiting, *self._owed.values()):
            if awaited.request == request:
                awaited.rows = rows

    def refused(self, request: int) -> None:
        """This request will have no effect."""
        self._waiting = [awaited for awaited in self._waiting if awaited.request != request]
        self._owed = {item: owed for item, owed in self._owed.items() if owed.request != request}

    def look(self) -> None:
        """Call after the recordings were refreshed."""
        if any(awaited.recorded for awaited in self._waiting):
            self._arrived, self._waiting = True, []
        self._waiting = [awaited for awaited in self._waiting if awaited.will_be]

    def painted(self) -> bool:
        """Call when a view has painted. True when that completed a measurement."""
        if not self._arrived:
            return False
        self._seen = time.perf_counter()
        self.milliseconds = 1000 * (self._seen - self._began)
        self._arrived = False
        return True
