"""The recordings that match, as a list for Qt. Only what is scrolled to is ever turned into text."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QStringListModel, Qt, QUrl, Signal

from gui.model.library.query import Query, Row, arranged

Index = QModelIndex | QPersistentModelIndex


class RecordingsModel(QStringListModel):
    """Rows in the order and as far as they are asked for. An edit is the tags or the name of one row, as
    text.

    Of Qt's own kind, which counts its rows itself: a list asks for their number twice for every row, and an
    answer from Python costs a microsecond.
    """

    tags_typed = Signal(int, str)  # row, text
    name_typed = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[Row] = ()
        self.found: list[Row] = []
        self.query = Query()
        self.order = "newest"
        self.edits: Literal["tags", "name"] = "tags"
        self.done: frozenset[Path] = frozenset()  # of live ones, those whose runs have spent their budget

    def moment(self, row: Row) -> str:
        """When it was written last: `live` while its run goes on, `finished` while that only could,
        `unfinished` where it is gone."""
        if row.entry.left:
            return "unfinished"
        if row.entry.live:
            return "finished" if row.entry.path in self.done else "live"
        return when(row.entry.changed)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these, as far as they match. The same recordings in the same order stay where they are."""
        self.rows = rows
        found = arranged(self.query.matching(rows), self.order)
        if len(found) == len(self.found) and all(map(_same, found, self.found)):
            self.found = found
            if found:
                self.dataChanged.emit(self.index(0), self.index(len(found) - 1))
            return
        self.found = found
        self.setStringList([row.name for row in found])

    def search(self, text: str) -> None:
        """Show only what is looked for: see `query.HELP`."""
        self.query = Query.of(text)
        self.show_rows(self.rows)

    def sort_by(self, order: str) -> None:
        """One of `query.ORDERS`."""
        self.order = order
        self.show_rows(self.rows)

    def places(self, wanted: Iterable[Row]) -> list[int]:
        """Where these recordings stand now, as far as they do."""
        where = {row.place: number for number, row in enumerate(self.found)}
        return [where[row.place] for row in wanted if row.place in where]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name; everything in full as a tool tip, and spoken; what is edited as text."""
        if not index.isValid() or index.row() >= len(self.found):
            return None
        row = self.found[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.EditRole:
            return row.name if self.edits == "name" else " ".join(row.label.tags)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join((*self._described(row), str(row.entry.path)))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(self._described(row))
        return None

    def _described(self, row: Row) -> list[str]:
        return described(row, done=row.entry.path in self.done)

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tags or a name were typed."""
        if role != Qt.ItemDataRole.EditRole:
            return False
        (self.name_typed if self.edits == "name" else self.tags_typed).emit(index.row(), str(value))
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be tagged and named in place, and dragged out."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The files."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self.found[index.row()].entry.path)) for index in indexes])
        return data

    def supportedDragActions(self) -> Qt.DropAction:
        """A file that is dragged out stays here."""
        return Qt.DropAction.CopyAction


def _same(one: Row, other: Row) -> bool:
    return one.entry is other.entry or one.place == other.place


def described(row: Row, *, done: bool = False) -> list[str]:
    """A recording in words, a line each; `done` where its run has spent its budget, and could go on."""
    entry, label, _ = row
    called = [label.name, f"file {entry.name}.h5"] if label.name else [entry.name]
    lines = [*called, entry.place]
    then = time.strftime("%d %B %Y %H:%M", time.localtime(entry.changed)).lstrip("0")
    writing = "finished: its budget is spent, it could go on" if done else "live: its run is still writing"
    lines.append(writing if entry.live else f"{then}, {size(entry.size)}")
    if entry.left:
        lines.append("unfinished: its run is gone; Finish, in its menu, makes it whole")
    if label.star:
        lines.append("starred")
    if label.tags:
        lines.append(f"tags: {', '.join(label.tags)}")
    return lines


def size(count: int) -> str:
    """Bytes, as a person would say them."""
    value, units = float(count), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} {units[0]}" if value >= 10 or units[0] == "bytes" else f"{value:.1f} {units[0]}"


def when(seconds: float, now: float | None = None) -> str:
    """A moment as a person would say it."""
    then, today = time.localtime(seconds), time.localtime(now)
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    if then.tm_year == today.tm_year:
        return time.strftime("%d %b", then).lstrip("0")
    return time.strftime("%b %Y", then)
