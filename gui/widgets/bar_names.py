"""Names below bars: across where all of them fit, else aslant and cut short."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from gui.text_size import sized

ACROSS = (11, 10, 9)  # pixels of letters at ordinary text size, the first in which all names fit
ASLANT = 10
FLATTEST, STEEPEST = math.radians(38), math.radians(60)


@dataclass(frozen=True, slots=True)
class BarNames:
    """How the names are written.

    Attributes:
        words: of each bar, its lines.
        angle: by which they rise to the right, radians; 0 for across.
        height: pixels they take.
    """

    font: QFont
    words: list[list[str]]
    angle: float
    height: float

    def draw(self, painter: QPainter, index: int, place: QPointF) -> None:
        """Write the name of a bar in the painter's pen; `place` is above the middle of it."""
        high = QFontMetricsF(self.font).height()
        painter.save()
        painter.setFont(self.font)
        if self.angle:
            painter.translate(place - QPointF(high * math.sin(self.angle) / 2, 0))
            painter.rotate(-math.degrees(self.angle))
            line = QRectF(-1000, 0, 1000, high)  # ends below its bar, wherever it begins
            painter.drawText(line, int(Qt.AlignmentFlag.AlignRight), self.words[index][0])
        else:
            for row, line_words in enumerate(self.words[index]):
                line = QRectF(place.x() - 500, place.y() + row * (high - 1), 1000, high + 2)
                painter.drawText(line, int(Qt.AlignmentFlag.AlignHCenter), line_words)
        painter.restore()


def written(names: Sequence[str], font: QFont, slot: float, before: float, most: float) -> BarNames | None:
    """The names of bars `slot` pixels apart, the first `before` pixels from the left edge, in `most` pixels
    of height at the most; None where none could be read."""
    for size in ACROSS:
        face = sized(font, size)
        metrics = QFontMetricsF(face)
        words = [name_lines(name, metrics, slot - 2) for name in names]
        if all(metrics.horizontalAdvance(line) <= slot - 2 for lines in words for line in lines):
            return BarNames(face, words, 0.0, max(map(len, words)) * metrics.height())
    return _aslant(names, sized(font, ASLANT), slot, before, most)


def _aslant(names: Sequence[str], face: QFont, slot: float, before: float, most: float) -> BarNames | None:
    metrics = QFontMetricsF(face)
    high = metrics.height()
    if high > slot * math.sin(STEEPEST):
        return None
    angle = max(FLATTEST, math.asin(high / slot))
    longest = (most - high * math.cos(angle)) / math.sin(angle)
    if longest < metrics.horizontalAdvance("Abc …"):
        return None
    rooms = [min(longest, (before + (k + 0.5) * slot) / math.cos(angle)) for k in range(len(names))]
    words = [[_cut(name, names, metrics, room)] for name, room in zip(names, rooms, strict=True)]
    length = max(metrics.horizontalAdvance(line) for (line,) in words)
    return BarNames(face, words, angle, length * math.sin(angle) + high * math.cos(angle))


def _cut(name: str, names: Sequence[str], metrics: QFontMetricsF, room: float) -> str:
    """As much of a name as fits: its beginning; but of one that begins as others do what tells it apart, and
    as many letters before that as there is room for."""
    short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
    others = [other for other in names if other != name]
    if short == name or not any(other.startswith(short.removesuffix("…")) for other in others):
        return short
    alike = max(_alike(name, other) for other in others)
    shared = name[: name.rfind(" ", 0, alike) + 1]  # in whole words
    if not shared:
        return metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
    own = f"… {name[len(shared) :]}"
    fitting = [k for k in range(1, len(shared)) if metrics.horizontalAdvance(shared[:k] + own) <= room]
    kept = max(fitting, default=1)
    return metrics.elidedText(shared[:kept] + own, Qt.TextElideMode.ElideRight, room)


def _alike(one: str, other: str) -> int:
    """How many letters they have in common at the beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def name_lines(name: str, metrics: QFontMetricsF, room: float) -> list[str]:
    """Break a name at the space that makes its halves most alike, where one line is too narrow."""
    words = name.split(" ")
    if metrics.horizontalAdvance(name) <= room or len(words) == 1:
        return [name]
    breaks = [[" ".join(words[:k]), " ".join(words[k:])] for k in range(1, len(words))]
    return min(breaks, key=lambda pair: max(map(len, pair)))
