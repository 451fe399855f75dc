"""A table of words: what does not fit ends in an ellipsis, and a tool tip says all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView

from gui.text_size import scaled

Index = QModelIndex | QPersistentModelIndex
ROW = 20  # pixels at ordinary text size


@dataclass(frozen=True)
class Line:
    """A row: its cells, and all of it in words, when it is asked for."""

    cells: tuple[str, ...]
    tell: Callable[[], str]


class _Model(QAbstractTableModel):
    def __init__(self, headings: Sequence[str]) -> None:
        super().__init__()
        self.headings = list(headings)
        self.lines: list[Line] = []

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.headings)

    def headerData(
        self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        across = way == Qt.Orientation.Horizontal
        if across and role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.headings[section]
        if across and role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line.cells[index.column()]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return line.tell()
        return None


class TextTable(QTableView):
    """Rows of words; Ctrl+C copies all of them."""

    def __init__(self, name: str, headings: Sequence[str], shares: Sequence[int]) -> None:
        """`shares`: how the width is divided."""
        super().__init__()
        self.words = _Model(headings)
        self.shares = tuple(shares)
        self.setModel(self.words)
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.fit()
        copy = QShortcut(QKeySequence.StandardKey.Copy, self, context=Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(lambda: QApplication.clipboard().setText(self.as_text()))

    def show_lines(self, lines: list[Line], headings: Sequence[str]) -> None:
        """Show these; where there are as many as before the list stays where it was scrolled."""
        model = self.words
        same = len(lines) == len(model.lines)
        if not same:
            model.beginResetModel()
        model.lines, model.headings = lines, list(headings)
        if not same:
            model.endResetModel()
        elif lines:
            model.dataChanged.emit(model.index(0, 0), model.index(len(lines) - 1, len(headings) - 1))
        model.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(headings) - 1)

    def as_text(self) -> str:
        """Tab-separated, for a spreadsheet."""
        rows = [self.words.headings, *(line.cells for line in self.words.lines)]
        return "".join("\t".join(row) + "\n" for row in rows)

    def fit(self) -> None:
        """Room for the letters, and the width divided."""
        self.verticalHeader().setDefaultSectionSize(scaled(ROW, self.font()))
        width = self.viewport().width()
        for section, share in enumerate(self.shares):
            self.horizontalHeader().resizeSection(section, width * share // sum(self.shares))

    def resizeEvent(self, event: object) -> None:
        """Divide the new width."""
        super().resizeEvent(event)
        self.fit()
