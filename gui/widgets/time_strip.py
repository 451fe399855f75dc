"""The strip of the timeline: a sparkline, the marks of what happened, and the cursor to drag."""

import math

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QToolTip, QWidget

from engine.exports.chart import nice_spacing
from gui.model.marks import Mark
from gui.model.session import Session
from gui.text_size import scaled
from gui.theme import Look
from gui.widgets.marks import draw_marker
from gui.widgets.painting import painting

SIDE = 12.0  # pixels left and right of the strip
NEAR = 6.0  # pixels within which a mark is meant


class TimeStrip(QWidget):
    """From the first step to the newest. Owns nothing but the hand that drags the cursor.

    `menu_wanted` carries the update under the hand, the runs of the mark there, and the place on screen.
    """

    menu_wanted = Signal(int, list, QPoint)

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__()
        self.session, self.look = session, look
        self.metric_name = "return"
        self.marks: list[Mark] = []
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Timeline")
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Flat and wide."""
        return QSize(600, scaled(62, self.font()))

    def minimumSizeHint(self) -> QSize:
        """Room for a line, marks and numbers."""
        return QSize(200, scaled(58, self.font()))

    def x(self, step: float) -> float:
        """Where a step is."""
        return SIDE + (self.width() - 2 * SIDE) * step / max(self.session.cursor.end, 1)

    def step(self, x: float) -> float:
        """Which step is there; beyond the right end it is the end."""
        return self.session.cursor.end * (x - SIDE) / max(self.width() - 2 * SIDE, 1)

    def mark_at(self, x: float) -> Mark | None:
        """The mark under the hand."""
        near = [mark for mark in self.marks if abs(self.x(mark.step) - x) <= NEAR]
        return min(near, key=lambda mark: abs(self.x(mark.step) - x)) if near else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the cursor; on a mark, exactly there; on an alarm, look at what it tells of."""
        if event.button() == Qt.MouseButton.LeftButton:
            mark = self.mark_at(event.position().x())
            if mark is not None and mark.alarm is not None:
                self.session.attend(mark.alarm)
                return
            self.session.cursor.put(mark.step if mark else self.step(event.position().x()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """A right click means the update under it, on a mark the moment before it; a key, the cursor."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            mark = self.mark_at(event.pos().x())
            step = mark.step - 1 if mark else min(self.step(event.pos().x()), self.session.cursor.end)
            self.menu_wanted.emit(max(int(step), 0), mark.runs if mark else [], event.globalPos())
        else:
            place = QPoint(int(self.x(self.session.cursor.step)), self.height() // 2)
            self.menu_wanted.emit(self.session.cursor.step, [], self.mapToGlobal(place))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the cursor."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.session.cursor.put(self.step(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step, with Shift ten times as far; Home and End go to the ends."""
        cursor = self.session.cursor
        far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        moves = {Qt.Key.Key_Left: -far, Qt.Key.Key_Right: far}
        if event.key() in moves:
            cursor.nudge(moves[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Home:
            cursor.start()
        elif event.key() == Qt.Key.Key_End:
            cursor.follow()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Hovering a mark says what changed."""
        if isinstance(event, QHelpEvent):
            mark = self.mark_at(event.pos().x())
            words = f"update {mark.step}: {mark.words}\n{', '.join(mark.runs)}" if mark else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Sparkline, axis, marks, cursor."""
        with painting(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        theme, cursor = self.look.theme, self.session.cursor
        if cursor.end == 0:
            painter.setPen(QColor(theme.muted))
            words = "One cursor for every view. It follows the newest update, or stays where you put it."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            return
        line = painter.fontMetrics().height()
        chart = QRectF(SIDE, 6, self.width() - 2 * SIDE, self.height() - line - 12)
        self._axis(painter, chart, line)
        self._spark(painter, chart)
        self._lane(painter, chart)
        self._cursor(painter, chart)

    def _axis(self, painter: QPainter, chart: QRectF, line: int) -> None:
        theme, end = self.look.theme, self.session.cursor.end
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(
            QPointF(chart.left(), chart.bottom() + 2.5), QPointF(chart.right(), chart.bottom() + 2.5)
        )
        spacing = max(nice_spacing(end, max(2, int(chart.width() / 110))), 1.0)
        painter.setPen(QColor(theme.muted))
        for k in range(math.floor(end / spacing + 1e-9) + 1):
            x = self.x(k * spacing)
            text = f"{k * spacing:,.0f}".replace(",", "\u2009")
            painter.drawLine(QPointF(x, chart.bottom() + 2.5), QPointF(x, chart.bottom() + 5.5))
            place = QRectF(x - 60, chart.bottom() + 5, 120, line)
            if x < SIDE + 4:
                place.moveLeft(x - 3)
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft, text)
            elif x > chart.right() - 20:
                place.moveRight(x + 3)
                painter.drawText(place, Qt.AlignmentFlag.AlignRight, text)
            else:
                painter.drawText(place, Qt.AlignmentFlag.AlignHCenter, text)

    def _spark(self, painter: QPainter, chart: QRectF) -> None:
        shown = [item for item in self.session.shown if not item.oracle and item.has(self.metric_name)]
        found = [(item, item.series(self.metric_name)) for item in shown]
        found = [(item, series) for item, series in found if series.rows]
        if not found:
            return
        low = min(float(series.least) for _, series in found)
        high = max(float(series.most) for _, series in found)
        span = max(high - low, 1e-9)
        for item, series in found:
            points = series.points(0, self.session.cursor.end, max(int(chart.width()), 2))
            style = self.look.theme.style(item.index, False)
            colour = QColor(style.colour)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QPen(colour, 1))
            x = chart.left() + chart.width() * points.x / self.session.cursor.end
            y = chart.bottom() - 1 - (chart.height() - 2) * (points.line - low) / span
            painter.drawPolyline(arrayToQPolygonF(x, np.asarray(y)))
            if len(x):
                draw_marker(painter, style.marker, float(x[-1]), float(y[-1]), 5.0, colour)

    def _lane(self, painter: QPainter, chart: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        theme = self.look.theme
        for mark in self.marks:
            x = self.x(mark.step)
            colour = QColor(theme.alarm if mark.kind in ("alarm", "failed") else theme.accent)
            faint = QColor(colour)
            faint.setAlpha(110)
            painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, chart.top() + 6), QPointF(x, chart.bottom() + 2))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            top = chart.top() - 3
            if mark.kind in ("alarm", "failed"):
                shape = [QPointF(x, top), QPointF(x + 5, top + 8), QPointF(x - 5, top + 8)]
            else:
                shape = [
                    QPointF(x, top),
                    QPointF(x + 4, top + 4),
                    QPointF(x, top + 8),
                    QPointF(x - 4, top + 4),
                ]
            painter.drawPolygon(QPolygonF(shape))

    def _cursor(self, painter: QPainter, chart: QRectF) -> None:
        theme, cursor = self.look.theme, self.session.cursor
        x = round(self.x(cursor.step)) + 0.5
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(QColor(theme.text), 1.5))
        painter.drawLine(QPointF(x, 2), QPointF(x, chart.bottom() + 3))
        painter.setBrush(QColor(theme.accent if cursor.following else theme.card))
        painter.drawEllipse(QPointF(x, chart.bottom() + 2.5), 4.5, 4.5)
