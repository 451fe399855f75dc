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
    """One slider: a knob as it is declared, widened over the runs that it steers."""

    knob: Knob
    items: list[RunItem] = field(default_factory=list)

    @property
    def value(self) -> Value:
        """The first run's value."""
        return self.items[0].values[self.knob.name]

    @property
    def mixed(self) -> bool:
        """True when the runs differ."""
        return len({item.values[self.knob.name] for item in self.items}) > 1

    @property
    def default(self) -> Value:
        """What the first run began with: its experiment's value, or the learner's own default."""
        first = self.items[0]
        return first.specification.knobs.get(self.knob.name, first.knobs[self.knob.name].default)

    @property
    def enabled(self) -> bool:
        """A knob that is fixed at the start can be turned only before it."""
        return self.knob.steerable or all(item.state == "ready" for item in self.items)


class KnobBoard(QObject):
    """The settings in the order they are shown: what changes behaviour at once first."""

    rebuilt = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.settings: dict[str, Setting] = {}

    def rebuild(self, items: Iterable[RunItem], selected: RunItem | None, scope: Scope) -> None:
        """Merge the knobs of the runs (or of the selected one)."""
        if scope == "selected" and selected is not None:
            items = (selected,)
        merged: dict[str, Setting] = {}
        for item in items:
            if item.state in ("failed", "finished"):
                continue
            for name, knob in item.knobs.items():
                if name in merged:
                    merged[name].knob = _widened(merged[name].knob, knob)
                    merged[name].items.append(item)
                else:
                    merged[name] = Setting(knob, [item])
        ordered = sorted(
            merged.values(), key=lambda s: (not s.knob.steerable, not s.knob.acts, -len(s.items))
        )
        self.settings = {setting.knob.name: setting for setting in ordered}
        self.rebuilt.emit()

    def turned(self, name: str, value: object) -> dict[RunItem, Value]:
        """The validated value for each run that this setting steers; a run it does not fit is left out.

        Raises:
            UserError: where no run allows it.
        """
        setting = self.settings[name]
        accepted: dict[RunItem, Value] = {}
        refusal: UserError | None = None
        for item in setting.items:
            try:
                accepted[item] = item.knobs[name].validated(value)
            except UserError as error:
                refusal = error
        if not accepted and refusal is not None:
            raise refusal
        return accepted


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
