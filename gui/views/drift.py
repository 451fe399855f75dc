"""The picture this program is for: how far each run moved from its base, and how much of it was asked."""

from dataclasses import dataclass
from itertools import groupby

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from engine.exports.chart import nice_spacing
from gui.model import summary
from gui.model.goals import Pair
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.model.summary import Share
from gui.model.without import without_drift
from gui.text_size import small
from gui.theme import Look, RunStyle
from gui.views.view import INFINITE, SMOOTH, View
from gui.widgets.bar_names import written
from gui.widgets.elided import ElidedLabel
from gui.widgets.marks import draw_swatch
from gui.widgets.painting import painting

ASLANT_SHARE = 0.29  # of the height, at the most, for names that do not fit across
SWATCH_LINE = 11  # pixels below the bars for each run's mark
LEAST_BARS = 20  # pixels, of which less tells nothing


@dataclass(frozen=True, slots=True)
class Bar:
    """One run at the cursor. Nats; `low` and `high` are the total drift of the extreme seeds."""

    name: str
    style: RunStyle
    total: float  # infinite where a seed does what the base never does
    asked: float  # NaN where it cannot be estimated: the base never reached these returns
    low: float
    high: float
    figure: str  # the total as it is written above the bar
    floor: float = np.nan  # the least that the target can cost from the base of this run; NaN where unknown

    @property
    def collateral(self) -> float:
        """What is left of the total; rounding must not make it negative."""
        return max(self.total - self.asked, 0.0)

    @property
    def highest(self) -> float:
        """Where bar and error line end."""
        return float(np.nanmax([self.total, self.high]))


class DriftView(View):
    """Stacked bars: asked drift below, collateral above, the oracle's floor as a dashed line."""

    help = "hatched is asked, full is collateral. Dashed: the least that the target can cost."

    every = SMOOTH

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Drift from the base", session, look)
        self.bars = BarChart(look)
        self.without = ElidedLabel()
        self.without.setObjectName("muted")
        self.without.hide()
        self.body.addWidget(self.bars, 1)
        self.body.addWidget(self.without)
        self.show_picture(self.bars)

    def depends(self) -> tuple[object, ...]:
        """The cursor, the rows, and the target, which decides the floor."""
        return *super().depends(), self.session.target

    def redraw(self) -> None:
        """Bars at the cursor."""
        step = self.session.cursor.step
        bars = []
        floors = self._floors()
        for item in self.session.shown:
            total, low, high = item.at("drift", step)
            asked, words = item.at("asked", step)[0], ""
            if endless := item.infinite("drift", step):
                seeds = len(item.recording.layout.seeds)
                total, asked = np.inf, np.nan
                words = "∞" if endless == seeds else f"∞ in {endless} of {seeds}"
            elif not np.isfinite(total):
                continue
            style = self.look.theme.style(item.index, item.oracle)
            sampled = item.has("drift.se")
            floor = floors.get(item.base, np.nan)
            words = words or f"{'≈ ' if sampled else ''}{total:.2f}"
            bars.append(Bar(item.name, style, total, asked, low, high, words, floor))
        self.bars.show_bars(bars, f"least a return of {self._asked_words()} can cost")
        exactness = "≈ estimated" if any(bar.figure[0] == "≈" for bar in bars) else "exact"
        self.note.setText(f"nats · {exactness} · update {step}" if bars else "")
        self.without.setText(without_drift(self.session.shown, step))
        self.without.setVisible(bool(self.without.text()))

    def describe(self) -> str:
        """Every bar in figures."""
        shares = [
            Share(bar.name, bar.total, bar.asked, bar.floor, estimated=bar.figure.startswith("≈"))
            for bar in self.bars.bars
        ]
        said = (summary.drift(self.where(), shares, self._asked_words()), self.without.text())
        return " ".join(part for part in said if part)

    def _asked(self) -> float:
        """The recorded target nearest to what is asked for."""
        target = self.session.target
        near = [t for item in self.session.items for t in item.targets]
        return min(near, key=lambda t: abs(t - target), default=target)

    def _asked_words(self) -> str:
        if self.session.target is None:
            return ""
        pair = next(filter(None, map(Pair.of, self.session.items)), None)
        return f"{self._asked():g}" if pair is None else pair.words(self._asked())

    def _floors(self) -> dict[tuple[str, str], float]:
        """The least drift that the target can cost, for each base that is known."""
        if self.session.target is None:
            return {}
        floors: dict[tuple[str, str], float] = {}
        asked = self._asked()
        for item in sorted(self.session.items, key=lambda item: not item.conditioned):
            drift = item.constant("oracle_drift")
            if drift is None or item.base in floors:
                continue
            if item.conditioned:
                floors[item.base] = float(drift[item.nearest_target(asked)])
            elif np.isclose(asked, _best(item)):  # what runs that take no target are held against
                floors[item.base] = float(drift[0])
        return floors


