"""Which line is whose, for a figure that stands without the runs list."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from gui.model.run_item import RunItem
from gui.text_size import small
from gui.theme import Look
from gui.widgets.marks import draw_swatch
from gui.widgets.painting import painting

SWATCH, GAP = 22.0, 14.0  # pixels: of a piece of line, and between two entries


class Legend(QWidget):
    """A piece of its line and its name for each run, in as many rows as the width needs."""

    def __init__(self, items: Sequence[RunItem], look: Look) -> None:
        super().__init__()
        self.items, self.look = items, look
        self.setAccessibleName("Runs: " + ", ".join(item.name for item in items))

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(small(self.font()))

    def _entries(self, width: float) -> Iterator[tuple[RunItem, QPointF, str]]:
        """Each run, the upper left corner of its entry, and its name as far as it fits."""
        metrics, x, y = self._metrics(), 0.0, 0.0
        for item in self.items:
            room = int(width - SWATCH - 6)
            name = metrics.elidedText(item.name, Qt.TextElideMode.ElideRight, room)
            wide = SWATCH + 6 + metrics.horizontalAdvance(name)
            if x and x + wide > width:
                x, y = 0.0, y + metrics.height() + 2
            yield item, QPointF(x, y), name
            x += wide + GAP

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """As high as its rows."""
        lowest = max((corner.y() for _, corner, _ in self._entries(self.width())), default=0.0)
        self.setFixedHeight(int(lowest) + self._metrics().height() + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        theme, line = self.look.theme, self._metrics().height()
        with painting(self) as painter:
            for item, corner, name in self._entries(self.width()):
                box = QRectF(corner.x(), corner.y(), SWATCH, line)
                draw_swatch(painter, box, theme.style(item.index, item.oracle))
                painter.setPen(QColor(theme.text))
                painter.drawText(QPointF(box.right() + 6, corner.y() + self._metrics().ascent()), name)
