"""The marks by which runs are told apart without colour: markers and dashes."""

import math

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPen, QPolygonF

from gui.theme import Marker, RunStyle

SMOOTH = 6.0  # mean vertical travel, in pixels a point, up to which a line is drawn antialiased
FEW = 24  # points up to which any pen is fast
# Qt strokes a line of 200 points and 1.7 pixels in 1,300 microseconds, and one of 1 pixel in 57 (measured).
# Three of those, so far apart, look the same.
THREE = ((0.0, -0.4), (0.35, 0.2), (-0.35, 0.2))


def pen(style: RunStyle, width: float = 1.7) -> QPen:
    """The line of a run; charts draw in pixels, so it is as wide on paper as on the screen."""
    result = QPen(QColor(style.colour), width)
    result.setCapStyle(Qt.PenCapStyle.FlatCap)
    result.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if style.dash:
        result.setDashPattern(list(style.dash))
    return result


def draw_line(painter: QPainter, x: NDArray[np.float64], y: NDArray[np.float64], style: RunStyle) -> None:
    """A polyline in pixels. A noisy one gets an opaque 1-pixel pen: antialiasing it would cost a frame."""
    noisy = len(y) > 2 and float(np.abs(np.diff(y)).mean()) > SMOOTH and len(y) > 200
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not noisy)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    on_screen = (
        painter.paintEngine().type() == QPaintEngine.Type.Raster and painter.deviceTransform().m11() == 1
    )
    in_three = on_screen and len(x) > FEW and not noisy and not style.dash
    painter.setPen(pen(style, 1.0 if noisy or in_three else 1.7))
    line = arrayToQPolygonF(x, y)
    for aside, down in THREE if in_three else ((0.0, 0.0),):
        painter.drawPolyline(line.translated(aside, down))


def draw_marker(painter: QPainter, marker: Marker, x: float, y: float, size: float, colour: QColor) -> None:
    """A filled mark of about `size` pixels across, centred."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    half = size / 2
    if marker == "circle":
        painter.drawEllipse(QPointF(x, y), half, half)
    elif marker == "square":
        painter.drawRect(QRectF(x - half * 0.9, y - half * 0.9, 1.8 * half, 1.8 * half))
    elif marker == "cross":
        painter.setPen(QPen(colour, max(1.6, size / 3.5)))
        painter.drawLine(QPointF(x - half * 0.8, y - half * 0.8), QPointF(x + half * 0.8, y + half * 0.8))
        painter.drawLine(QPointF(x - half * 0.8, y + half * 0.8), QPointF(x + half * 0.8, y - half * 0.8))
    elif marker == "star":
        painter.drawPolygon(star(QPointF(x, y), 1.25 * half))
    else:
        count = {"triangle": 3, "diamond": 4}[marker]
        points = []
        for k in range(count):
            angle = -math.pi / 2 + math.tau * k / count
            points.append(QPointF(x + 1.15 * half * math.cos(angle), y + 1.15 * half * math.sin(angle)))
        painter.drawPolygon(QPolygonF(points))


def star(middle: QPointF, radius: float) -> QPolygonF:
    """Five points, as far from the middle as `radius`."""
    corners = []
    for k in range(10):
        reach, angle = radius * (0.45 if k % 2 else 1.0), -math.pi / 2 + math.pi * k / 5
        corners.append(QPointF(middle.x() + reach * math.cos(angle), middle.y() + reach * math.sin(angle)))
    return QPolygonF(corners)


def draw_swatch(painter: QPainter, box: QRectF, style: RunStyle, faded: bool = False) -> None:
    """A short piece of the run's line with its marker, for lists and legends."""
    painter.save()
    painter.setOpacity(0.3 if faded else 1.0)
    middle = box.center().y()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(pen(style, 2.0))
    painter.drawLine(QPointF(box.left(), middle), QPointF(box.right(), middle))
    draw_marker(painter, style.marker, box.center().x(), middle, 7.0, QColor(style.colour))
    painter.restore()
