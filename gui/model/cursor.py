"""The one cursor of every view: which step is being looked at."""

from PySide6.QtCore import QObject, Signal


class Cursor(QObject):
    """A step that either follows the newest data or stays where it was put, whatever arrives.

    Attributes:
        step: the step looked at, in updates.
        end: the newest step of all.
        following: True while the cursor is at the live end and moves with it.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.step = 0
        self.end = 0
        self.following = True

    def arrived(self, end: int) -> None:
        """The newest step is now `end`. Only a following cursor moves."""
        if end == self.end:
            return
        self.end = end
        if self.following:
            self.step = end
        self.step = min(self.step, end)
        self.changed.emit()

    def put(self, step: float) -> None:
        """Look at `step` and stay there; putting it at the end follows again."""
        self._set(round(min(max(step, 0), self.end)))

    def nudge(self, steps: int) -> None:
        """Move by some steps."""
        self.put(self.step + steps)

    def follow(self) -> None:
        """Go to the end and move with it."""
        self._set(self.end)

    def start(self) -> None:
        """Go to the first step."""
        self._set(0, following=self.end == 0)

    def reset(self) -> None:
        """Forget the old data: nothing has arrived yet."""
        self.end = 0
        self._set(0)

    def _set(self, step: int, following: bool | None = None) -> None:
        state = (step, step == self.end if following is None else following)
        if state != (self.step, self.following):
            self.step, self.following = state
            self.changed.emit()
