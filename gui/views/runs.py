"""The runs: how each looks, how it fares at the cursor, whether it is shown, and why it failed."""

from functools import partial

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import (
    QListView,
    QPlainTextEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.model.family import origin
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.model.summary import counted
from gui.text_size import scaled, small
from gui.theme import Look
from gui.views.view import READABLE, View
from gui.widgets.fork_menu import fork_menu
from gui.widgets.marks import draw_swatch
from gui.widgets.painting import painting

Index = QModelIndex | QPersistentModelIndex
COLUMNS = (("return", "return"), ("asked", "asked"), ("collateral", "collateral"))
ROW = 42  # pixels of a row at ordinary text size, and where its second line begins
SECOND = 21
STEP_IN = 12  # pixels that a fork stands to the right of the run it began from
DEEPEST = 4  # steps to the right that are drawn
SIGN = 18  # pixels that a warning needs at the least
SWATCH = 30  # pixels at the left, which show and hide

STATE_WORDS = {
    "ready": "", "recorded": "", "starting": "starting", "running": "running", "paused": "paused",
    "holding": "done", "finished": "ended", "failed": "failed",
}  # fmt: skip


class RunsModel(QAbstractListModel):
    """The session's runs as a list."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        session.items_changed.connect(self._reset)
        session.family_changed.connect(self._reset)

    def _reset(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """One row a run."""
        return 0 if parent.isValid() else len(self.session.items)

    def item(self, index: Index) -> RunItem:
        """The run of a row."""
        return self.session.items[index.row()]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, a spoken sentence, and a tool tip with everything in full."""
        if not index.isValid() or index.row() >= len(self.session.items):
            return None
        item = self.item(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return item.name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            values = ", ".join(
                f"{label} {number(self.value(item, name))}" for name, label in COLUMNS if item.has(name)
            )
            state = item.trouble or STATE_WORDS.get(item.state, item.state)
            hidden = "" if item.visible else "hidden"
            alarm = self.session.alarms.of(item)
            fallen = alarm.words if alarm is not None else ""
            parts = (item.name, origin(item), state, fallen, hidden, values, item.device, item.note)
            return "\n".join(part for part in parts if part)
        return None

    def value(self, item: RunItem, metric: str) -> float:
        """Mean over seeds at the cursor; infinite where one seed's value is."""
        step = self.session.cursor.step
        return np.inf if item.infinite(metric, step) else item.at(metric, step)[0]


def number(value: float) -> str:
    """Two decimals, an en dash for what was not measured; large returns without decimals."""
    if np.isposinf(value):
        return "∞"
    if not np.isfinite(value):
        return "–"
    return f"{round(value, 2) + 0.0:.2f}" if abs(value) < 100 else f"{value:.0f}"


class RunDelegate(QStyledItemDelegate):
    """Two lines a run: swatch, name and state; the figures under their headings."""

    def __init__(self, model: RunsModel, look: Look) -> None:
        super().__init__()
        self.model, self.look = model, look
        self.badges: dict[RunItem, QRectF] = {}  # where each run's alarm was painted last

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Every row is the same height."""
        return QSize(150, scaled(ROW, option.font))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the row."""
        item, theme = self.model.item(index), self.look.theme
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = item is self.model.session.selected
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.hover))
            painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 6, 6)
        if selected:
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRectF(box.left(), box.top() + 9, 3, box.height() - 18), 1.5, 1.5)
        style = theme.style(item.index, item.oracle)
        indent = STEP_IN * min(item.depth, DEEPEST)
        first, second = (scaled(pixels, option.font) for pixels in (SECOND - 4, SECOND))
        upper = QRectF(box.left() + indent, box.top() + 4, box.width() - indent, first)
        if item.depth:
            self._branch(painter, upper)
        swatch = QRectF(upper.left() + 8, upper.top(), SWATCH - 10, upper.height())
        draw_swatch(painter, swatch, style, faded=not item.visible)
        self._upper(painter, option.font, item, upper)
        below = QRectF(box.left(), box.top() + second, box.width(), first - 1)
        self._figures(painter, option.font, item, below)
        painter.restore()

    def _branch(self, painter: QPainter, line: QRectF) -> None:
        """An elbow from the run above, that this one began from."""
        painter.setPen(QPen(QColor(self.look.theme.muted), 1))
        x, y = line.left() - 1, line.center().y()
        painter.drawPolyline([QPointF(x, line.top() - 3), QPointF(x, y), QPointF(x + 6, y)])

    def _upper(self, painter: QPainter, font: QFont, item: RunItem, line: QRectF) -> None:
        """Name and state. Where they do not both fit the name, which tells the runs apart, goes first."""
        theme = self.look.theme
        room = line.adjusted(SWATCH + 6, 0, -8, 0)
        alarm = self.model.session.alarms.of(item) if item.visible and not item.trouble else None
        troubled = bool(item.trouble) or alarm is not None
        name = QFont(font)
        name.setWeight(QFont.Weight.DemiBold if item is self.model.session.selected else QFont.Weight.Normal)
        painter.setFont(name)
        painter.setPen(QColor(theme.text if item.visible else theme.muted))
        fitting = painter.fontMetrics().elidedText(
            item.name, Qt.TextElideMode.ElideRight, int(room.width() - SIGN * troubled)
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, fitting)
        left = room.width() - painter.fontMetrics().horizontalAdvance(fitting) - 6

        words = "hidden" if not item.visible else STATE_WORDS.get(item.state, item.state)
        if item.live and item.silence.since:
            words = "no answer"
        texts = [f"⚠ {words}", "⚠"] if troubled else [words, ""]
        if alarm is not None:
            texts = [f"⚠ collapse at {alarm.step}", f"⚠ at {alarm.step}", "⚠"]
        painter.setFont(small(font))
        painter.setPen(QColor(theme.alarm if troubled else theme.muted))
        wide = painter.fontMetrics().horizontalAdvance
        text = next((text for text in texts if wide(text) <= left), texts[-1])
        self.badges.pop(item, None)
        if alarm is not None:
            width = wide(text) + 12.0
            self.badges[item] = QRectF(line.right() - 8 - width, line.top() - 3, width + 8, line.height() + 6)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _figures(self, painter: QPainter, font: QFont, item: RunItem, line: QRectF) -> None:
        painter.setFont(font)
        for place, (metric, _) in zip(columns(line), COLUMNS, strict=True):
            value = self.model.value(item, metric)
            painter.setPen(QColor(self.look.theme.text if np.isfinite(value) else self.look.theme.muted))
            painter.drawText(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number(value)
            )


