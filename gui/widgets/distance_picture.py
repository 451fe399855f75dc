"""How far apart two policies are, place by place: on the task's grid, or a row a place. Darker is further (in
the dark theme: brighter), and where there is room the number stands in it."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from gui.text_size import small
from gui.theme import Look
from gui.widgets.painting import painting
from gui.widgets.policy_picture import Grid, colour_table, draw_cells, placed

TITLE = "difference: total variation, 0 to 1"


class DistancePicture(QWidget):
    """Paints distances [P]; a tool tip says in words what is under the mouse."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.values: NDArray[np.float64] | None = None
        self.probes: tuple[str, ...] = ()
        self.grid: Grid | None = None
        self.missing = ""
        self.tell: Callable[[int], str] = lambda probe: self.probes[probe]
        self.setMinimumSize(60, 80)
        self.setAccessibleName(TITLE)

    def sizeHint(self) -> QSize:
        """Room for a grid."""
        return QSize(180, 220)

    def show_values(
        self,
        values: NDArray[np.float64] | None,
        probes: tuple[str, ...] = (),
        grid: Grid | None = None,
        missing: str = "",
    ) -> None:
        """Show these distances [P] at these places, or why there are none. `grid` counts the same places."""
        self.values, self.probes, self.grid, self.missing = values, probes, grid, missing
        self.setAccessibleDescription(missing if values is None else self._spoken(values))
        self.update()

    def _spoken(self, values: NDArray[np.float64]) -> str:
        if not np.isfinite(values).any():
            return "not known anywhere"
        most = int(np.nanargmax(values))
        return f"mean {np.nanmean(values):.2f}, largest {values[most]:.2f} at {self.probes[most]}"

    def probe_at(self, place: QPointF) -> int | None:
        """The place that is drawn there."""
        if self.values is None:
            return None
        area = self._area()
        if self.grid is not None:
            left, top, size = placed(area, self.grid)
            column, row = math.floor((place.x() - left) / size), math.floor((place.y() - top) / size)
            inside = 0 <= column < self.grid.width and 0 <= row < self.grid.height
            return self.grid.probe_of.get(row * self.grid.width + column) if inside else None
        row = math.floor((place.y() - area.top()) / area.height() * len(self.values))
        return row if 0 <= row < len(self.values) else None

    def event(self, event: QEvent) -> bool:
        """Hovering a place says what both do there."""
        if isinstance(event, QHelpEvent):
            probe = self.probe_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if probe is None else self.tell(probe), self)
            return True
        return super().event(event)

    def _area(self) -> QRectF:
        line = QFontMetrics(small(self.font())).height()
        area = QRectF(self.rect()).adjusted(1, 1, -1, -line - 6)
        if self.grid is not None:
            size = min(area.width() / self.grid.width, area.height() / self.grid.height)
            area.setHeight(size * self.grid.height)
        return area

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The picture and its title."""
        with painting(self) as painter:
            area, metrics = self._area(), painter.fontMetrics()
            painter.setPen(QColor(self.look.theme.muted))
            if self.values is None:
                wrapped = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
                painter.drawText(QRectF(self.rect()), wrapped, self.missing)
                return
            title = QRectF(0, area.bottom() + 4, self.width(), metrics.height())
            words = metrics.elidedText(TITLE, Qt.TextElideMode.ElideRight, self.width())
            painter.drawText(title, Qt.AlignmentFlag.AlignCenter, words)
            if self.grid is not None:
                self._on_grid(painter, area, self.grid, self.values)
            else:
                self._in_rows(painter, area, self.values)

    def _on_grid(self, painter: QPainter, area: QRectF, grid: Grid, values: NDArray[np.float64]) -> None:
        left, top, size = draw_cells(painter, area, grid, self.look.theme)
        for cell, probe in grid.probe_of.items():
            if cell not in grid.exits:
                row, column = divmod(cell, grid.width)
                self._cell(painter, QRectF(left + column * size, top + row * size, size, size), values[probe])

    def _in_rows(self, painter: QPainter, area: QRectF, values: NDArray[np.float64]) -> None:
        metrics = painter.fontMetrics()
        height = area.height() / len(values)
        names = min(max(map(metrics.horizontalAdvance, self.probes)) + 7.0, 0.5 * area.width())
        every = max(1, math.ceil(metrics.height() / height))
        for row, value in enumerate(values):
            y = area.top() + row * height
            if row % every == 0:
                painter.setPen(QColor(self.look.theme.muted))
                text = metrics.elidedText(self.probes[row], Qt.TextElideMode.ElideRight, int(names - 5))
                place = QRectF(area.left(), y, names - 5, max(height, metrics.height()))
                painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            self._cell(painter, QRectF(area.left() + names, y, area.width() - names, height), value)

    def _cell(self, painter: QPainter, box: QRectF, value: float) -> None:
        theme, metrics = self.look.theme, painter.fontMetrics()
        known = bool(np.isfinite(value))
        colour = QColor(
            colour_table(theme.image)[round(255 * min(max(value, 0.0), 1.0))] if known else theme.card
        )
        painter.setPen(QPen(QColor(theme.border), 1) if box.height() > 4 else Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRect(box)
        text = f"{value:.2f}" if known else "–"
        if box.height() >= metrics.height() and box.width() > metrics.horizontalAdvance(text) + 2:
            painter.setPen(QColor("#101214" if colour.lightnessF() > 0.5 else "#ffffff"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
