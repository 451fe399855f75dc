"""How a task's sketch is painted: small, quiet, and from its numbers only."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.model.task_sketch import ArmsSketch, EpisodeSketch, GridSketch, Sketch, TableSketch
from gui.theme import Theme
from gui.widgets.policy_picture import colour_table, draw_hole, image_of

STRONGEST = 0.62  # of the heat map's range: exits and numbers must stay readable on it
ROOM_FOR_WORDS = 13.0  # pixels a cell needs for a number


def draw_sketch(painter: QPainter, box: QRectF, sketch: Sketch | None, theme: Theme) -> None:
    """Paint a sketch, fitted and centred in `box`; nothing where there is none."""
    painter.save()
    match sketch:
        case GridSketch():
            _grid(sketch, painter, box, theme)
        case ArmsSketch():
            _arms(sketch, painter, box, theme)
        case TableSketch():
            _table(sketch, painter, box, theme)
        case EpisodeSketch():
            _episode(sketch, painter, box, theme)
    painter.restore()


def _grid(sketch: GridSketch, painter: QPainter, box: QRectF, theme: Theme) -> None:
    size = float(int(min(box.width() / sketch.width, box.height() / sketch.height)))
    left = round(box.center().x() - size * sketch.width / 2)
    top = round(box.center().y() - size * sketch.height / 2)
    table = colour_table(theme.image)
    metrics = painter.fontMetrics()
    widest = max(map(metrics.horizontalAdvance, sketch.exits.values()), default=0)
    roomy = size >= max(ROOM_FOR_WORDS, widest + 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for number, share in enumerate(np.sqrt(sketch.visits).tolist()):
        row, column = divmod(number, sketch.width)
        cell = QRectF(left + column * size, top + row * size, size, size)
        if number in sketch.walls:
            colour = QColor(theme.wall)
        elif number in sketch.exits:
            colour = QColor(theme.exit)
        elif number in sketch.traps:
            colour = QColor(theme.card)
        else:
            colour = QColor(table[round(255 * STRONGEST * share)])
        painter.fillRect(cell, colour)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(cell)
        if number in sketch.traps:
            draw_hole(painter, cell, theme)
        if number in sketch.exits and roomy:
            painter.setPen(QColor(theme.text))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, sketch.exits[number])
        if number in sketch.starts:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(QPen(QColor(theme.text), 1.6))
            painter.drawEllipse(cell.center(), 0.26 * size, 0.26 * size)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _arms(sketch: ArmsSketch, painter: QPainter, box: QRectF, theme: Theme) -> None:
    count, line = len(sketch.base), painter.fontMetrics().height()
    area = box.adjusted(0, 4, 0, -line - 4)
    step = area.width() / count
    wide = step >= ROOM_FOR_WORDS + 8
    if not wide:
        area.setBottom(box.bottom() - 2)
    gap = min(6.0, step / 6)
    best = sketch.pays >= sketch.pays.max() - 1e-9
    for arm, share in enumerate(np.nan_to_num(sketch.base / sketch.base.max()).tolist()):
        bar = QRectF(area.left() + arm * step + gap, area.bottom() - area.height() * share, step - 2 * gap, 0)
        bar.setBottom(area.bottom())
        painter.fillRect(bar, QColor(theme.accent if best[arm] else theme.muted))
        if wide:
            below = QRectF(area.left() + arm * step, area.bottom() + 3, step, line)
            painter.setPen(QColor(theme.muted))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, f"{sketch.pays[arm]:.2g}")
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.drawLine(area.bottomLeft(), area.bottomRight())


def _table(sketch: TableSketch, painter: QPainter, box: QRectF, theme: Theme) -> None:
    rows, columns = sketch.base.shape
    size = min(box.width() / columns, box.height() / rows)
    area = QRectF(0, 0, size * columns, size * rows)
    area.moveCenter(box.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(area, image_of(sketch.base, colour_table(theme.image)))
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area)


def _episode(sketch: EpisodeSketch, painter: QPainter, box: QRectF, theme: Theme) -> None:
    area = box.adjusted(2, 4, -2, -4)
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    painter.drawLine(area.topLeft(), area.bottomLeft())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    x = np.linspace(area.left(), area.right(), len(sketch.observed))
    for index, values in enumerate(sketch.observed.T):
        painter.setPen(QPen(QColor(theme.runs[index % len(theme.runs)]), 1.4))
        y = area.bottom() - values * area.height()
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x, y, strict=True)]))
