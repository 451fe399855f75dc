"""Every metric of every shown run as numbers at the cursor, with what kind of number each is."""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView

from engine.recording.schema import MetricColumn
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import View
from gui.widgets.metric_menu import TRAINING

Index = QModelIndex | QPersistentModelIndex
NOT_ESTIMABLE = "not estimable"


@dataclass(frozen=True)
class Row:
    """A metric, or the heading of a group (`column` is None then)."""

    words: str
    column: MetricColumn | None = None


class Numbers(QAbstractTableModel):
    """Metrics down, runs across. Only the cells that are looked at are formatted."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self.items: list[RunItem] = []
        self.step = 0

    def show(self, items: list[RunItem], step: int) -> None:
        """These runs at this update."""
        columns = {c.name: c for item in items for c in item.recording.layout.columns if c.kind != "error"}
        groups: dict[str, list[MetricColumn]] = {}
        for column in columns.values():
            groups.setdefault(column.group or TRAINING, []).append(column)
        rows = []
        for group, members in groups.items():
            rows += [Row(group), *(Row(f"{c.label}, {c.unit}" if c.unit else c.label, c) for c in members)]
        if rows != self.rows or items != self.items:
            self.beginResetModel()
            self.rows, self.items, self.step = rows, items, step
            self.endResetModel()
        else:
            self.step = step
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(items) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Metrics and headings."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Runs."""
        return 0 if parent.isValid() else len(self.items)

    def headerData(
        self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Names; the definition as a tool tip."""
        across = way == Qt.Orientation.Horizontal
        if role == Qt.ItemDataRole.DisplayRole:
            return self.items[section].name if across else self.rows[section].words
        row = None if across else self.rows[section]
        if role == Qt.ItemDataRole.ToolTipRole and row is not None and row.column is not None:
            return row.column.help
        if role == Qt.ItemDataRole.FontRole and row is not None and row.column is None:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The number as text, aligned right."""
        if role == Qt.ItemDataRole.DisplayRole:
            column = self.rows[index.row()].column
            return "" if column is None else self.text(self.items[index.column()], column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def text(self, item: RunItem, column: MetricColumn) -> str:
        """Mean over seeds; ± the standard error where it is estimated; plain words where there is none."""
        own = next((c for c in item.recording.layout.columns if c.name == column.name), None)
        if own is None:
            return "\N{EN DASH}"
        value = item.series(column.name).at(self.step)[0]
        if np.isnan(value):
            return NOT_ESTIMABLE
        if own.kind != "estimated":
            return f"{value:.4g}"
        error = item.series(f"{column.name}.se").at(self.step)[0]
        seeds = len(item.recording.layout.seeds)
        return f"{value:.4g} ± {error / np.sqrt(seeds):.1g}"

    def as_text(self) -> str:
        """Tab-separated, for a spreadsheet."""
        lines = ["\t".join(["", "kind", *(item.name for item in self.items)])]
        for row in self.rows:
            if row.column is None:
                lines.append(row.words)
                continue
            cells = [self.text(item, row.column) for item in self.items]
            lines.append("\t".join([row.words, row.column.kind, *cells]))
        return "\n".join(lines) + "\n"


class NumbersView(View):
    """The table; Ctrl+C copies all of it."""

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Numbers", session, look)
        self.model = Numbers()
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Every metric of every shown run")
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().setDefaultSectionSize(20)
        self.table.verticalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.horizontalHeader().setDefaultSectionSize(104)
        QShortcut(
            QKeySequence.StandardKey.Copy, self.table, context=Qt.ShortcutContext.WidgetShortcut
        ).activated.connect(lambda: QApplication.clipboard().setText(self.model.as_text()))
        self.body.addWidget(self.table, 1)

    def depends(self) -> tuple[Hashable, ...]:
        """Every row, and the cursor."""
        return self.session.revision, self.session.cursor.step

    def redraw(self) -> None:
        """The runs that are shown and have begun."""
        items = [item for item in self.session.shown if item.recording is not None and item.recording.rows]
        self.model.show(items, self.session.cursor.step)
        step = self.session.cursor.step
        self.note.setText(f"means at update {step}" if items else "")
