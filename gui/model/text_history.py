"""What a text said before it was changed, and what it said before it was changed back."""

from engine.toml_text import Place


class TextHistory:
    """Changes in a row at one place are one.

    Attributes:
        now: what the text says.
    """

    def __init__(self, text: str) -> None:
        self.now = text
        self._before: list[str] = []
        self._after: list[str] = []
        self._changed_at: Place | None = None

    def note(self, text: str, place: Place | None) -> None:
        """The text says this now, after a change at a place; None stands for several."""
        if text == self.now:
            return
        if place is None or place != self._changed_at:
            self._before.append(self.now)
        self._after.clear()
        self.now, self._changed_at = text, place

    def undo(self) -> bool:
        """Go back by a change. Returns whether there was one."""
        return self._go(self._before, self._after)

    def redo(self) -> bool:
        """Make the change again that was taken back last. Returns whether there was one."""
        return self._go(self._after, self._before)

    def _go(self, source: list[str], other: list[str]) -> bool:
        if not source:
            return False
        other.append(self.now)
        self.now, self._changed_at = source.pop(), None
        return True
