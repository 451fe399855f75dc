"""How a run's row is drawn, and the headings above the rows."""

import re

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.model.alarms import Alarm
from gui.model.run_item import RunItem
from gui.text_size import scaled, small
from gui.theme import Look
from gui.views.runs_model import COLUMNS, Index, RunsModel, number, state_words
from gui.widgets.marks import draw_swatch
from gui.widgets.painting import painting

ROW = 42  # pixels of a row at ordinary text size, and where its second line begins
SECOND = 21
THIRD = 16  # pixels more where it has words of its own below its figures
STEP_IN = 12  # pixels that a fork stands to the right of the run it began from
DEEPEST = 4  # steps to the right that are drawn
SIGN = 12  # pixels that a warning needs at the least
SWATCH = 30  # pixels at the left, which show and hide
WHOSE = re.compile(r"^(?:(?:run|task) .*?: )+")  # before a cause; is left out where not all of it fits


class RunDelegate(QStyledItemDelegate):
    """Two lines a run: swatch, name and state; the figures under their headings. What is wrong with it, or
    how it gets on before its first row, stands below, as much of it as fits: the whole is in its tool tip.
    """

    def __init__(self, model: RunsModel, look: Look) -> None:
        super().__init__()
        self.model, self.look = model, look
        self.badges: dict[RunItem, QRectF] = {}  # where each run's alarm was painted last

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Every row is the same height but for those with something to say."""
        return QSize(150, scaled(ROW + THIRD * has_words(self.model.item(index)), option.font))

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
        words = QRectF(upper.left(), box.top() + 2 * second - 2, upper.width(), scaled(THIRD, option.font))
        self._words(painter, option.font, item, words.adjusted(8, 0, -8, 0))
        painter.restore()

    def _branch(self, painter: QPainter, line: QRectF) -> None:
        """An elbow from the run above, that this one began from."""
        painter.setPen(QPen(QColor(self.look.theme.muted), 1))
        x, y = line.left() - 1, line.center().y()
        painter.drawPolyline([QPointF(x, line.top() - 3), QPointF(x, y), QPointF(x + 6, y)])

    def _upper(self, painter: QPainter, font: QFont, item: RunItem, line: QRectF) -> None:
        """Name and state. Where they do not both fit the name, which tells the runs apart, goes first; but
        what is wrong is said in words as long as the name keeps half of the line."""
        theme = self.look.theme
        room = line.adjusted(SWATCH + 6, 0, -8, 0)
        told = item.visible and not item.trouble and not (item.live and item.stopping)
        alarm = self.model.session.alarms.of(item) if told else None
        troubled = bool(item.trouble) or alarm is not None
        texts = _states(item, alarm, late=self.model.late(item))
        wide = QFontMetricsF(small(font)).horizontalAdvance
        name = QFont(font)
        name.setWeight(QFont.Weight.DemiBold if item is self.model.session.selected else QFont.Weight.Normal)
        painter.setFont(name)
        painter.setPen(QColor(theme.text if item.visible else theme.muted))
        keeps = min(painter.fontMetrics().horizontalAdvance(item.name), room.width() / 2)
        sign = next((wide(text) for text in texts if keeps + 6 + wide(text) <= room.width()), SIGN)
        fitting = painter.fontMetrics().elidedText(
            item.name, Qt.TextElideMode.ElideRight, int(room.width() - (sign + 6) * troubled)
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, fitting)
        left = room.width() - painter.fontMetrics().horizontalAdvance(fitting) - 6

        painter.setFont(small(font))
        painter.setPen(QColor(theme.alarm if troubled else theme.muted))
        text = next((text for text in texts if wide(text) <= left), texts[-1])
        self.badges.pop(item, None)
        if alarm is not None:
            width = wide(text) + 12.0
            self.badges[item] = QRectF(line.right() - 8 - width, line.top() - 3, width + 8, line.height() + 6)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _figures(self, painter: QPainter, font: QFont, item: RunItem, line: QRectF) -> None:
        painter.setFont(font)
        late = self.model.late(item)
        for place, (metric, _) in zip(columns(line), COLUMNS, strict=True):
            value = self.model.value(item, metric)
            known = np.isfinite(value) and not late
            painter.setPen(QColor(self.look.theme.text if known else self.look.theme.muted))
            painter.drawText(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number(value)
            )

    def _words(self, painter: QPainter, font: QFont, item: RunItem, line: QRectF) -> None:
        painter.setFont(small(font))
        painter.setPen(QColor(self.look.theme.alarm if item.trouble else self.look.theme.muted))
        words = (item.trouble or item.progress).partition("\n")[0] if has_words(item) else ""
        if painter.fontMetrics().horizontalAdvance(words) > line.width():
            words = WHOSE.sub("", words)
        mode = Qt.TextElideMode.ElideRight
        fitting = painter.fontMetrics().elidedText(words, mode, int(line.width()))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, fitting)


def _states(item: RunItem, alarm: Alarm | None, *, late: bool) -> list[str]:
    """What may be written beside its name, the longest first."""
    if alarm is not None:
        return [f"⚠ collapse at {alarm.step}", f"⚠ at {alarm.step}", "⚠"]
    words = "hidden" if not item.visible else "measuring" if late else state_words(item)
    if item.live and item.silence.since:
        words = "no answer"
    elif item.slow and item.state != "starting" and item.busy is not None and not item.stopping:
        words = f"busy {item.busy.seconds:.0f} s"
    return [f"⚠ {words}", "⚠"] if item.trouble else [words, ""]


def has_words(item: RunItem) -> bool:
    """Whether it has a third line: what takes long once it runs stands beside its name, so that rows keep
    their height from update to update."""
    return bool(item.trouble or (item.state == "starting" and item.progress))


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
