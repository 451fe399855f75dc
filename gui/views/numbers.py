"""Every metric of every shown run as numbers at the cursor: exact, estimated or not estimable, each said."""

from collections.abc import Hashable
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QFont, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView

from engine import numbers
from engine.metrics.definitions import COLUMNS, HISTORY
from engine.recording.schema import MetricColumn
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.text_size import scaled
from gui.theme import Look
from gui.views.view import READABLE, View
from gui.widgets.metric_menu import TRAINING

Index = QModelIndex | QPersistentModelIndex
NOT_ESTIMABLE = "not estimable"
ABSENT = "\N{EN DASH}"  # not a metric of this task, or of this learner
SIGNS = {"exact": "=", "estimated": "≈", NOT_ESTIMABLE: "", "reported": ""}
SHARE = 0.42  # of the width: the metrics' names at the most
ROW, NAMES, COLUMN = 20, 150, 150  # pixels: of a row, of the metrics' names at the most, of a run's numbers


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
        self._found: list[dict[str, numbers.Number]] = []

    def show(self, items: list[RunItem], step: int) -> None:
        """These runs at this update."""
        recorded = (c for item in items for c in item.recording.layout.columns if c.kind != "error")
        columns = {c.name: c for c in (*COLUMNS, *HISTORY, *recorded)} if items else {}
        whole = {column.group for column in HISTORY}
        groups: dict[str, list[MetricColumn]] = {}
        for column in columns.values():
            groups.setdefault(column.group or TRAINING, []).append(column)
        rows = []
        for group, members in groups.items():
            rows.append(Row(f"{group}, of the whole run" if group in whole else group))
            rows += (Row(f"{c.label}, {c.unit}" if c.unit else c.label, c) for c in members)
        self._found = [_found(item, step) for item in items]
        if rows != self.rows or items != self.items:
            self.beginResetModel()
            self.rows, self.items = rows, items
            self.endResetModel()
        elif rows and items:
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
            return f"{row.words}\n{row.column.help}"
        if role == Qt.ItemDataRole.FontRole and row is not None and row.column is None:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The number as text; in words, with every seed's, as tool tip and to be spoken."""
        column, place = self.rows[index.row()].column, index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return "" if column is None else self.text(place, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        spoken = role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
        return self.story(place, column) if spoken and column is not None else None

    def text(self, place: int, column: MetricColumn) -> str:
        """Its sign, the interquartile mean over seeds, ± a standard error where estimated, its interval."""
        number = self._found[place].get(column.name)
        if number is None:
            return f"{ABSENT} {NOT_ESTIMABLE}"
        return f"{SIGNS[number.kind]} {number.words} {number.when}".strip()

    def story(self, place: int, column: MetricColumn) -> str:
        """In full: the kind, the interval, and every seed."""
        item, number = self.items[place], self._found[place].get(column.name)
        if number is None:
            return f"{column.label}, {item.name}: not estimable, for it is not of this task or learner"
        words = f"{column.label}, {item.name}: {number.kind}, {number.measured}"
        words = f"{words} {number.when}".strip()
        seeds = zip(item.recording.layout.seeds, number.values.tolist(), strict=True)
        each = ", ".join(f"seed {seed} {value:.4g}" for seed, value in seeds)
        return f"{words}\n{each}"

    def as_text(self) -> str:
        """Tab-separated, for a spreadsheet."""
        lines = ["\t".join(["", *(name for item in self.items for name in (item.name, "kind"))])]
        for row in self.rows:
            if row.column is None:
                lines.append(row.words)
                continue
            found = [known.get(row.column.name) for known in self._found]
            pairs = [
                (ABSENT, NOT_ESTIMABLE) if one is None else (f"{one.words} {one.when}".strip(), one.kind)
                for one in found
            ]
            lines.append("\t".join([row.words, *(cell for pair in pairs for cell in pair)]))
        return "\n".join(lines) + "\n"


def _found(item: RunItem, step: int) -> dict[str, numbers.Number]:
    """Every number of a run at an update, and of the run as a whole where all of it was read."""
    found = list(numbers.at_row(item.recording, item.row_at(step)))
    if item.judged is not None and item.caught_up:
        found += numbers.of_history(item.recording, item.judged)
    return {number.column.name: number for number in found}


class NumbersView(View):
    """The table; Ctrl+C copies all of it."""

    help = "every metric. = is exact, ≈ is estimated from episodes and has an error."

    every = READABLE

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Numbers", session, look)
        self.model = Numbers()
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Every metric of every shown run")
        self.table.setShowGrid(False)
        self.table.setHorizontalScrollMode(
            QTableView.ScrollMode.ScrollPerPixel
        )  # a wide column is seen whole
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self.table.verticalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        QShortcut(
            QKeySequence.StandardKey.Copy, self.table, context=Qt.ShortcutContext.WidgetShortcut
        ).activated.connect(lambda: QApplication.clipboard().setText(self.model.as_text()))
        self.table.setToolTip("Interquartile means over seeds ± standard error [95 % interval]")
        self.body.addWidget(self.table, 1)
        self._looked_at: RunItem | None = None  # the run whose column was brought into sight
        self.restyle()

    def restyle(self) -> None:
        """Room for the letters."""
        names, runs = self.table.verticalHeader(), self.table.horizontalHeader()
        names.setDefaultSectionSize(scaled(ROW, self.font()))
        # However narrow the view is, one run is seen: the names leave it more than half.
        names.setMaximumWidth(min(scaled(NAMES, self.font()), int(SHARE * self.table.width())))
        bar = self.table.verticalScrollBar().sizeHint().width()
        room = self.table.width() - names.maximumWidth() - bar - 2 * self.table.frameWidth()
        runs.setDefaultSectionSize(min(scaled(COLUMN, self.font()), max(room, ROW)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the new width."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self.restyle)  # the table has its new width then

    def depends(self) -> tuple[Hashable, ...]:
        """Every row, and the cursor."""
        return self.session.revision, self.session.cursor.step

    def redraw(self) -> None:
        """The runs that are shown and have begun."""
        items = [item for item in self.session.shown if item.recording is not None and item.recording.rows]
        self.model.show(items, self.session.cursor.step)
        if self.session.selected is not self._looked_at and self.session.selected in items:
            self._looked_at = self.session.selected
            self.table.scrollTo(self.model.index(0, items.index(self._looked_at)))
        step = self.session.cursor.step
        self.note.setText(f"= exact, ≈ estimated · update {step}" if items else "")
