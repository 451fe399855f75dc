"""Return against drift: the path each run took, beside the best that any policy can do."""

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter

from gui.model import summary
from gui.model.beginning import failed
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.model.without import without_drift
from gui.theme import Look, RunStyle
from gui.views.view import INFINITE, SMOOTH, View
from gui.widgets.marks import draw_line, draw_marker, pen
from gui.widgets.plot import Plot, padded
from gui.widgets.plot_canvas import Pixels

POINTS = 600  # of a path, about
HINT = "up and left is better"
PROMISE = "Each run draws its path here:\nthe return it reached, and what that cost."


class FrontierView(View):
    """Mean return against total drift up to the cursor; the exact frontier dashed."""

    help = "the path of each run. Dashed: the most return for each amount of drift."

    every = SMOOTH

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Return against drift", session, look)
        self.plot = Plot(look, "total drift, nats", "mean return", "Mean return against total drift")
        self.plot.draw = self._draw
        self.body.addWidget(self.plot, 1)
        self.show_picture(self.plot)

    def restyle(self) -> None:
        """Axes and background."""
        self.plot.restyle()

    def _runs(self) -> list[RunItem]:
        return [
            item
            for item in self.session.shown
            if item.has("drift") and item.has("return") and item.series("drift").rows
        ]

    def _frontiers(self) -> list[np.ndarray]:
        """[B, 2] drift and return of the KL oracle, by growing drift: one for each base."""
        found: dict[tuple[str, str], np.ndarray] = {}
        for item in self.session.items:
            frontier = item.constant("frontier")
            if frontier is not None and len(frontier):
                points = np.asarray(frontier, dtype=np.float64)[:, [2, 1]]
                found.setdefault(item.base, points[np.argsort(points[:, 0])])
        return list(found.values())

    def redraw(self) -> None:
        """New range, then paint."""
        runs, frontiers = self._runs(), self._frontiers()
        endless = any(item.infinite("drift", self.session.cursor.step) for item in self.session.shown)
        without = without_drift(self.session.shown, self.session.cursor.step)
        nothing = without or failed(self.session.items) or PROMISE
        self.plot.say("" if runs else INFINITE if endless else nothing)
        if runs:
            drift = [s.most for s in (item.series("drift") for item in runs)]
            low = min(item.series("return").least for item in runs)
            high = max(item.series("return").most for item in runs)
            for frontier in frontiers:
                drift.append(float(frontier[:, 0].max()))
                low, high = min(low, frontier[:, 1].min()), max(high, frontier[:, 1].max())
            right = max(max(drift), 0.1)
            self.plot.show_range(-0.03 * right, 1.05 * right, *padded(low, high, 0.08))
        self.note.setText("dashed: least drift" if frontiers and runs else "")
        self.plot.redraw()

    def describe(self) -> str:
        """Where every run is."""
        step = self.session.cursor.step
        points = [(item.name, item.at("drift", step)[0], item.at("return", step)[0]) for item in self._runs()]
        return summary.frontier(self.where(), points, exact=bool(self._frontiers()))

    def _draw(self, painter: QPainter, pixels: Pixels) -> None:
        theme, step = self.look.theme, self.session.cursor.step
        frontiers = self._frontiers()
        for frontier in frontiers:
            style = RunStyle(theme.text, (5.0, 3.0), "circle")
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(pen(style, 1.3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(arrayToQPolygonF(pixels.x(frontier[:, 0]), pixels.y(frontier[:, 1])))
        for item in self._runs():
            style = theme.style(item.index, item.oracle)
            drift, reached = (item.series(name).means(0, step, POINTS)[1] for name in ("drift", "return"))
            known = np.isfinite(drift) & np.isfinite(reached)
            if not known.any():
                continue
            x, y = pixels.x(drift[known]), pixels.y(reached[known])
            draw_line(painter, x, y, style)
            size = 11.0 if item is self.session.selected else 9.0
            draw_marker(painter, style.marker, float(x[-1]), float(y[-1]), size + 3, QColor(theme.card))
            draw_marker(painter, style.marker, float(x[-1]), float(y[-1]), size, QColor(style.colour))
        if frontiers:
            painter.setPen(QColor(theme.muted))
            box = pixels.box.adjusted(4, 0, -4, -2)
            roomy = painter.fontMetrics().horizontalAdvance(HINT) < box.width() / 2
            if roomy:  # else the curves are under it
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, HINT)
