"""The sliders: every knob of every run, merged by name, and what turning one does."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from PySide6.QtCore import QObject, Signal

from engine.errors import UserError
from engine.learners.knobs import Knob, Value
from gui.model.run_item import RunItem

Scope = Literal["all", "selected"]


@dataclass(slots=True)
class Setting:
    """One slider over the runs that it steers.

    Attributes:
        knob: as it is declared, widened over the runs; a target's range is narrowed to what the data hold
            and what was asked at first. The slider shows this range; what may be typed is up to each run's
            own declaration.
    """

    knob: Knob
    items: list[RunItem] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """True for a target that every run will choose as it begins: its `value` is nobody's."""
        return self.knob.name == "target" and all(item.target_open for item in self.items)

    @property
    def value(self) -> Value:
        """The first run's value."""
        return self.values[0]

    @property
    def mixed(self) -> bool:
        """True when the runs differ."""
        return len(set(self.values)) > 1

    @property
    def values(self) -> list[Value]:
        """Of the runs that have one, if any have."""
        name = self.knob.name
        known = [item for item in self.items if name != "target" or not item.target_open]
        return [item.values[name] for item in known or self.items]

    @property
    def defaults(self) -> dict[RunItem, Value]:
        """What each run began with: its experiment's value, or its learner's own default."""
        name = self.knob.name
        return {i: i.specification.knobs.get(name, i.knobs[name].default) for i in self.items}

    @property
    def changed(self) -> bool:
        """True when a run is no longer as it began."""
        return any(item.values[self.knob.name] != value for item, value in self.defaults.items())

    def accepted(self, value: object) -> dict[RunItem, Value]:
        """The validated value for each run; a run it does not fit is left out.

        Raises:
            UserError: where no run allows it.
        """
        fitting: dict[RunItem, Value] = {}
        refusal: UserError | None = None
        for item in self.items:
            try:
                fitting[item] = item.knobs[self.knob.name].validated(value)
            except UserError as error:
                refusal = error
        if not fitting and refusal is not None:
            raise refusal
        return fitting

    @property
    def waits(self) -> str:
        """When a turn of it will be seen, where that is not at once: it changes how runs learn, and none of
        them learns now. Of recordings, what follows a turn and what does not."""
        recorded = self.items and all(item.recording is not None and not item.live for item in self.items)
        if self.knob.name == "target" and recorded and self.changed:
            return "policy and fan follow, the rest is as recorded"
        learning = [item for item in self.items if item.live and not item.knobs[self.knob.name].acts]
        states = {item.state for item in learning if not item.oracle}
        if not self.knob.steerable or not states or not states <= {"paused", "holding"}:
            return ""
        return "acts after Go on: the budget is spent" if states == {"holding"} else "acts after Resume"

    @property
    def enabled(self) -> bool:
        """A knob that is fixed at the start can be turned only before it."""
        return self.knob.steerable or all(item.state == "ready" for item in self.items)


class KnobBoard(QObject):
    """The settings in the order they are shown: the target, what else changes behaviour at once, then as the
    runs declare them. Of a knob that has no effect on a run's task there is none."""

    rebuilt = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.settings: dict[str, Setting] = {}

    def rebuild(self, items: Iterable[RunItem], selected: RunItem | None, scope: Scope) -> None:
        """Merge the knobs of the runs (or of the selected one). Each keeps its place, whichever runs live."""
        items = list(items)
        places = _places(items)
        if scope == "selected" and selected is not None:
            items = [selected]
        merged: dict[str, Setting] = {}
        for item in items:
            if item.state in ("failed", "finished"):
                continue
            for name, knob in item.knobs.items():
                if not knob.matters(tabular=item.tabular):
                    continue
                if name in merged:
                    merged[name].knob = _widened(merged[name].knob, knob)
                    merged[name].items.append(item)
                else:
                    merged[name] = Setting(knob, [item])
        if "target" in merged:
            merged["target"].knob = _reaching(merged["target"])
        self.settings = {name: merged[name] for name in places if name in merged}
        self.rebuilt.emit()


def _places(items: list[RunItem]) -> list[str]:
    """The names of all knobs of these runs, in the order in which they are shown: what is asked for first."""
    knobs: dict[str, Knob] = {}
    for item in items:
        for name, knob in item.knobs.items():
            knobs[name] = _widened(knobs[name], knob) if name in knobs else knob
    return sorted(knobs, key=lambda name: (name != "target", not knobs[name].steerable, not knobs[name].acts))


def _reaching(setting: Setting) -> Knob:
    """The target's knob with the range of the recorded targets and of what the runs were first asked for,
    which may lie beyond; before there are any, a guess. A single return gets room on both sides."""
    runs = [item.specification.knobs for item in setting.items]
    asked = [float(knobs["target"]) for knobs in runs if "target" in knobs]
    known = [target for item in setting.items for target in item.targets] or [0.0, 1.0]
    low, high = min(*known, *asked), max(*known, *asked)
    if low == high:
        low, high = low - 1, high + 1
    return replace(setting.knob, low=low, high=high)


def _widened(one: Knob, other: Knob) -> Knob:
    """The range of both; choices of both."""
    return replace(
        one,
        low=min(one.low, other.low),
        high=max(one.high, other.high),
        choices=tuple(dict.fromkeys((*one.choices, *other.choices))),
        acts=one.acts or other.acts,
        steerable=one.steerable or other.steerable,
    )
