"""Curves as inline SVG: a drawing for a page of HTML, coloured by that page's style sheet."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 250  # of a chart, in pixels of its own; the page scales it
LEFT, RIGHT, TOP, BOTTOM = 60, 12, 28, 40  # around the data
LABEL = 8.0  # pixels that a letter takes, roughly

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """One curve: the mean over seeds and, where there is one, the band of all seeds around it. All [n].

    Attributes:
        style: the class in the style sheet: `one`, `two` or `three`; each has a dash of its own too.
    """

    label: str
    style: str
    x: Floats
    mean: Floats
    low: Floats
    high: Floats


def chart(title: str, unit: str, lines: Sequence[Line], marks: Sequence[int]) -> str:
    """An SVG of some lines against the update, with a mark at each of `marks` (updates). Empty where
    nothing can be drawn."""
    lines = [line for line in lines if np.isfinite(line.mean).any()]
    if not lines:
        return ""
    left = min(float(line.x[0]) for line in lines)
    right = max(float(line.x[-1]) for line in lines)
    low = min(float(np.nanmin(line.low)) for line in lines)
    high = max(float(np.nanmax(line.high)) for line in lines)
    right = right if right > left else left + 1
    low, high = (low, high) if high - low > 1e-9 * max(1.0, abs(high)) else (low - 0.5, high + 0.5)
    frame = _Frame(left, right, low - 0.06 * (high - low), high + 0.06 * (high - low))
    parts = [
        f'<text x="{LEFT}" y="17" class="name">{html.escape(f"{title}, {unit}" if unit else title)}</text>'
    ]
    parts += frame.axes()
    for step in marks:
        if left <= step <= right:
            x = frame.x(step)
            parts.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
    for line in lines:
        around = [*zip(line.x, line.high, strict=True), *zip(line.x[::-1], line.low[::-1], strict=True)]
        parts.append(f'<polygon class="band {line.style}" points="{frame.points(around)}"/>')
    for line in lines:
        points = frame.points(zip(line.x, line.mean, strict=True))
        parts.append(f'<polyline class="line {line.style}" points="{points}"/>')
    if len(lines) > 1:
        parts += _legend(lines)
    last = "; ".join(f"{line.label} ends at {line.mean[np.isfinite(line.mean)][-1]:.4g}" for line in lines)
    spoken = html.escape(f"{title} against the update. {last}.")
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{spoken}">{"".join(parts)}</svg>'


@dataclass(frozen=True)
class _Frame:
    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        share = (value - self.left) / (self.right - self.left)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def points(self, values: "Sequence[tuple[float, float]] | zip[tuple[float, float]]") -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in values if math.isfinite(y))

    def axes(self) -> list[str]:
        parts = []
        for value, text in ticks(self.low, self.high, 5):
            y = self.y(value)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
        for value, text in ticks(self.left, self.right, 7):
            x = self.x(value)
            anchor = "end" if x > WIDTH - RIGHT - 12 else "middle"
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 21}" text-anchor="{anchor}">{text}</text>')
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts.append(f'<text x="{middle}" y="{HEIGHT - 3}" text-anchor="middle">update</text>')
        return parts


def _legend(lines: Sequence[Line]) -> list[str]:
    parts, x = [], float(WIDTH - RIGHT)
    for line in reversed(lines):
        x -= LABEL * len(line.label)
        parts.append(f'<text x="{x:.0f}" y="17">{html.escape(line.label)}</text>')
        x -= 30
        parts.append(f'<line class="line {line.style}" x1="{x:.0f}" x2="{x + 24:.0f}" y1="12" y2="12"/>')
        x -= 12
    return parts


def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round numbers between two, at most so many and one more, and how they are written."""
    spacing = nice_spacing(high - low, most)
    decimals = max(0, -math.floor(math.log10(spacing) + 1e-9))
    first, last = math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9)
    values = [number * spacing + 0.0 for number in range(first, last + 1)]
    return [(value, f"{value:,.{decimals}f}".replace(",", "\u2009")) for value in values]


def nice_spacing(span: float, most: int) -> float:
    """The least of 1, 2, 5 · 10^k that cuts `span` into at most `most` pieces; 0 for none."""
    if span <= 0 or not math.isfinite(span):
        return 0.0
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))
