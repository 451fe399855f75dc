"""Collapse alarms: which runs lost effective modes, when, and in which seeds.

Judged from the recordings alone, so that a live run, a finished one and a file from elsewhere are judged
alike. Nothing here is a widget.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from engine.history import Judged
from engine.metrics.onset import SHARE, WINDOW
from gui.model.run_item import RunItem

LEISURE = 0.012  # seconds of a look, while nothing has to be drawn


@dataclass(frozen=True)
class Alarm:
    """A confirmed collapse of one run.

    Attributes:
        step: the first onset of any seed, updates; what a click goes to.
        confirmed: the update at which that onset was known.
        seed: index of the seed that fell first.
        seeds: names of all that have fallen, of `count`.
        level: what the effective modes fell below, in the seed that fell first.
    """

    item: RunItem
    step: int
    confirmed: int
    seed: int
    seeds: tuple[int, ...]
    count: int
    level: float

    @property
    def words(self) -> str:
        """One line, for a mark."""
        names = ", ".join(map(str, self.seeds))
        which = f"seed{'s'[: len(self.seeds) != 1]} {names} of {self.count}"
        return f"Collapse: effective modes below {self.level:.3g} ({which})"

    @property
    def story(self) -> str:
        """In full."""
        return (
            f"{self.words}. First at update {self.step}, and known at {self.confirmed}: the level is "
            f"{SHARE:.0%} of what the base has at the return asked for, and {WINDOW} measured rows in "
            "succession were below it."
        )


class Alarms(QObject):
    """The alarms of the open runs.

    Attributes:
        found: in the order of the runs.
        revision: grows with every change of them.
        leisure: seconds of one look for the past of a long recording; 0 while the window has to draw.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Alarm] = []
        self.revision = 0
        self.leisure = LEISURE

    def look(self, items: Iterable[RunItem]) -> bool:
        """Take in what the recordings have that is new. True where it changed the alarms."""
        found = []
        for item in items:
            item.read_history(self.leisure)
            alarm = None if item.judged is None else alarm_of(item, item.judged)
            if alarm is not None:
                found.append(alarm)
        if found == self.found:
            return False
        self.found = found
        self.revision += 1
        self.changed.emit()
        return True

    def of(self, item: RunItem) -> Alarm | None:
        """The alarm of a run, if it has one."""
        return next((alarm for alarm in self.found if alarm.item is item), None)

    def after(self, step: int, item: RunItem | None) -> Alarm | None:
        """The next one in time after where a person looks (a run at a step), round and round."""
        ordered = sorted(self.found, key=lambda alarm: alarm.step)
        here = next((k for k, a in enumerate(ordered) if a.item is item and a.step == step), None)
        if here is not None:
            return ordered[(here + 1) % len(ordered)]
        return next((alarm for alarm in ordered if alarm.step > step), ordered[0] if ordered else None)


def alarm_of(item: RunItem, judged: Judged) -> Alarm | None:
    """The alarm that what is known of a run amounts to."""
    onset = judged.onset
    fallen = np.flatnonzero(~np.isnan(onset.step))
    if item.recording is None or not fallen.size:
        return None
    first = int(fallen[np.argmin(onset.step[fallen])])
    names = item.recording.layout.seeds
    return Alarm(
        item=item,
        step=int(onset.step[first]),
        confirmed=int(onset.confirmed[first]),
        seed=first,
        seeds=tuple(names[seed] for seed in fallen.tolist()),
        count=len(names),
        level=float(onset.level[first]),
    )
