"""What happened to the runs, for a person to read: from the events in their recordings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.recording.schema import Event
from engine.specification import Value
from gui.model.alarms import Alarm
from gui.model.changes import TOGETHER
from gui.model.run_item import RunItem
from gui.model.scale import written


@dataclass(slots=True)
class Mark:
    """Something that happened to some runs at about one moment.

    Attributes:
        step: of the first run.
        steps: of each.
        seconds: since its run began.
        moment: seconds since 1970, where the recording says when it began.
        values: of a knob: before, after, and between them how far it was away where it came back.
        act: what a hand did here, by the name that it has in every run that it was done to; empty in older
            recordings.
        back: the step at which it was set back; None where it stands.
    """

    step: int
    kind: str
    label: str
    runs: list[str]
    values: tuple[str, ...] = ()
    act: str = ""
    seconds: float = 0.0
    moment: float = 0.0
    alarm: Alarm | None = None
    back: int | None = None
    steps: list[int] = field(default_factory=list)

    @property
    def words(self) -> str:
        """One line."""
        turned = f"{self.label} {' → '.join(self.values)}" if self.values else self.label
        return turned if self.back is None else f"{turned}, set back at {self.back}"


def marks(items: Iterable[RunItem]) -> list[Mark]:
    """The events of several recordings, in order: a drag is one mark, and so is one act on many runs."""
    result: list[Mark] = []
    for item in items:
        began = _began(item)
        for mark in _own(item):
            mark.moment, mark.steps = began + mark.seconds, [mark.step]
            same = next((m for m in result if item.name not in m.runs and _same(m, mark)), None)
            if same is None:
                result.append(mark)
            else:
                same.runs.append(item.name)
                same.steps.append(mark.step)
    return sorted(result, key=lambda mark: (mark.step, mark.seconds))


def _same(one: Mark, other: Mark) -> bool:
    """Whether the same was done to two runs, or befell them at one moment."""
    if one.words != other.words:
        return False
    if one.act or other.act:
        return one.act == other.act
    return abs(one.moment - other.moment) < 2 * TOGETHER


def alarm_marks(alarms: Iterable[Alarm]) -> list[Mark]:
    """A mark where each collapse began."""
    return [Mark(alarm.step, "alarm", alarm.words, [alarm.item.name], alarm=alarm) for alarm in alarms]


def settled(found: list[Mark]) -> list[Mark]:
    """The marks without those that only took a turn back: the turn itself says when that was."""
    left: list[Mark] = []
    for mark in found:
        alike = (m for m in reversed(left) if m.label == mark.label and set(m.runs) & set(mark.runs))
        last = next(alike, None)
        if last is not None and last.back is None and _undoes(mark, last):
            last.back = mark.step
        else:
            left.append(mark)
    return left


def _undoes(mark: Mark, earlier: Mark) -> bool:
    turns = mark.kind == earlier.kind == "knob" and len(mark.values) == len(earlier.values) == 2
    return turns and mark.values == earlier.values[::-1] and set(mark.runs) == set(earlier.runs)


def _began(item: RunItem) -> float:
    """When a run began, seconds since 1970; 0 where its recording does not say."""
    started = None if item.recording is None else item.recording.layout.provenance.get("started")
    try:
        return 0.0 if started is None else datetime.fromisoformat(started).timestamp()
    except (TypeError, ValueError):  # a file of someone else's
        return 0.0


def _own(item: RunItem) -> list[Mark]:
    """Of one run, a drag as one mark. A drag that ended where it began is one only if updates were made with
    what lay between."""
    if item.recording is None:
        return []
    own: list[Mark] = []
    drag: list[Event] = []
    for event in item.recording.events:
        if event.data.get("action") == "look closer":
            continue  # nobody did that: a hand rested, and may go on
        if drag and not _goes_on(drag, event):
            own += _dragged(drag, item.name)
            drag = []
        if event.kind == "knob":
            drag.append(event)
        else:
            own.append(_other(event, item.name))
    return own + _dragged(drag, item.name)


def _goes_on(drag: list[Event], event: Event) -> bool:
    last = drag[-1]
    if event.kind != "knob" or event.data.get("name") != last.data.get("name"):
        return False
    acts = event.data.get("act"), last.data.get("act")
    return acts[0] == acts[1] if any(acts) else event.seconds - last.seconds < TOGETHER


def _dragged(drag: list[Event], run: str) -> list[Mark]:
    if not drag:
        return []
    first, last = drag[0], drag[-1]
    label = str(first.data.get("label") or first.data.get("name"))
    values = [first.data["before"], last.data["after"]]
    if values[0] == values[1]:
        if first.step == last.step:
            return []
        values.insert(1, _farthest(values[0], [event.data["after"] for event in drag]))
    texts = tuple(written(value) for value in values)
    return [Mark(first.step, "knob", label, [run], texts, str(last.data.get("act", "")), last.seconds)]


def _farthest(begin: Value, values: list[Value]) -> Value:
    if isinstance(begin, str):
        return next(value for value in values if value != begin)
    return max(values, key=lambda value: abs(float(value) - float(begin)))


def _other(event: Event, run: str) -> Mark:
    data: Mapping[str, object] = event.data
    if event.kind == "fork":
        label = f"Fork of {Path(str(data.get('recording'))).stem}"
    else:
        key = {"control": "action", "failed": "message", "alarm": "message", "note": "text"}.get(event.kind)
        label = str(data.get(key, event.kind)) if key else event.kind
    return Mark(event.step, event.kind, label, [run], seconds=event.seconds)
