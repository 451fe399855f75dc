"""The tour: five steps, each a few words beside the very control they speak of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from gui.widgets.callout import Callout

if TYPE_CHECKING:
    from gui.main_window import MainWindow


@dataclass(frozen=True, slots=True)
class Step:
    """What is said, and beside what. `find` is asked anew each time: sliders come and go."""

    title: str
    words: str
    find: Callable[[], QWidget]


def steps(window: "MainWindow") -> tuple[Step, ...]:
    """Run, time line, slider, drift, export."""
    deck, toolbar = window.deck, window.toolbar

    def slider() -> QWidget:
        return next(iter(deck.objective.sliders.values()), deck.objective)

    def drift() -> QWidget:
        return deck.drift if deck.drift.isVisible() else deck.stage

    return (
        Step("Run", "Space runs, pauses, and goes on. The . key makes one update.", lambda: toolbar.run),
        Step(
            "Time",
            "One cursor for every view. Left and Right move it, also while a run goes on; End follows the "
            "newest again. Marks are what was turned: F forks a run from there.",
            lambda: deck.timeline,
        ),
        Step(
            "Steer",
            "Drag, or type a number. A live run follows at once; of a recording you see what it would have "
            "done. Ctrl+Z takes it back.",
            slider,
        ),
        Step(
            "Drift",
            "How far behaviour has moved from where it began, in nats. Below: what the return asked for. "
            "Above: collateral, which nobody asked for.",
            drift,
        ),
        Step(
            "Export",
            "A picture, a film, the numbers, a report: of what you see now. The recording itself is on disk "
            "already. Ctrl+Shift+P finds everything else.",
            lambda: toolbar.export,
        ),
    )


class Tour:
    """At most one callout at a time, over the window's own widgets."""

    def __init__(self, window: "MainWindow") -> None:
        self.window = window
        self.callout: Callout | None = None

    def begin(self) -> None:
        """From the first step."""
        self.end()
        self.callout = Callout(self.window, steps(self.window))
        self.window.dressing.add(self.callout)
        self.callout.finished.connect(self.end)
        self.callout.show_step(0)

    def end(self) -> None:
        """Finished, or skipped."""
        if self.callout is not None:
            callout, self.callout = self.callout, None
            self.window.dressing.forget(callout)
            callout.dismiss()
