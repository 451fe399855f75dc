"""Did it deliver what was asked? Achieved return against target, at the cursor."""

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.model import summary
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import SMOOTH, View
from gui.widgets.marks import draw_line, draw_marker
from gui.widgets.plot import Plot, padded
from gui.widgets.plot_canvas import Pixels


def achieved(item: RunItem, step: int) -> np.ndarray | None:
    """Mean return [S, T] of each seed and target at a step; None where nothing was measured."""
    row = item.row_at(step)
    if row < 0:
        return None
    returns = item.recording.returns(row)
    if returns is None or not np.isfinite(returns).any():
        return None
    return returns @ np.asarray(item.recording.layout.returns)


class CalibrationView(View):
    """One curve a run that can be asked, over the diagonal of what was asked."""

    help = "the return achieved against the return asked for. On the diagonal it does what it is told."

    every = SMOOTH

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Calibration", session, look)
        self.plot = Plot(look, "asked return", "achieved", "Achieved return against asked return")
        self.plot.draw = self._draw
        self.plot.clicked.connect(lambda x, _y: self._ask(x))
        self.body.addWidget(self.plot, 1)
        self.show_picture(self.plot)
        self._curves: list[tuple[RunItem, np.ndarray, np.ndarray]] = []

    def depends(self) -> tuple[object, ...]:
        """Rows, cursor and target."""
        return *super().depends(), self.session.target

    def restyle(self) -> None:
        """Axes and background."""
        self.plot.restyle()

    def _ask(self, target: float) -> None:
        targets = [t for item, t, _ in self._curves]
        if targets:
            nearest = targets[0][np.argmin(np.abs(targets[0] - target))]
            self.session.steering.look_at_target(float(nearest))

    def redraw(self) -> None:
        """The curves at the cursor."""
        self._curves = []
        for item in self.session.shown:
            if item.recording is None or not item.conditioned:
                continue
            targets, reached = (
                np.asarray(item.recording.layout.targets),
                achieved(item, self.session.cursor.step),
            )
            if reached is not None and np.isfinite(targets).all():
                self._curves.append((item, targets, reached))
        self.plot.say("" if self._curves else "What a run achieves for each return that it is asked for.")
        self.note.setText("dashed: as asked" if self._curves else "")
        if self._curves:
            targets = np.concatenate([t for _, t, _ in self._curves])
            values = np.concatenate([r.ravel() for _, _, r in self._curves])
            low, high = padded(float(targets.min()), float(targets.max()))
            reached_low, reached_high = padded(
                float(min(targets.min(), np.nanmin(values))),
                float(max(targets.max(), np.nanmax(values))),
                least=(high - low) / 1.12,  # both axes are returns: what was achieved is not magnified
            )
            self.plot.show_range(low, high, reached_low, reached_high)
        self.plot.redraw()

    def describe(self) -> str:
        """What each run achieves for what it is asked."""
        runs = [(item.name, targets, np.nanmean(reached, axis=0)) for item, targets, reached in self._curves]
        return summary.calibration(self.where(), runs)

    def _draw(self, painter: QPainter, pixels: Pixels) -> None:
        theme = self.look.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
        ends = (pixels.left, pixels.right)
        painter.drawLine(*(QPointF(pixels.x(v), pixels.y(v)) for v in ends))
        if self.session.target is not None:
            painter.setPen(QPen(QColor(theme.accent), 1))
            x = round(pixels.x(self.session.target))
            painter.drawLine(QPointF(x, pixels.box.top()), QPointF(x, pixels.box.bottom()))
        for item, targets, reached in self._curves:
            style = theme.style(item.index, item.oracle)
            x, mean = pixels.x(targets), pixels.y(np.nanmean(reached, axis=0))
            draw_line(painter, x, mean, style)
            for index in range(len(targets)):
                low, high = (float(pixels.y(f(reached[:, index]))) for f in (np.nanmin, np.nanmax))
                painter.setPen(QPen(QColor(style.colour), 1))
                painter.drawLine(QPointF(x[index], low), QPointF(x[index], high))
                draw_marker(
                    painter, style.marker, float(x[index]), float(mean[index]), 7.0, QColor(style.colour)
                )