def _best(item: RunItem) -> float:
    """The best return that the base of a run reaches; NaN where that is not recorded."""
    shares = item.constant("base_returns")
    returns = np.asarray(item.recording.layout.returns) if shares is not None else np.empty(0)
    return float(returns[shares > 0].max()) if returns.size and (shares > 0).any() else np.nan


class BarChart(QWidget):
    """Paints the bars, their scale and their key; nothing overlaps a bar."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.bars: list[Bar] = []
        self.floor_words = ""
        self.legend = False  # names stand in the key where they do not fit below the bars
        self.setAccessibleName("Drift of every run, asked and collateral, in nats")
        self.setMinimumSize(120, 90)

    def sizeHint(self) -> QSize:
        """As the plots beside it."""
        return QSize(320, 200)

    def show_bars(self, bars: list[Bar], floor_words: str) -> None:
        """Show these."""
        self.bars, self.floor_words = bars, floor_words
        self.update()

    @property
    def floors(self) -> list[float]:
        """The different floors of the bars."""
        return list(dict.fromkeys(bar.floor for bar in self.bars if np.isfinite(bar.floor)))

    def event(self, event: QEvent) -> bool:
        """The mouse is told the whole name and the figures of a bar."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.told_at(event.pos().x()), self)
            return True
        return super().event(event)

    def told_at(self, x: float) -> str:
        """Name and figures of the bar at this place; empty where there is none."""
        if not self.bars:
            return ""
        begin, slot = self._places(QFontMetrics(small(self.font())))
        index = int((x - begin) // slot)
        if not 0 <= index < len(self.bars):
            return ""
        bar = self.bars[index]
        if not np.isfinite(bar.asked):
            return f"{bar.name}\n{bar.figure} nats"
        return f"{bar.name}\n{bar.figure} nats: {bar.asked:.2f} asked, {bar.collateral:.2f} collateral"

    def _places(self, metrics: QFontMetrics) -> tuple[float, float]:
        """Where the first bar's place begins, and how wide each is."""
        margin = metrics.horizontalAdvance("0.0") + 8
        return margin, (self.width() - margin - 2) / len(self.bars)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Key on top, names below, bars between."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        theme = self.look.theme
        if not self.bars:
            painter.setPen(QColor(theme.muted))
            text = "How far each run moves from its base:\nwhat its return costs, and what nobody asked for."
            painter.drawText(
                self.rect(), int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), text
            )
            return
        if not any(np.isfinite(bar.total) for bar in self.bars):
            painter.setPen(QColor(theme.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, INFINITE)
            return
        line = painter.fontMetrics().height()
        margin, slot = self._places(painter.fontMetrics())
        words = [bar.name for bar in self.bars]
        names = written(words, self.font(), slot, margin, ASLANT_SHARE * self.height())
        if self.legend and names is not None and names.angle:
            names = None
        short = names is not None and bool(names.angle)  # the bars need the room
        key = self._key(painter, line, named=names is None and self.legend, short=short)
        room = self.height() - key - line - 4
        if names is not None and room - names.height - SWATCH_LINE < LEAST_BARS:
            names = None  # the runs list is the key
        below = 14 if names is None else names.height + SWATCH_LINE
        box = QRectF(margin, key + line + 4, self.width() - margin - 2, room - below)
        if box.height() < LEAST_BARS:
            return
        finite = [v for b in self.bars for v in (b.total, b.high) if np.isfinite(v)]
        top = 1.04 * max([*finite, *self.floors, 0.05])
        self._scale(painter, box, top)
        for index, bar in enumerate(self.bars):
            place = QRectF(box.left() + index * slot, box.top(), slot, box.height())
            self._bar(painter, bar, place, top)
            if names is not None:
                painter.setPen(QColor(theme.muted))
                names.draw(painter, index, QPointF(place.center().x(), box.bottom() + SWATCH_LINE))
        painter.setPen(QPen(QColor(theme.text), 1.2, Qt.PenStyle.DashLine))
        for floor, group in groupby(enumerate(self.bars), key=lambda pair: pair[1].floor):
            if np.isfinite(floor):
                places = [index for index, _ in group]
                y = box.bottom() - box.height() * floor / top
                left, right = (box.left() + slot * edge for edge in (places[0], places[-1] + 1))
                painter.drawLine(QPointF(left, y), QPointF(right, y))
        for index, bar in enumerate(self.bars):
            centre = box.left() + (index + 0.5) * slot
            height = box.height() * min(bar.highest / top, 1.0)
            self._figure(painter, bar, QPointF(centre, box.bottom() - height), slot)

    def _key(self, painter: QPainter, line: int, *, named: bool, short: bool) -> float:
        """The legend, wrapped to the width, with the runs' names where these stand nowhere else, or as few
        words as possible. Returns the height it took."""
        theme, metrics = self.look.theme, painter.fontMetrics()
        entries = [("asked", "asked: the return's price"), ("collateral", "collateral: asked by nobody")]
        if any(np.isnan(bar.asked) and np.isfinite(bar.total) for bar in self.bars):
            entries.append(("whole", "total: asked cannot be estimated"))
        if self.floors:
            each = ", from its own base" if len(self.floors) > 1 else ""
            costs = " or ".join(f"{floor:.3f}" for floor in self.floors)
            words = f"{self.floor_words}{each}: {costs}"
            fits = metrics.horizontalAdvance(words) + 30 <= self.width() and not short
            entries.append(("floor", words if fits else f"least: {costs}"))
        if short or sum(metrics.horizontalAdvance(text) + 30 for _, text in entries[:2]) > self.width():
            entries[:2] = [("asked", "asked"), ("collateral", "collateral")]
        styles = {f"run {number}": bar.style for number, bar in enumerate(self.bars)} if named else {}
        entries += zip(styles, (bar.name for bar in self.bars), strict=False)
        x, y = 2.0, 0.0
        for kind, text in entries:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width() - 30)
            width = metrics.horizontalAdvance(text) + 30
            if x > 2 and x + width > self.width() + 10:
                x, y = 2.0, y + line + 2
            swatch = QRectF(x, y + line / 2 - 5, 14, 10)
            if kind in styles:
                draw_swatch(painter, swatch, styles[kind])
            elif kind == "floor":
                painter.setPen(QPen(QColor(theme.text), 1.2, Qt.PenStyle.DashLine))
                middle = swatch.center().y()
                painter.drawLine(QPointF(swatch.left(), middle), QPointF(swatch.right(), middle))
            else:
                fill(painter, swatch, QColor(theme.muted), kind, theme.card)
            painter.setPen(QColor(theme.muted))
            painter.drawText(QPointF(x + 19, y + line / 2 + metrics.capHeight() / 2), text)
            x += width
        return y + line + 4

    def _scale(self, painter: QPainter, box: QRectF, top: float) -> None:
        theme = self.look.theme
        line = painter.fontMetrics().height()
        spacing = nice_spacing(top, max(2, int(box.height() / (1.8 * line))))
        for k in range(int(top / spacing + 1e-9) + 1):
            y = round(box.bottom() - box.height() * k * spacing / top) + 0.5
            painter.setPen(QPen(QColor(theme.grid if k else theme.border), 1))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(QColor(theme.muted))
            label = QRectF(0, y - line / 2, box.left() - 6, line)
            painter.drawText(
                label, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{k * spacing:g}"
            )

    def _bar(self, painter: QPainter, bar: Bar, slot: QRectF, top: float) -> None:
        theme = self.look.theme
        scale = slot.height() / top
        width = min(slot.width() * 0.62, 54.0)
        left = slot.center().x() - width / 2
        colour = QColor(bar.style.colour)
        parts = [("asked", 0.0, bar.asked), ("collateral", bar.asked, bar.collateral)]
        if np.isnan(bar.asked):
            parts = [("whole", 0.0, min(bar.total, top))]
        for kind, below, amount in parts:
            if amount * scale > 0.3:
                top_edge = slot.bottom() - (below + amount) * scale
                fill(painter, QRectF(left, top_edge, width, amount * scale), colour, kind, theme.card)
        if bar.high - bar.low > 0.01 * top:
            x = slot.center().x()
            painter.setPen(QPen(QColor(theme.text), 1))
            painter.drawLine(
                QPointF(x, slot.bottom() - bar.low * scale), QPointF(x, slot.bottom() - bar.high * scale)
            )
        draw_swatch(painter, QRectF(slot.center().x() - 8, slot.bottom() + 3, 16, 7), bar.style)

    def _figure(self, painter: QPainter, bar: Bar, foot: QPointF, room: float) -> None:
        """The total above its bar, on a ground of its own so that no line runs through it."""
        metrics = painter.fontMetrics()
        text = fitting(bar, metrics, room)
        if not text:
            return
        width = metrics.horizontalAdvance(text)
        high = metrics.height()
        place = QRectF(foot.x() - width / 2 - 2, foot.y() - high - 3, width + 4, high + 1)
        painter.fillRect(place, QColor(self.look.theme.card))
        painter.setPen(QColor(self.look.theme.text))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def fitting(bar: Bar, metrics: QFontMetrics, room: float) -> str:
    """A bar's figure in as many digits as there is room for; none rather than one that covers its
    neighbour's: the mouse is told."""
    short = shortened(bar.figure, bar.total) if np.isfinite(bar.total) else "∞"
    if metrics.horizontalAdvance(bar.figure) + 4 <= room:
        return bar.figure
    return short if metrics.horizontalAdvance(short) <= room else ""


