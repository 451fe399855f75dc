"""A metric of every run over the updates: mean over seeds, and the range between the seeds."""

from collections.abc import Hashable

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from engine.recording.schema import MetricColumn
from gui.model import summary
from gui.model.beginning import beginning, failed
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.model.summary import Reading
from gui.model.without import not_measured
from gui.theme import Look, RunStyle
from gui.views.view import INFINITE, View
from gui.widgets.marks import draw_line, draw_marker
from gui.widgets.metric_menu import MetricButton
from gui.widgets.plot import Plot, padded
from gui.widgets.plot_canvas import Pixels

UPDATE = "update"
PLACES = 2000  # of another metric, to draw this one against
MARKER_EVERY = 90.0  # pixels between two markers of one curve


class CurvesView(View):
    """One metric against the update, or against another metric. A click puts the cursor there.

    Attributes:
        metric_name: the recorded column that is drawn; the title is a choice of all others.
        against: what it is drawn against: `update`, or a recorded column.
        points_shown, points_recorded: of the last painting, for the status bar.
    """

    help = (
        "the line is the mean over seeds, the band reaches from the lowest seed to the highest. "
        "The title chooses another metric."
    )

    def __init__(self, title: str, metric: str, session: Session, look: Look, *, floor: float | None = None):
        super().__init__(title, session, look)
        self.topic = "Curves"
        self.metric_name = metric
        self.against = UPDATE
        self.choice = MetricButton()
        self.choice.list_of.aboutToShow.connect(self._offer)
        self.choice.chosen.connect(self.show_metric)
        self.title.hide()
        self.header.insertWidget(0, self.choice)
        self._name(title)
        self.home = metric
        self.floor = floor  # a value that the range of the metric it began with always includes
        self.points_shown = self.points_recorded = 0
        self.decimated = False
        self.plot = Plot(look, "update", title.lower(), f"{title} of every run against the update")
        self.plot.draw = self._draw
        self.plot.over = self._draw_cursor
        self.plot.clicked.connect(lambda x, _y: self._clicked(x))
        self.body.addWidget(self.plot, 1)
        self.show_picture(self.plot)

    def depends(self) -> tuple[Hashable, ...]:
        """Every row, the cursor, and which run is selected."""
        cursor = self.session.cursor
        return self.session.revision, cursor.step, cursor.following, self.metric_name, self.against

    def show_metric(self, name: str, against: str | None = None) -> None:
        """Draw this column from now on."""
        self.metric_name, self.against = name, against or self.against
        self._name(name.replace("_", " ").capitalize())

    def _name(self, words: str) -> None:
        sign = "  \N{BLACK DOWN-POINTING SMALL TRIANGLE}" if self.choice.isEnabled() else ""
        self.choice.setText(f"{words}{sign}")
        self.choice.setAccessibleName(f"{words}: choose another metric")
        self.setAccessibleName(words)

    def _offer(self) -> None:
        recordings = [item.recording for item in self.session.items if item.recording is not None]
        columns = [column for recording in recordings for column in recording.layout.columns]
        self.choice.offer(columns, self.metric_name)

    def _clicked(self, x: float) -> None:
        if self.against == UPDATE:
            self.session.cursor.put(x)

    def _place(self, item: RunItem, steps: np.ndarray) -> np.ndarray:
        """Where points at these updates stand along the axis."""
        if self.against == UPDATE:
            return steps
        x, means = self._others(item)
        known = np.isfinite(means)
        return np.interp(steps, x[known], means[known]) if known.any() else np.full(len(steps), np.nan)

    def _others(self, item: RunItem) -> tuple[np.ndarray, np.ndarray]:
        """Steps, and the mean there of what this is drawn against."""
        return item.series(self.against).means(-np.inf, np.inf, PLACES)

    def restyle(self) -> None:
        """Axes and background."""
        self.plot.restyle()

    def _runs(self) -> list[RunItem]:
        return [
            item
            for item in self.session.shown
            if item.has(self.metric_name)
            and item.series(self.metric_name).rows
            and (self.against == UPDATE or item.has(self.against))
        ]

    def redraw(self) -> None:
        """New range, then paint."""
        runs = self._runs()
        self.plot.say("" if runs else self._nothing())
        if runs:
            column = next(c for c in runs[0].recording.layout.columns if c.name == self.metric_name)
            self.plot.label("left", _axis(column))
            low = min(item.series(self.metric_name).least for item in runs)
            high = max(item.series(self.metric_name).most for item in runs)
            self._name(column.label)
            self.choice.setToolTip(f"{column.help} Press to choose another metric.")
            floor = self.floor if self.metric_name == self.home else None
            if floor is not None:
                low = min(low, floor)
            self.plot.label("bottom", self._bottom(runs))
            end = float(max(self.session.cursor.end, 1))
            if self.against != UPDATE:
                end = max(float(np.nanmax(self._others(item)[1], initial=1e-9)) for item in runs)
            self.plot.show_range(-0.01 * end, 1.02 * end, *padded(low, high))
            self.note.setText(self._note(runs, column.kind))
        else:
            self.note.setText("")
            self.points_shown = self.points_recorded = 0
        self.plot.content = self.session.revision, self.metric_name, self.against
        self.plot.redraw()

    def _bottom(self, runs: list[RunItem]) -> str:
        if self.against == UPDATE:
            return UPDATE
        column = next(c for c in runs[0].recording.layout.columns if c.name == self.against)
        return _axis(column)

    def _nothing(self) -> str:
        items, step = self.session.items, self.session.cursor.step
        if any(item.infinite(self.metric_name, step) for item in self.session.shown):
            return INFINITE
        if begins := beginning(items):
            return begins
        if any(item.recording is not None and item.recording.rows > 1 for item in items):
            why = not_measured(self.metric_name, items)
            return why or "Nothing here: the runs that measured it are hidden,\nor have no figure for it yet."
        return failed(items) or "Press Space to run.\nThe curves begin here within seconds."

    def _note(self, runs: list[RunItem], kind: str) -> str:
        seeds = max(len(item.recording.layout.seeds) for item in runs)
        spread = f"mean and range of {seeds} seeds" if seeds > 1 else "one seed"
        return f"{spread} · {kind}"

    def describe(self) -> str:
        """The metric of every run at the cursor."""
        runs = self._runs()
        if not runs:
            return f"{self.accessibleName()}: {self.plot.empty}"
        step = self.session.cursor.step
        column = next(c for c in runs[0].recording.layout.columns if c.name == self.metric_name)
        readings = [
            Reading(item.name, *item.at(self.metric_name, step), "an oracle" if item.oracle else "")
            for item in runs
        ]
        against = self.against.replace("_", " ")
        return summary.curves(column.label, column.unit, self.where(), readings, against)

    def _draw(self, painter: QPainter, pixels: Pixels) -> None:
        self.points_shown = self.points_recorded = 0
        self.decimated = False
        theme = self.look.theme
        ordered = sorted(self._runs(), key=lambda item: (not item.oracle, item is self.session.selected))
        columns = max(int(pixels.box.width()), 2)
        for index, item in enumerate(ordered):
            series, style = item.series(self.metric_name), theme.style(item.index, item.oracle)
            whole = self.against != UPDATE
            left, right = (-np.inf, np.inf) if whole else (pixels.left, pixels.right)
            points = series.points(left, right, columns)
            self.points_shown += len(points.x)
            self.points_recorded += points.rows
            self.decimated |= points.decimated
            x, line = pixels.x(self._place(item, points.x)), pixels.y(points.line)
            if item.oracle and not whole:  # an exact answer holds at every step
                x = np.concatenate((x, [pixels.x(float(self.session.cursor.end))]))
                line = np.concatenate((line, line[-1:]))
                x = np.maximum.accumulate(x)
            elif len(item.recording.layout.seeds) > 1 and not whole:
                _band(painter, x, pixels.y(points.low), pixels.y(points.high), style)
            draw_line(painter, x, line, style)
            if not item.oracle:
                offset = MARKER_EVERY * (0.3 + index / max(len(ordered), 1))
                _markers(painter, x, line, style, offset, pixels.box)

    def _draw_cursor(self, painter: QPainter, pixels: Pixels) -> None:
        if not self.session.cursor.following and self.against == UPDATE:
            _cursor(painter, pixels, self.session.cursor.step, self.look.theme.text)


