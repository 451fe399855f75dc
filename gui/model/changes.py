"""What a person changed, and the way back: the undo stack."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from engine.specification import Value
from gui.model.run_item import RunItem
from gui.model.scale import written

TOGETHER = 0.8  # seconds: changes of one knob closer than this are one change


def new_act() -> str:
    """A name for what a hand does."""
    return secrets.token_hex(4)


@dataclass(slots=True)
class Change:
    """One turn of one knob on some runs.

    Attributes:
        steps: for each live run that learns with it, the update after which it was made, once that is known.
        act: its name in the recordings of all these runs.
    """

    name: str
    label: str
    before: dict[RunItem, Value]
    after: dict[RunItem, Value]
    moment: float = field(default_factory=time.monotonic)
    steps: dict[RunItem, int] = field(default_factory=dict)
    act: str = field(default_factory=new_act)

    @property
    def words(self) -> str:
        """For example `KL weight 0.3 → 0.1`."""
        return f"{self.label} {_range(self.before)} → {_range(self.after)}"

    @property
    def learned_by(self) -> list[RunItem]:
        """The live runs that have made updates with it: setting the knob back does not take those back."""
        return [item for item, step in self.steps.items() if item.live and item.last_step > step]


@dataclass(frozen=True, slots=True)
class NoteChange:
    """A person's words on a run or on the session, written anew; `write` puts them there."""

    whose: str
    before: str
    after: str
    write: Callable[[str], None]

    @property
    def words(self) -> str:
        """For example `note on RvS`."""
        return f"note on {self.whose}"


def _range(values: Mapping[RunItem, Value]) -> str:
    """The value, or the least and the greatest; of words the first and the last."""
    found = list(values.values())
    if not any(isinstance(value, str) for value in found):
        found.sort(key=float)
    texts = list(dict.fromkeys(map(written, found)))
    return texts[0] if len(texts) == 1 else f"{texts[0]} … {texts[-1]}"


class UndoStack(QObject):
    """Changes that can be taken back and made again. `apply` sends values to the runs; `keep` is called
    before a knob is turned, and sees to it that there is a way back."""

    changed = Signal()

    def __init__(
        self, apply: Callable[[str, Mapping[RunItem, Value]], None], keep: Callable[[Change], None]
    ) -> None:
        super().__init__()
        self._apply, self._keep = apply, keep
        self._done: list[Change | NoteChange] = []
        self._undone: list[Change | NoteChange] = []

    def push(self, change: Change) -> str:
        """Remember a change that is about to be made. Quick repetitions on one knob become one entry, and one
        act, whose name is returned."""
        if change.before == change.after:
            return change.act
        last = self.last
        if (
            isinstance(last, Change)
            and last.name == change.name
            and last.after.keys() == change.after.keys()
            and change.moment - last.moment < TOGETHER
        ):
            last.after, last.moment, change.act = change.after, change.moment, last.act
        else:
            self._keep(change)
            self._done.append(change)
        self._undone.clear()
        self.changed.emit()
        return change.act

    def write(self, change: NoteChange) -> None:
        """Write a note, and remember it."""
        if change.before == change.after:
            return
        change.write(change.after)
        self._done.append(change)
        self._undone.clear()
        self.changed.emit()

    def joined(self, fork: RunItem, elder: RunItem) -> None:
        """A run began with the knobs of another: what was changed of that is changed of both, as far back as
        the fork has its values, and is taken back on both."""
        values = dict(fork.values)
        for change in reversed([change for change in self._done if isinstance(change, Change)]):
            if elder in change.after and values.get(change.name) == change.after[elder]:
                change.after[fork] = change.after[elder]
                change.before[fork] = values[change.name] = change.before[elder]

    @property
    def last(self) -> Change | NoteChange | None:
        """What undo would take back."""
        return self._done[-1] if self._done else None

    def undo(self) -> str:
        """Take the last change back; says in words what that was, or that there was nothing."""
        if not self._done:
            return "Nothing to undo"
        change = self._done.pop()
        self._undone.append(change)
        said = f"Undid {change.words}"
        if isinstance(change, NoteChange):
            change.write(change.before)
        else:
            self._apply(change.name, change.before)
            said += f": {change.label} is {_range(change.before)} again"
        self.changed.emit()
        return said

    def redo(self) -> str:
        """Make the change last taken back again; says what that was."""
        if not self._undone:
            return "Nothing to redo"
        change = self._undone.pop()
        self._done.append(change)
        if isinstance(change, NoteChange):
            change.write(change.after)
        else:
            self._keep(change)
            self._apply(change.name, change.after)
        self.changed.emit()
        return f"Redid {change.words}"

    def next_undo(self) -> str:
        """What undo would take back, in words; empty when nothing."""
        return self.last.words if self.last else ""

    def next_redo(self) -> str:
        """What redo would make again, in words; empty when nothing."""
        return self._undone[-1].words if self._undone else ""

    def forget(self) -> None:
        """Empty it: the runs it spoke of are gone."""
        self._done.clear()
        self._undone.clear()
        self.changed.emit()

    def forget_knobs(self) -> None:
        """The runs begin anew, with the knobs as they stand; what is said of them stays."""
        for changes in (self._done, self._undone):
            changes[:] = [change for change in changes if isinstance(change, NoteChange)]
        self.changed.emit()