def shortened(figure: str, total: float) -> str:
    """A figure for a narrow bar: a digit fewer, and what is estimated is still seen to be."""
    return f"{'≈' if figure.startswith('≈') else ''}{total:.1f}"


def fill(painter: QPainter, box: QRectF, colour: QColor, kind: str, card: str) -> None:
    """`asked` is pale and hatched, `collateral` full, `whole` an outline: apart without colour as well."""
    painter.setPen(Qt.PenStyle.NoPen)
    if kind == "collateral":
        painter.setBrush(colour)
        painter.drawRect(box)
        return
    back = QColor(card)
    mixed = [round(0.72 * b + 0.28 * c) for b, c in zip(back.getRgb()[:3], colour.getRgb()[:3], strict=True)]
    painter.setBrush(QColor(*mixed))
    if kind == "whole":
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
        painter.drawRect(box.adjusted(0.75, 0.75, -0.75, 0))
        return
    painter.drawRect(box)
    hatch = QColor(colour)
    hatch.setAlpha(90)
    painter.setPen(QPen(hatch, 1))
    painter.drawLines(diagonals(box))


def diagonals(box: QRectF, apart: float = 8.0) -> list[QLineF]:
    """A hatching of a box, line by line: a pattern brush takes Qt ten times as long. Hatchings of neighbours
    meet, for a line's x + y is a multiple of `apart`."""
    least, most = box.left() + box.top(), box.right() + box.bottom()
    sums = apart * np.arange(np.floor(least / apart) + 1, np.ceil(most / apart))
    left, right = np.maximum(box.left(), sums - box.bottom()), np.minimum(box.right(), sums - box.top())
    return [QLineF(x, c - x, end, c - end) for x, end, c in zip(left, right, sums, strict=True)]
