"""What a person changed: the undo stack, and the list read back from the recordings."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from engine.specification import Value
from gui.model.alarms import Alarm
from gui.model.run_item import RunItem
from gui.model.scale import written

TOGETHER = 0.8  # seconds: changes of one knob closer than this are one change


@dataclass(slots=True)
class Change:
    """One turn of one knob on some runs."""

    name: str
    label: str
    before: dict[RunItem, Value]
    after: dict[RunItem, Value]
    moment: float = field(default_factory=time.monotonic)

    @property
    def words(self) -> str:
        """For example `KL weight 0.3 → 0.1`."""
        return f"{self.label} {_range(self.before)} → {_range(self.after)}"


def _range(values: Mapping[RunItem, Value]) -> str:
    texts = list(dict.fromkeys(written(value) for value in values.values()))
    return texts[0] if len(texts) == 1 else f"{texts[0]} … {texts[-1]}"


class UndoStack(QObject):
    """Changes that can be taken back and made again. `apply` sends values to the runs."""

    changed = Signal()

    def __init__(self, apply: Callable[[str, Mapping[RunItem, Value]], None]) -> None:
        super().__init__()
        self._apply = apply
        self._done: list[Change] = []
        self._undone: list[Change] = []

    def push(self, change: Change) -> None:
        """Remember a change already made. Quick repetitions on one knob become one entry."""
        if change.before == change.after:
            return
        last = self._done[-1] if self._done else None
        if (
            last is not None
            and last.name == change.name
            and last.after.keys() == change.after.keys()
            and change.moment - last.moment < TOGETHER
        ):
            last.after, last.moment = change.after, change.moment
        else:
            self._done.append(change)
        self._undone.clear()
        self.changed.emit()

    def undo(self) -> str:
        """Take the last change back; says in words what that was, or that there was nothing."""
        if not self._done:
            return "Nothing to undo"
        change = self._done.pop()
        self._undone.append(change)
        self._apply(change.name, change.before)
        self.changed.emit()
        return f"Undid {change.words}: {change.label} is {_range(change.before)} again"

    def redo(self) -> str:
        """Make the change last taken back again; says what that was."""
        if not self._undone:
            return "Nothing to redo"
        change = self._undone.pop()
        self._done.append(change)
        self._apply(change.name, change.after)
        self.changed.emit()
        return f"Redid {change.words}"

    def next_undo(self) -> str:
        """What undo would take back, in words; empty when nothing."""
        return self._done[-1].words if self._done else ""

    def next_redo(self) -> str:
        """What redo would make again, in words; empty when nothing."""
        return self._undone[-1].words if self._undone else ""

    def forget(self) -> None:
        """Empty it: the runs it spoke of are gone."""
        self._done.clear()
        self._undone.clear()
        self.changed.emit()


@dataclass(slots=True)
class Mark:
    """Something that happened to some runs at about one step, for a person to read."""

    step: int
    kind: str
    label: str
    runs: list[str]
    before: str = ""
    after: str = ""
    seconds: float = 0.0
    alarm: Alarm | None = None

    @property
    def words(self) -> str:
        """One line."""
        return f"{self.label} {self.before} → {self.after}" if self.after else self.label


def marks(items: Iterable[RunItem]) -> list[Mark]:
    """The events of several recordings, in order: a drag is one mark, and so is one turn of many runs."""
    result: list[Mark] = []
    for item in items:
        if item.recording is None:
            continue
        own: list[Mark] = []
        for event in item.recording.events:
            mark = _mark(event.kind, event.data, event.step, event.seconds, item.name)
            last = own[-1] if own else None
            same_knob = last and mark.kind == last.kind == "knob" and mark.label == last.label
            if last and same_knob and mark.seconds - last.seconds < TOGETHER:
                last.after, last.seconds = mark.after, mark.seconds
                continue
            own.append(mark)
        for mark in own:
            same = next(
                (
                    m
                    for m in result
                    if m.words == mark.words
                    and abs(m.seconds - mark.seconds) < 2 * TOGETHER
                    and item.name not in m.runs
                ),
                None,
            )
            if same is None:
                result.append(mark)
            else:
                same.runs.append(item.name)
    return sorted(result, key=lambda mark: (mark.step, mark.seconds))


def alarm_marks(alarms: Iterable[Alarm]) -> list[Mark]:
    """A mark where each collapse began."""
    return [Mark(alarm.step, "alarm", alarm.words, [alarm.item.name], alarm=alarm) for alarm in alarms]


def _mark(kind: str, data: Mapping[str, object], step: int, seconds: float, run: str) -> Mark:
    if kind == "knob":
        label = str(data.get("label") or data.get("name"))
        before, after = (written(data[key]) for key in ("before", "after"))  # type: ignore[arg-type]
        return Mark(step, kind, label, [run], before, after, seconds)
    if kind == "fork":
        return Mark(step, kind, f"Fork of {Path(str(data.get('recording'))).stem}", [run], seconds=seconds)
    label = {"control": "action", "failed": "message", "alarm": "message", "note": "text"}.get(kind, kind)
    return Mark(step, kind, str(data.get(label, kind)), [run], seconds=seconds)