def _axis(column: MetricColumn) -> str:
    """Name and unit, in the middle of a sentence: only the first letter is made small."""
    words = column.label if column.label[:2].isupper() else column.label[0].lower() + column.label[1:]
    return f"{words}, {column.unit}" if column.unit else words


def _band(painter: QPainter, x: np.ndarray, low: np.ndarray, high: np.ndarray, style: RunStyle) -> None:
    colour = QColor(style.colour)
    colour.setAlpha(38)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    outline = arrayToQPolygonF(np.concatenate((x, x[::-1])), np.concatenate((low, high[::-1])))
    painter.drawPolygon(outline)


def _markers(
    painter: QPainter, x: np.ndarray, y: np.ndarray, style: RunStyle, offset: float, box: QRectF
) -> None:
    """A few markers along the curve and one at its end, so that it is known without its colour."""
    known = np.isfinite(x) & np.isfinite(y)  # what it is drawn against may be infinite, or not measured
    x, y = x[known], y[known]
    if not len(x):
        return
    colour = QColor(style.colour)
    for place, height in zip(places := _places(x, offset, box), np.interp(places, x, y), strict=True):
        draw_marker(painter, style.marker, float(place), float(height), 6.0, colour)
    draw_marker(painter, style.marker, float(x[-1]), float(y[-1]), 7.5, colour)


def _places(x: np.ndarray, offset: float, box: QRectF) -> np.ndarray:
    """Where markers stand, at even distances from the curve's beginning: those within the box."""
    first = x[0] + offset
    before = max(0.0, np.ceil((box.left() - first) / MARKER_EVERY))
    return np.arange(first + before * MARKER_EVERY, min(x[-1] - 12, box.right()), MARKER_EVERY)


def _cursor(painter: QPainter, pixels: Pixels, step: int, colour: str) -> None:
    x = round(pixels.x(float(step)))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor(colour), 1))
    painter.drawLine(x, round(pixels.box.top()), x, round(pixels.box.bottom()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(QColor(colour))
    top = pixels.box.top()
    painter.drawPolygon(QPolygonF([QPointF(x - 4, top), QPointF(x + 4, top), QPointF(x, top + 6)]))
