"""The fan: the return distribution of one run for every target at once. The supertask at a glance."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.model import summary
from gui.model.goals import Pair
from gui.model.session import Session
from gui.theme import Look, readable_on
from gui.views.view import SMOOTH, View
from gui.widgets.plot import Plot
from gui.widgets.plot_canvas import Pixels
from gui.widgets.policy_picture import colour_table, image_of

FEW = 6  # values on an axis, at most, that each get a tick of their own
FIGURES = 64  # cells, at most, that say their value
CLOSE = 0.1  # of the mean gap: values nearer to each other stand evenly


class FanView(View):
    """Columns are targets, rows are returns, darker is likelier; a click asks for a target."""

    help = "what comes back for every target: a column for each target, a row for each return."

    every = SMOOTH

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("The fan", session, look)
        self.plot = Plot(look, "asked return", "return reached", "Return distribution for every target")
        self.plot.draw = self._draw
        self.plot.clicked.connect(lambda x, _y: self._ask(x))
        self.body.addWidget(self.plot, 1)
        self.show_picture(self.plot)
        self._values: np.ndarray | None = None  # [R, T]
        self._targets = self._returns = np.zeros(0)
        self._across = self._up = np.zeros(0)  # where targets and returns stand: see `places`

    def depends(self) -> tuple[object, ...]:
        """The selected run's row at the cursor, and the target."""
        item = self.session.selected
        row = item.row_at(self.session.cursor.step) if item is not None else -1
        return id(item), row, self.session.target

    def restyle(self) -> None:
        """Axes and background."""
        self.plot.restyle()

    def _ask(self, target: float) -> None:
        """The target whose column is nearest to a place on the axis."""
        if self._values is not None and np.isfinite(self._targets).all():
            self.session.steering.look_at_target(
                float(self._targets[np.argmin(np.abs(self._across - target))])
            )

    def redraw(self) -> None:
        """Collect the distributions, mean over seeds."""
        item = self.session.selected
        row = item.row_at(self.session.cursor.step) if item is not None else -1
        returns = item.recording.returns(row) if row >= 0 else None
        self._values = None
        if returns is not None and np.isfinite(returns).any():
            layout = item.recording.layout
            self._values = np.nanmean(returns, axis=0).T
            self._targets, self._returns = np.asarray(layout.targets), np.asarray(layout.returns)
            self._across, self._up = places(self._targets), places(self._returns)
            self._ranges(Pair.of(item))
        self.plot.say(
            "" if self._values is not None else "Every target at once: what is asked\nand what comes back."
        )
        name = item.name if item is not None and self._values is not None else ""
        self.note.setText(
            f"{name} · {self.look.theme.likelier} is likelier"
            if self._conditioned()
            else f"{name} takes no target"
            if name
            else ""
        )
        self.plot.redraw()

    def describe(self) -> str:
        """What comes back for every target."""
        item = self.session.selected
        if self._values is None or item is None:
            return f"{self.accessibleName()}: {self.plot.empty}"
        told = summary.fan(item.name, self._targets, self._returns, self._values)
        return f"{told} {self.where().capitalize()}."

    def _conditioned(self) -> bool:
        return self._values is not None and bool(np.isfinite(self._targets).all())

    def _ranges(self, pair: Pair | None) -> None:
        axes = self.plot.getPlotItem()
        conditioned = self._conditioned()
        for side, values, places_ in (
            ("bottom", self._targets if conditioned else np.zeros(0), self._across),
            ("left", self._returns, self._up),
        ):
            named = len(values) <= FEW or not np.array_equal(places_, values)
            names = [pair.figures(v) if pair is not None else f"{v:g}" for v in values.tolist()]
            axes.getAxis(side).name(dict(zip(places_.tolist(), names, strict=False)) if named else None)
        of_what = ", ".join(pair.names) if pair is not None else "return"
        self.plot.label("bottom", f"asked {of_what}" if conditioned else "takes no target")
        self.plot.label("left", f"{of_what} reached")
        left, right = edges(self._across)[[0, -1]] if conditioned else (-0.5, 0.5)
        bottom, top = edges(self._up)[[0, -1]]
        self.plot.show_range(float(left), float(right), float(bottom), float(top))

    def _draw(self, painter: QPainter, pixels: Pixels) -> None:
        if self._values is None:
            return
        theme = self.look.theme
        conditioned = self._conditioned()
        across = edges(self._across) if conditioned else np.array([-0.5, 0.5])
        up = edges(self._up)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        top, bottom = pixels.y(up[-1]), pixels.y(up[0])
        table = colour_table(theme.image)
        brightest = max(float(self._values.max()), 1e-9)
        for column in range(self._values.shape[1]):  # one strip each: targets need not be evenly spaced
            left, right = pixels.x(across[column]), pixels.x(across[column + 1])
            strip = image_of(self._values[::-1, column : column + 1] / brightest, table)
            painter.drawImage(QRectF(left, top, right - left, bottom - top), strip)
        few = self._values.size <= FIGURES
        if few:
            self._figures(painter, pixels, across)
        if conditioned:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
            if not few:  # a dash beside a figure would read as a minus
                self._diagonal(painter, pixels, across, up)
            if self.session.target is not None:
                self._mark(painter, pixels, across, self.session.target)

    def _diagonal(self, painter: QPainter, pixels: Pixels, across: np.ndarray, up: np.ndarray) -> None:
        """Where what comes back is what was asked: straight where both axes are returns, else through the
        cells of the targets that are returns."""
        if np.array_equal(self._across, self._targets) and np.array_equal(self._up, self._returns):
            low, high = max(across[0], up[0]), min(across[-1], up[-1])
            points = [(low, low), (high, high)]
        else:
            rows = [int(np.argmin(np.abs(self._returns - target))) for target in self._targets]
            points = [
                (self._across[column], self._up[row])
                for column, row in enumerate(rows)
                if np.isclose(self._returns[row], self._targets[column])
            ]
        painter.drawPolyline([QPointF(pixels.x(x), pixels.y(y)) for x, y in points])

    def _mark(self, painter: QPainter, pixels: Pixels, across: np.ndarray, target: float) -> None:
        """The target that is asked for: its column where it is recorded, a line where it is between."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(QColor(self.look.theme.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        column = int(np.argmin(np.abs(self._targets - target)))
        if abs(self._targets[column] - target) < 1e-6 * max(1.0, abs(target)):
            left, right = (float(pixels.x(across[k])) for k in (column, column + 1))
            painter.drawRect(
                QRectF(left + 1, pixels.box.top() + 1, right - left - 2, pixels.box.height() - 2)
            )
        else:
            x = round(pixels.x(float(np.interp(target, self._targets, self._across))))
            painter.drawLine(QPointF(x, pixels.box.top()), QPointF(x, pixels.box.bottom()))

    def _figures(self, painter: QPainter, pixels: Pixels, across: np.ndarray) -> None:
        """The probabilities in figures where there are few enough to read, on whatever is behind them."""
        line = painter.fontMetrics().height()
        table = colour_table(self.look.theme.image)
        if pixels.box.height() < (line + 2) * len(self._returns):
            return
        for column in range(self._values.shape[1]):
            left, right = (float(pixels.x(across[k])) for k in (column, column + 1))
            if right - left < painter.fontMetrics().horizontalAdvance("0.00") + 8:
                return
            for row, level in enumerate(self._up):
                value = float(self._values[row, column])
                share = value / max(float(self._values.max()), 1e-9)
                painter.setPen(readable_on(QColor.fromRgb(table[int(255 * share)])))
                box = QRectF(left, float(pixels.y(level)) - line / 2, right - left, line)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{value:.2f}")


def places(values: np.ndarray) -> np.ndarray:
    """Where ascending values stand on an axis: at themselves, but evenly where some lie too close together to
    be told apart, as returns do that code two goals."""
    gaps = np.diff(values)
    crowded = len(gaps) > 0 and float(gaps.min()) < CLOSE * float(gaps.mean())
    return np.arange(len(values), dtype=np.float64) if crowded else values


def edges(centres: np.ndarray) -> np.ndarray:
    """Borders [n + 1] of cells around n ascending centres."""
    if len(centres) < 2:
        return np.concatenate((centres - 0.5, centres + 0.5))
    middle = (centres[1:] + centres[:-1]) / 2
    return np.concatenate(([2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]))
