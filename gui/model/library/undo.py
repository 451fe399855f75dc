"""The way back for stars, tags and names: what each change made of which recordings."""

from collections.abc import Iterable

from gui.model.library.labels import Label
from gui.model.library.query import Row

Change = dict[tuple[str, str], tuple[Label, Label]]  # by folder and path below it: before, and after


class LabelUndo:
    """Changes that can be taken back and made again, as long as the recordings are there."""

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._undone: list[Change] = []

    def made(self, changes: Iterable[tuple[Row, Label]]) -> None:
        """Remember a change that is about to be made."""
        change = {row.place: (row.label, after) for row, after in changes if row.label != after}
        if change:
            self._done.append(change)
            self._undone.clear()

    def can(self, what: str) -> bool:
        """Whether there is anything to `undo` or to `redo`."""
        return bool(self._done if what == "undo" else self._undone)

    def undo(self, rows: Iterable[Row]) -> list[tuple[Row, Label]]:
        """The last change taken back, of the recordings among `rows`."""
        change = self._done.pop()
        self._undone.append(change)
        return [(row, change[row.place][0]) for row in rows if row.place in change]

    def redo(self, rows: Iterable[Row]) -> list[tuple[Row, Label]]:
        """The change that was taken back last, made again."""
        change = self._undone.pop()
        self._done.append(change)
        return [(row, change[row.place][1]) for row in rows if row.place in change]
