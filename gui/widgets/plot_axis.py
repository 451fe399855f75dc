"""The axes of a plot: quiet, and numbers as they are."""

import math

import pyqtgraph as pg
from PySide6.QtGui import QFontMetrics

from engine.exports.chart import nice_spacing

MUCH = 10  # pixels of room that may be left over
MORE = 4  # ticks that are tried where there are fewer than two


class Axis(pg.AxisItem):
    """Numbers as they are: no SI prefixes, no ticks out of the plot, long numbers in groups of three."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation, tickLength=0, maxTickLevel=0)
        self.enableAutoSIPrefix(False)
        self.setStyle(autoExpandTextSpace=False, tickTextOffset=6, hideOverlappingLabels=False)
        self.names: dict[float, str] | None = None  # ticks at exactly these values, where given

    def name(self, names: dict[float, str] | None) -> None:
        """Ticks at these values and nowhere else, called this; None for ticks at round numbers. Seen when the
        plot is redrawn."""
        if names != self.names:
            self.names = names
            self.picture = None  # pyqtgraph draws the axis anew

    def make_room(self) -> bool:
        """For the numbers, as they will be. Returns whether they had another room before. pyqtgraph would
        find that out while it paints, and paint everything again.

        Less room is taken only where it is much less, so that a plot does not tremble. A number that lacks
        a fraction of a pixel is not written: hence one more.
        """
        metrics = QFontMetrics(self.style["tickFont"] or self.font())
        if self.orientation == "bottom":
            side, wanted = "tickTextHeight", metrics.height()
        else:
            ticks = self.tickValues(*sorted(self.range), self.size().height())
            words = [text for step, values in ticks for text in self.tickStrings(values, 1.0, step)]
            side, wanted = "tickTextWidth", 1 + max(map(metrics.horizontalAdvance, words), default=0)
        if self.style[side] - MUCH <= wanted <= self.style[side]:
            return False
        self.setStyle(**{side: wanted})
        return True

    def tickValues(self, minimum: float, maximum: float, size: float) -> list[tuple[float, list[float]]]:
        """At round numbers, about one in 32 pixels upwards and 80 sideways, and two at the least: one alone
        is no scale."""
        upright = self.orientation in ("left", "right")
        if self.names is not None:
            return [(1.0, self._apart([v for v in self.names if minimum <= v <= maximum], size, upright))]
        most = max(3, int(size / 32)) if upright else max(2, int(size / 80))
        for count in range(most, most + MORE):
            spacing = nice_spacing(maximum - minimum, count)
            if spacing <= 0 or not math.isfinite(spacing):
                break
            first = math.ceil(minimum / spacing - 1e-9)
            last = math.floor(maximum / spacing + 1e-9)
            if last > first:
                return [(spacing, [k * spacing for k in range(first, last + 1)])]
        return []

    def _apart(self, values: list[float], size: float, upright: bool) -> list[float]:
        """Those of some ascending values whose names do not run into each other."""
        (low, high), metrics = self.range, QFontMetrics(self.style["tickFont"] or self.font())
        kept: list[float] = []
        end = -math.inf
        for value in values:
            place = size * (value - low) / max(high - low, 1e-12)
            half = metrics.height() / 2 if upright else metrics.horizontalAdvance(self.names[value]) / 2 + 3
            if place - half >= end:
                kept.append(value)
                end = place + half
        return kept

    def tickStrings(self, values: list[float], _scale: float, spacing: float) -> list[str]:
        """As many decimals as the spacing needs; a thin space between thousands."""
        if self.names is not None:
            return [self.names[value] for value in values]
        decimals = max(0, -math.floor(math.log10(spacing) + 1e-9)) if spacing > 0 else 0
        return [f"{value + 0.0:,.{decimals}f}".replace(",", "\u2009") for value in values]
