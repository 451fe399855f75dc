"""The plot under every chart: quiet axes, a light grid, and a canvas that draws in pixels.

pyqtgraph gives the axes, zoom and pan.
"""

import math
from collections.abc import Callable, Hashable

import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QResizeEvent

from gui.text_size import small
from gui.theme import Look
from gui.widgets.plot_axis import Axis
from gui.widgets.plot_canvas import Canvas, Pixels

ZOOMS = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}  # of what is visible
PANS = {
    Qt.Key.Key_Left: (-0.1, 0.0), Qt.Key.Key_Right: (0.1, 0.0),
    Qt.Key.Key_Down: (0.0, -0.1), Qt.Key.Key_Up: (0.0, 0.1),
}  # fmt: skip
LOW = 130  # pixels: a plot this low shows no name for its horizontal axis


class Plot(pg.PlotWidget):
    """A plot with a canvas. Zoom with the wheel or + and -, pan by dragging or Alt and an arrow, double-click
    or Ctrl+0 to see everything.

    Attributes:
        draw: paints the data; set by the view that owns the plot.
        over: paints what moves over the data without changing them: a cursor.
        content: what the picture of `draw` is a function of, beside range, size and theme. While that is the
            same the picture is not drawn again; None where it has to be.
        empty: a sentence shown instead of data: what to do to see some.
        zoomed: a person chose the range; it is theirs until they double-click.
    """

    painted = Signal()
    clicked = Signal(float, float)

    def __init__(self, look: Look, x_label: str, y_label: str, name: str) -> None:
        axes = {"left": Axis("left"), "bottom": Axis("bottom")}
        super().__init__(axisItems=axes, viewBox=pg.ViewBox(enableMenu=False), enableMenu=False)
        self.look = look
        self.draw: Callable[[QPainter, Pixels], None] | None = None
        self.over: Callable[[QPainter, Pixels], None] | None = None
        self.content: Hashable = None
        self.empty = ""
        self.zoomed = False
        self._range: tuple[float, float, float, float] | None = None
        self.setAccessibleName(name)
        self.setMinimumSize(120, 80)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCacheMode(self.CacheModeFlag.CacheNone)  # a cached background would be pixels in an SVG
        self.setViewportUpdateMode(self.ViewportUpdateMode.NoViewportUpdate)  # see redraw
        item = self.getPlotItem()
        item.hideButtons()
        item.setContentsMargins(0, 4, 6, 0)
        box = item.getViewBox()
        box.disableAutoRange()
        box.setDefaultPadding(0)
        box.sigRangeChangedManually.connect(self._zoomed)
        box.sigRangeChanged.connect(self._ranged)
        item.setLabel("left", y_label)
        item.setLabel("bottom", x_label)
        self.canvas = Canvas(self)
        item.addItem(self.canvas, ignoreBounds=True)
        self.restyle()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """A label that would be cut off is left out; a low plot keeps its room for the data."""
        super().resizeEvent(event)
        if event is not None:  # pyqtgraph calls it without one before there are axes
            self._fit_labels()
            self._lay_out()

    def _fit_labels(self) -> None:
        left, bottom = (self.getPlotItem().getAxis(side) for side in ("left", "bottom"))
        words = QFontMetrics(left.label.font()).horizontalAdvance(left.labelText)
        room = self.height() - (46 if self.height() > LOW else 28)
        upright = bool(left.labelText) and words < room and not self.empty
        for axis, wanted in ((left, upright), (bottom, self.height() > LOW and not self.empty)):
            if axis.label.isVisible() != wanted:
                axis.showLabel(wanted)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        theme = self.look.theme
        self.setBackground(theme.card)
        font = small(self.font())
        for side in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(side)
            axis.setStyle(tickFont=font)
            axis.label.setFont(font)
        self._line()
        self.viewport().update()

    def _line(self) -> None:
        """Only the horizontal axis has a line, and only where there are data."""
        theme = self.look.theme
        axes = self.getPlotItem()
        for side in ("left", "bottom"):
            axis = axes.getAxis(side)
            seen = side == "bottom" and not self.empty
            axis.setPen(pg.mkPen(theme.border if seen else theme.card))
            axis.setTextPen(theme.muted)  # after the pen, which colours the name too

    def say(self, empty: str) -> None:
        """Show a sentence in place of data, numbers and names, or data again where it is empty."""
        changed, self.empty = bool(empty) != bool(self.empty), empty
        if changed:
            for side in ("left", "bottom"):
                self.getPlotItem().getAxis(side).setStyle(showValues=not empty)
            self._fit_labels()
            self._line()
            self.viewport().update()

    def label(self, side: str, text: str) -> None:
        """Name an axis, with its unit."""
        axis = self.getPlotItem().getAxis(side)
        if axis.labelText != text:
            axis.setLabel(text)
            self._fit_labels()
            self.viewport().update()

    def show_range(self, left: float, right: float, bottom: float, top: float) -> None:
        """Show this range, unless a person has chosen one."""
        wanted = (left, right, bottom, top)
        if wanted != self._range and all(map(math.isfinite, wanted)):
            self._range = wanted
            if not self.zoomed:
                self._apply()

    def _apply(self) -> None:
        if self._range is not None:
            left, right, bottom, top = self._range
            self.getPlotItem().getViewBox().setRange(
                xRange=(left, right), yRange=(bottom, top), padding=0, disableAutoRange=True
            )

    @property
    def visible(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of what is seen."""
        (left, right), (bottom, top) = self.getPlotItem().getViewBox().viewRange()
        return left, right, bottom, top

    def choose(self, left: float, right: float, bottom: float, top: float) -> None:
        """See this range, as if a person had zoomed to it."""
        before, self._range = self._range, (left, right, bottom, top)
        self._apply()
        self._range, self.zoomed = before, True

    def _zoomed(self, *_: object) -> None:
        self.zoomed = True

    def _ranged(self, *_: object) -> None:
        self.redraw()

    def see_everything(self) -> None:
        """Undo zoom and pan."""
        self.zoomed = False
        self._apply()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """See everything again."""
        self.see_everything()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click that was not a drag is reported in data coordinates."""
        super().mouseReleaseEvent(event)
        box = self.getPlotItem().getViewBox()
        inside = box.sceneBoundingRect().contains(self.mapToScene(event.position().toPoint()))
        if inside and (event.position() - self._pressed).manhattanLength() < 4:
            point = box.mapSceneToView(self.mapToScene(event.position().toPoint()))
            self.clicked.emit(point.x(), point.y())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where the button went down."""
        self._pressed = event.position()
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """With the focus: plus and minus zoom, with Alt the arrows pan."""
        left, right, bottom, top = self.visible
        if event.key() in ZOOMS:
            share = (ZOOMS[event.key()] - 1) / 2
            across, up = (right - left) * share, (top - bottom) * share
            self.choose(left - across, right + across, bottom - up, top + up)
        elif event.key() in PANS and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            across, up = PANS[event.key()]
            across, up = across * (right - left), up * (top - bottom)
            self.choose(left + across, right + across, bottom + up, top + up)
        else:
            event.ignore()

    def redraw(self) -> None:
        """Paint again at the next opportunity: in one go with all else that has changed by then. A scene that
        asks for it by itself is painted alone, and again where it has just been painted with its window."""
        self._lay_out()
        self.viewport().update()

    def _lay_out(self) -> None:
        """Find everything's place before it is painted: what pyqtgraph finds while it paints is painted
        twice, and a plot that gets another size four times."""
        item = self.getPlotItem()
        item.layout.activate()
        for side in ("bottom", "left"):  # how high the plot is decides which numbers stand on its left
            if item.getAxis(side).make_room():
                item.layout.activate()
        self.scene().prepareForPaint()


def padded(low: float, high: float, share: float = 0.06, least: float = 0.0) -> tuple[float, float]:
    """A range with some air around it, `least` wide at the least; a range of one value gets half a unit on
    each side."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0.0, 1.0
    low, high = min(low, (low + high - least) / 2), max(high, (low + high + least) / 2)
    span = high - low
    if span < 1e-9 * max(1.0, abs(high)):
        return low - 0.5, high + 0.5
    return low - share * span, high + share * span