def columns(line: QRectF) -> list[QRectF]:
    """Where the figures stand: three columns, right-aligned."""
    right, result = line.left() + 8.0, []
    for share in (0.3, 0.3, 0.4):  # the last heading is the longest
        width = share * (line.width() - 16)
        result.append(QRectF(right, line.top(), width, line.height()))
        right += width
    return result


class Headings(QWidget):
    """The names of the columns, where the figures stand."""

    def __init__(self, look: Look, list_view: QListView) -> None:
        super().__init__()
        self.look, self.list_view = look, list_view

    def sizeHint(self) -> QSize:
        """One line of small text."""
        return QSize(150, scaled(16, self.font()))

    def minimumSizeHint(self) -> QSize:
        """No less."""
        return QSize(0, self.sizeHint().height())

    def paintEvent(self, _event: object) -> None:
        """Aligned with the list's rows."""
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        line = QRectF(1, 0, self.list_view.viewport().width(), self.height() - 1)
        with painting(self) as painter:
            painter.setPen(QColor(self.look.theme.muted))
            for place, (_, label) in zip(columns(line), COLUMNS, strict=True):
                metrics, mode = painter.fontMetrics(), Qt.TextElideMode.ElideRight
                painter.drawText(place, right, metrics.elidedText(label, mode, int(place.width()) - 4))


