"""The library: recordings in a folder, found by a word, opened by Enter."""

import time
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QListView

from gui.model.library import Entry, recordings
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import View

Index = QModelIndex | QPersistentModelIndex
LOOK_EVERY = 2.0  # seconds


class RecordingsModel(QAbstractListModel):
    """The entries that match the search. Only what is scrolled to is ever turned into text."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.found: list[Entry] = []
        self._words: list[str] = []

    def show_entries(self, entries: list[Entry]) -> None:
        """Show these, as far as they match. Where only their dates are others, rows stay where they are."""
        same = [entry.path for entry in entries] == [entry.path for entry in self.entries]
        if same and entries != self.entries:
            dates = dict(zip(self.entries, entries, strict=True))
            self.entries, self.found = entries, [dates[entry] for entry in self.found]
            self.dataChanged.emit(self.index(0), self.index(len(self.found) - 1))
        elif not same:
            self.entries = entries
            self._filter()

    def search(self, text: str) -> None:
        """Show only entries with all these words in their name or folder."""
        self._words = text.lower().split()
        self._filter()

    def _filter(self) -> None:
        self.beginResetModel()
        self.found = [
            e for e in self.entries if all(w in f"{e.folder}/{e.path.name}".lower() for w in self._words)
        ]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """One row a recording."""
        return 0 if parent.isValid() else len(self.found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """When, what, and the whole path as a tool tip."""
        if not index.isValid():
            return None
        entry = self.found[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{when(entry.changed)}   {entry.path.stem}{'  (live)' if entry.live else ''}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(entry.path)
        return None


def when(seconds: float, now: float | None = None) -> str:
    """A moment as a person would say it."""
    then, today = time.localtime(seconds), time.localtime(now)
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    if then.tm_year == today.tm_year:
        return time.strftime("%d %b", then)
    return time.strftime("%b %Y", then)


class RecordingsView(View):
    """A search field over a list."""

    chosen = Signal(Path)

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Recordings", session, look)
        self.model = RecordingsModel()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search recordings")
        self.search.textChanged.connect(self.model.search)
        self.list = QListView()
        self.list.setObjectName("plain")
        self.list.setModel(self.model)
        self.list.setUniformItemSizes(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Recordings")
        self.list.activated.connect(self._open)
        self.nothing = QLabel("Runs are kept here, each in a file.\nDrop a file on the window to open it.")
        self.nothing.setObjectName("muted")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self.search)
        self.body.addWidget(self.nothing, 1)
        self.body.addWidget(self.list, 1)
        self._looked = 0.0

    def depends(self) -> tuple[object, ...]:
        """The folder, looked at now and then."""
        now = time.monotonic()
        if now - self._looked > LOOK_EVERY:
            self._looked = now
        return (self._looked,)

    def redraw(self) -> None:
        """Look into the folder; not while a hand is over the list, under which no row may move."""
        if self.list.underMouse() and self.model.entries:
            return
        chosen = self.list.currentIndex()
        path = self.model.found[chosen.row()].path if chosen.isValid() else None
        self.model.show_entries(recordings(self.session.folder))
        paths = [entry.path for entry in self.model.found]
        if path in paths:
            self.list.setCurrentIndex(self.model.index(paths.index(path)))
        count = len(self.model.entries)
        self.note.setText(f"{count}" if count else "")
        self.nothing.setVisible(not count)
        self.list.setVisible(bool(count))
        self.search.setVisible(bool(count))

    def _open(self, index: QModelIndex) -> None:
        self.chosen.emit(self.model.found[index.row()].path)
