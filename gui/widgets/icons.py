"""Small pictures on buttons, drawn: no font can be trusted to have them."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF

from gui.theme import RunStyle
from gui.widgets.marks import draw_swatch

SIZE = 12.0


def _triangle(left: float, right: float) -> QPolygonF:
    return QPolygonF([QPointF(left, 1.5), QPointF(left, SIZE - 1.5), QPointF(right, SIZE / 2)])


SHAPES: dict[str, tuple[tuple[QPolygonF, ...], tuple[QRectF, ...]]] = {
    "play": ((_triangle(2.5, 10.5),), ()),
    "pause": ((), (QRectF(2.5, 2, 2.6, 8), QRectF(7, 2, 2.6, 8))),
    "back": ((_triangle(9.0, 1.5),), ()),
    "on": ((_triangle(3.0, 10.5),), ()),
    "first": ((_triangle(10.5, 4.0),), (QRectF(1.5, 1.5, 1.8, 9),)),
    "step": ((_triangle(1.5, 8.0),), (QRectF(8.7, 1.5, 1.8, 9),)),
}


@lru_cache(maxsize=64)
def icon(name: str, colour: str, disabled: str) -> QIcon:
    """One of SHAPES in a colour, and in another for when its button is disabled."""
    result = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
        for ratio in (1, 2):
            pixmap = QPixmap(int(SIZE * ratio), int(SIZE * ratio))
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(ratio, ratio)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ink))
            polygons, boxes = SHAPES[name]
            for polygon in polygons:
                painter.drawPolygon(polygon)
            for box in boxes:
                painter.drawRect(box)
            painter.end()
            pixmap.setDevicePixelRatio(ratio)
            result.addPixmap(pixmap, mode)
    return result


@lru_cache(maxsize=64)  # of each icon that is drawn, be it like another, Qt keeps what it scaled
def swatch(style: RunStyle) -> QIcon:
    """A piece of a run's line with its marker, for lists."""
    result = QIcon()
    for ratio in (1, 2):
        pixmap = QPixmap(int(2 * SIZE * ratio), int(SIZE * ratio))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.scale(ratio, ratio)
        draw_swatch(painter, QRectF(0, 0, 2 * SIZE, SIZE), style)
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
            result.addPixmap(pixmap, mode)
    return result
