"""What a plot draws on: one item that paints once a frame, in pixels, so that it knows how many points the
screen can show."""

import sys
from collections.abc import Callable, Hashable
from typing import Any, Protocol

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from gui.theme import Look

Floats = NDArray[np.float64]


class Pixels:
    """From data to pixels, while painting. `left … right` and `bottom … top` are what is visible."""

    def __init__(self, painter: QPainter, view: QRectF) -> None:
        transform = painter.worldTransform()
        self._a, self._b = transform.m11(), transform.dx()
        self._c, self._d = transform.m22(), transform.dy()
        self.left, self.right = view.left(), view.right()
        self.bottom, self.top = min(view.top(), view.bottom()), max(view.top(), view.bottom())
        corner_x, corner_y = self.x(self.left), self.y(self.top)
        self.box = QRectF(corner_x, corner_y, self.x(self.right) - corner_x, self.y(self.bottom) - corner_y)

    def x(self, values: "Floats | float") -> "Floats | float":
        """Horizontal pixels."""
        return self._a * values + self._b

    def y(self, values: "Floats | float") -> "Floats | float":
        """Vertical pixels, downwards."""
        return self._c * values + self._d


class Pictured(Protocol):
    """The plot that a canvas belongs to: see :class:`gui.widgets.plot.Plot`."""

    look: Look
    draw: Callable[[QPainter, Pixels], None] | None
    over: Callable[[QPainter, Pixels], None] | None
    content: Hashable
    empty: str
    painted: Any  # a signal: it has been painted

    @property
    def visible(self) -> tuple[float, float, float, float]: ...
    def getPlotItem(self) -> pg.PlotItem: ...


class Canvas(pg.GraphicsObject):
    """The one item of a plot: grid lines, then whatever `draw` paints, in pixels, then what is `over` it.

    What `draw` painted is kept as pixels once it was wanted twice, so that a moving cursor costs no curves.
    """

    def __init__(self, plot: Pictured) -> None:
        super().__init__()
        self.plot = plot
        self._painted: Hashable = None  # what was painted last
        self._kept: QPixmap | None = None  # the same as pixels

    def boundingRect(self) -> QRectF:
        """All that is visible."""
        return self.getViewBox().viewRect()

    def viewTransformChanged(self) -> None:
        """The visible range is another one."""
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Grid first, data over it."""
        pixels = Pixels(painter, self.getViewBox().viewRect())
        painter.save()
        try:
            painter.resetTransform()
            self._content(painter, pixels)
        except Exception:  # see painting.py
            sys.excepthook(*sys.exc_info())
        finally:
            painter.restore()
        self.plot.painted.emit()

    def _content(self, painter: QPainter, pixels: Pixels) -> None:
        if self.plot.empty:
            painter.setPen(QColor(self.plot.look.theme.muted))
            room = pixels.box.adjusted(10, 6, -10, -6)
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(room, flags, self.plot.empty)
        elif self.plot.draw is not None:
            self._ground(painter, pixels)
            if self.plot.over is not None:
                self.plot.over(painter, pixels)

    def _ground(self, painter: QPainter, pixels: Pixels) -> None:
        """Grid and data: painted anew where they changed, and into files, which want lines and not pixels."""
        plot, ratio = self.plot, painter.deviceTransform().m11()  # of the device's pixels to the widget's
        raster = painter.paintEngine().type() == QPaintEngine.Type.Raster
        wanted = plot.content, pixels.box.getRect(), plot.visible, ratio, plot.look.dress
        if plot.content is None or not raster or wanted != self._painted:
            self._painted, self._kept = (wanted, None) if raster else (None, None)
            self._data(painter, pixels)
            return
        around = pixels.box.toAlignedRect()  # whole pixels, so that none is blurred
        if self._kept is None:
            self._kept = QPixmap(around.size() * ratio)
            self._kept.setDevicePixelRatio(ratio)
            self._kept.fill(QColor(plot.look.theme.card))
            with QPainter(self._kept) as kept:
                kept.setFont(painter.font())
                kept.translate(-around.topLeft())
                self._data(kept, pixels)
        painter.drawPixmap(around.topLeft(), self._kept)

    def _data(self, painter: QPainter, pixels: Pixels) -> None:
        painter.save()  # what comes over it finds the same pen and hints, whether this was painted or kept
        self._grid(painter, pixels)
        self.plot.draw(painter, pixels)
        painter.restore()

    def _grid(self, painter: QPainter, pixels: Pixels) -> None:
        axis = self.plot.getPlotItem().getAxis("left")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(self.plot.look.theme.grid), 1))
        for _, values in axis.tickValues(pixels.bottom, pixels.top, pixels.box.height()):
            for value in values:
                y = round(pixels.y(value))
                painter.drawLine(round(pixels.box.left()), y, round(pixels.box.right()), y)
