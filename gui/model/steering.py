"""What a hand does to the knobs: every change goes to the runs it is for, can be undone, and is timed."""

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from engine.protocol import SetKnob
from engine.specification import Value
from gui.model.changes import Change, UndoStack, new_act
from gui.model.run_item import RunItem

if TYPE_CHECKING:
    from gui.model.session import Session

SEND_EVERY = 0.033  # seconds between two messages of one knob while it is dragged


class Steering:
    """Of the runs of a session.

    Attributes:
        undo: the changes made, and those taken back.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session
        self.undo = UndoStack(self._set, self._keep_what_is)
        self._waiting: dict[str, tuple[dict[RunItem, Value], float, str]] = {}
        self._sent = 0.0

    def turn(self, name: str, value: object, moment: float | None = None) -> None:
        """Turn a knob on every run its slider steers. Raises UserError when the value is not allowed."""
        self._change(name, self._session.board.settings[name].accepted(value), moment)

    def reset(self, name: str) -> None:
        """Put a knob of every run back to where that run began."""
        self._change(name, self._session.board.settings[name].defaults, None)

    def look_at_target(self, target: float) -> None:
        """Ask for this return: the slider, the runs and the views all follow."""
        if "target" in self._session.board.settings:
            self.turn("target", target)
        else:
            self._look_at(target)

    def flush(self) -> None:
        """Send what waits, unless something was sent a moment ago."""
        if self._waiting and time.perf_counter() - self._sent >= SEND_EVERY:
            self._send()

    def forget(self) -> None:
        """Other runs are open: nothing waits, and nothing is left to undo."""
        self._waiting.clear()
        self.undo.forget()

    def _change(self, name: str, after: Mapping[RunItem, Value], moment: float | None) -> None:
        before = {item: item.values[name] for item in after}
        label = self._session.board.settings[name].knob.label
        act = self.undo.push(Change(name, label, before, dict(after)))
        self._set(name, after, moment, act)

    def _keep_what_is(self, change: Change) -> None:
        """Have the live runs that will learn with a change keep their state before it."""
        change.steps.clear()
        for item in change.after:
            if item.live and item.learns_by(change.name):
                self._session.forking.checkpoints.ask(item, partial(change.steps.__setitem__, item))

    def _set(
        self, name: str, values: Mapping[RunItem, Value], moment: float | None = None, act: str = ""
    ) -> None:
        for item, value in values.items():
            item.values[name] = value
        if name == "target":
            chosen, asked = self._session.selected, next(iter(values.values()))
            if chosen is not None and (chosen in values or chosen.live):  # the views are of that one
                asked = chosen.values.get("target", asked)
            self._look_at(float(asked))
        moment = time.perf_counter() if moment is None else moment
        live = {item: value for item, value in values.items() if item.live}
        if live:
            self._waiting[name] = (live, moment, act or new_act())
            if moment - self._sent >= SEND_EVERY:
                self._send()
        else:
            self._session.latency.begin(moment, name, {})
        self._session.revision += 1

    def _look_at(self, target: float) -> None:
        self._session.target = target
        self._session.revision += 1

    def _send(self) -> None:
        """What the hand did last; what it did in between is gone."""
        launcher = self._session.launcher
        for name, (values, moment, act) in self._waiting.items():
            timed: dict[int, RunItem] = {}
            for item, value in values.items():
                if item.handle is not None:
                    request = launcher.next_id()
                    item.handle.send(SetKnob(request, name, value, act))
                    if not item.waits_with(name):
                        timed[request] = item
            if timed:  # else it acts after a pause of any length
                self._session.latency.begin(moment, name, timed)
            self._sent = time.perf_counter()
        self._waiting.clear()
