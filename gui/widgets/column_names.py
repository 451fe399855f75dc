"""Names under columns that stand for actions, as many as can be read."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

NUMBER = re.compile(r"-?[.\d]+(e[-+]\d+)?")


def axes(names: Sequence[str]) -> list[tuple[str, range]]:
    """The axes of a box whose bins are named "axis 2: 0.4", each with its columns; none elsewhere."""
    if not all(": " in name for name in names):
        return []
    each = groupby(range(len(names)), lambda column: names[column].partition(": ")[0])
    found = [(axis, list(columns)) for axis, columns in each]
    return [(axis, range(columns[0], columns[-1] + 1)) for axis, columns in found]


@dataclass(frozen=True, slots=True)
class Label:
    """Words under `columns` columns, which begin at `first`: a half is the middle of a column."""

    words: str
    first: float
    columns: int


def labels(metrics: QFontMetrics, names: Sequence[str], step: float) -> list[Label]:
    """What is written under columns of `step` pixels. Of the bins of several axes ("axis 2: 0.4"), the axes;
    of numbers that do not fit their column as many as fit, evenly; else every name."""
    if found := axes(names):
        return [Label(axis, columns.start, len(columns)) for axis, columns in found]
    every = 1
    if all(NUMBER.fullmatch(name) for name in names):
        widest = max(metrics.horizontalAdvance(name) for name in names)
        every = min(len(names), math.ceil((widest + 4) / step))
    begin = (len(names) - 1) % every // 2
    return [Label(names[index], index - (every - 1) / 2, every) for index in range(begin, len(names), every)]


def names_height(metrics: QFontMetrics, names: Sequence[str], step: float) -> float:
    """Pixels for names in columns of `step` pixels: two lines where one of several words does not fit one."""
    shown = labels(metrics, names, step)
    wide = [one for one in shown if metrics.horizontalAdvance(one.words) > one.columns * step - 4]
    return metrics.height() * (2 if any(" " in one.words for one in wide) else 1) + 3


def draw_names(
    painter: QPainter, left: float, top: float, names: Sequence[str], step: float, lines: float
) -> None:
    """A name under each column (see :func:`labels`), broken between words, cut short where it still does not
    fit."""
    metrics = painter.fontMetrics()
    for label in labels(metrics, names, step):
        room = label.columns * step
        place = QRectF(left + label.first * step, top, room, lines)
        words = (
            label.words.split(" ", 1) if metrics.horizontalAdvance(label.words) > room - 4 else [label.words]
        )
        short = [metrics.elidedText(word, Qt.TextElideMode.ElideRight, int(room) - 2) for word in words]
        flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        painter.drawText(place, flags, "\n".join(short))