class RunsView(View):
    """The list, and below it the story of a failure. Its menu forks the run at the cursor."""

    help = (
        "each run with its mark, its line, its state, and its figures at the cursor. H hides the "
        "chosen one; ⚠ tells of a collapse."
    )

    fork_wanted = Signal(object, int, bool)
    note_wanted = Signal(object)
    compare_wanted = Signal(object, object)

    every = READABLE

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Runs", session, look)
        self.model = RunsModel(session)
        self.list = QListView()
        self.list.setModel(self.model)
        self.delegate = RunDelegate(self.model, look)
        self.list.setItemDelegate(self.delegate)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Runs")
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.viewport().installEventFilter(self)
        self.list.installEventFilter(self)
        self.list.selectionModel().currentChanged.connect(self._current)
        self.headings = Headings(look, self.list)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName("Why the run failed or raised an alarm")
        self.details.setMaximumHeight(130)
        self.details.hide()
        self.body.addWidget(self.headings)
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.details)
        session.items_changed.connect(self.details.hide)
        session.items_changed.connect(self.delegate.badges.clear)

    def depends(self) -> tuple[object, ...]:
        """Rows, cursor, and the selection."""
        return *super().depends(), id(self.session.selected), tuple(i.state for i in self.session.items)

    def redraw(self) -> None:
        """Paint the rows again."""
        items = self.session.items
        seeds = {len(item.specification.seeds) for item in items}
        units = "reward, nats, nats" if any(item.has("asked") for item in items) else ""
        self.note.setText(units or (counted(max(seeds), "seed") if seeds else ""))  # the toolbar counts seeds
        selected = self.session.selected
        if selected in items and self.list.currentIndex().row() != items.index(selected):
            self.list.setCurrentIndex(self.model.index(items.index(selected)))
        self.headings.setVisible(bool(items))
        self.list.viewport().update()
        self.headings.update()

    def describe(self) -> str:
        """Every run with its state and figures."""
        rows = map(self.model.index, range(self.model.rowCount()))
        told = (str(self.model.data(row, Qt.ItemDataRole.AccessibleTextRole)) for row in rows)
        return " ".join(f"{words.replace(chr(10), ', ')}." for words in told)

    def _current(self, index: QModelIndex) -> None:
        if index.isValid():
            self._choose(self.model.item(index))

    def _choose(self, item: RunItem) -> None:
        self.session.select(item)
        alarm = self.session.alarms.of(item)
        story = f"{item.trouble}\n\n{item.traceback}".strip()
        if not story and alarm is not None:
            story = alarm.story
        self.details.setVisible(bool(story))
        self.details.setPlainText(story)

    def _menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        if not index.isValid():
            return
        item = self.model.item(index)
        menu = fork_menu(self, [item], self.session.cursor.step, self.fork_wanted.emit)
        others = [other for other in self.model.session.items if other is not item]
        if others:
            compare = menu.addMenu("Compare with")
            for other in others:
                compare.addAction(other.name, partial(self.compare_wanted.emit, item, other))
        if item.live and item.silence.since:
            menu.addAction("End its worker", lambda: self.session.end_silent([item]))
        menu.addAction("Note …", lambda: self.note_wanted.emit(item))
        menu.addAction("Hide" if item.visible else "Show", lambda: self.toggle(item))
        menu.exec(self.list.viewport().mapToGlobal(place))

    def toggle(self, item: RunItem) -> None:
        """Show or hide a run everywhere."""
        self.session.show(item, not item.visible)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """A click on the swatch shows or hides; so does H. One on an alarm goes to where it began."""
        released = watched is self.list.viewport() and event.type() == QEvent.Type.MouseButtonRelease
        if released and event.button() == Qt.MouseButton.LeftButton:
            index = self.list.indexAt(event.position().toPoint())
            if index.isValid():
                item = self.model.item(index)
                alarm, badge = self.session.alarms.of(item), self.delegate.badges.get(item)
                if event.position().x() < SWATCH + STEP_IN * min(item.depth, DEEPEST):
                    self.toggle(item)
                else:
                    if alarm is not None and badge is not None and badge.contains(event.position()):
                        self.session.attend(alarm)
                    self._choose(item)
        if watched is self.list and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_H:
            index = self.list.currentIndex()
            if index.isValid():
                self.toggle(self.model.item(index))
                return True
        return super().eventFilter(watched, event)
