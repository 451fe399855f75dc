"""Curves of a recording at a wanted number of points, whatever its length: from the pyramid where there are
many rows, from the rows themselves where there are few. What was read is kept within a bound, which all
recordings that are open share."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.recording.blocks import Blocks
from engine.recording.cache import Cache, Room
from engine.recording.pyramid import (
    HIGHEST,
    LEAST,
    LOWEST,
    MEAN,
    MOST,
    ROWS,
    SIZES,
    STATISTICS,
    Floats,
    entries_of_rows,
)  # fmt: skip

ENTRIES = Room(48 << 20)
WHOLE_ROWS = Room(96 << 20)  # rows with all their metrics
BLOCK_ROWS = 256  # one chunk of a typical file: what one look at the cursor costs
BLOCK_ENTRIES = 2048
FEW_ROWS = 8192  # up to here the rows are read and not the pyramid
ANSWERS = 16  # kept of each kind
_FARTHER = -2
WHOLE = len(SIZES)  # the coarsest level; 0 is the rows themselves


@dataclass(frozen=True, slots=True)
class Curve:
    """What is drawn of a metric: a line (the mean over seeds) and the band of all seeds around it. All [n].

    Attributes:
        x: steps, not falling.
        rows: measured rows that the points stand for.
        decimated: there are fewer points than rows; the extremes of each column of pixels are among them.
    """

    x: Floats
    line: Floats
    low: Floats
    high: Floats
    rows: int
    decimated: bool


class Source(Protocol):
    """What curves are made of: a recording's rows, and the levels of its pyramid (from 1)."""

    rows: int

    def read_steps(self, first: int, last: int) -> NDArray[np.int64]: ...
    def read_metrics(self, first: int, last: int) -> Floats: ...
    def read_level_steps(self, level: int, first: int, last: int) -> NDArray[np.int64]: ...
    def read_level(self, level: int, column: int, first: int, last: int) -> Floats: ...


class Curves:
    """Asks a source for no more than it needs. A column is the place of a metric in the layout."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._cache, self._rows_cache = Cache(ENTRIES), Cache(WHOLE_ROWS)
        self._raw = Blocks(source.read_metrics, BLOCK_ROWS, self._rows_cache)
        self._steps = [Blocks(source.read_steps, BLOCK_ENTRIES, self._cache, (0, -1))]
        for level in range(1, WHOLE + 1):
            read = partial(source.read_level_steps, level)
            self._steps.append(Blocks(read, BLOCK_ENTRIES, self._cache, (level, -1)))
        self._entries: dict[tuple[int, int], Blocks] = {}
        self._extremes: dict[int, tuple[int, float, float, int]] = {}
        # Every view asks the same of the same few places in each frame: answers, kept until they are many.
        self._rows_at: dict[tuple[float, int], int] = {}
        self._measured: dict[int, NDArray[np.int64]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes kept."""
        return self._cache.nbytes + self._rows_cache.nbytes

    def close(self) -> None:
        """Keep nothing."""
        self._cache.clear()
        self._rows_cache.clear()

    def row(self, row: int) -> Floats:
        """[S, M] every metric of one row."""
        values: Floats = self._raw.between(row, row + 1)[0]
        return values

    def step(self, row: int) -> int:
        """Updates done in a row."""
        return int(self._steps[0].between(row, row + 1)[0])

    def row_at(self, step: float) -> int:
        """The last row at or before `step`; -1 before the first."""
        asked = step, self._source.rows
        found = self._rows_at.get(asked)
        if found is None:
            found = self._steps[0].search(*asked) - 1
            _keep(self._rows_at, asked, found)
        return found

    def extremes(self, column: int) -> tuple[float, float, int]:
        """Lowest and highest value over all seeds and rows, and how many rows are measured."""
        seen, low, high, count = self._extremes.get(column, (0, np.inf, -np.inf, 0))
        rows = self._source.rows
        if rows > seen:
            entries = _known(self._cover(column, seen, rows, WHOLE))
            low = float(entries[:, LOWEST].min(initial=low))
            high = float(entries[:, HIGHEST].max(initial=high))
            count += int(entries[:, ROWS].sum())
            self._extremes[column] = rows, low, high, count
        return low, high, count

    def measured(self, column: int, row: int) -> int:
        """The last row not after `row` in which the metric was measured; -1 where there is none."""
        if row < 0:
            return -1
        found = self._measured.get(row)
        if found is None:
            found = self._measured_nearby(row)
            _keep(self._measured, row, found)
        if found[column] == _FARTHER:
            found[column] = self._nearest(column, 0, row // SIZES[0] * SIZES[0], last=True)
        return int(found[column])

    def _measured_nearby(self, row: int) -> NDArray[np.int64]:
        """[M] for each metric the last row in which it was measured, where that is in the block of `row`."""
        near = row // SIZES[0] * SIZES[0]
        known = np.isfinite(self._raw.between(near, row + 1)).any(axis=1)
        return np.where(known.any(axis=0), row - known[::-1].argmax(axis=0), _FARTHER)

    def curve(self, column: int, left: float, right: float, points: int) -> Curve:
        """Between two steps, and one measured row beyond on either side, on `points` columns of pixels. Of
        few rows the last of each step: those before it are of turns at rest that are over."""
        first, last = self._window(column, left, right)
        level = self._level(last - first, points)
        entries = self._cover(column, first, last, level)
        rows = int(entries[:, ROWS].sum())
        if level == 0 and rows <= 2 * points:
            known = entries[:, ROWS] > 0
            x = self._steps[0].between(first, last)[known].astype(np.float64)
            kept = _last_of_each(x)
            x, exact = x[kept], entries[known][kept]
            return Curve(x, exact[:, MEAN], exact[:, LOWEST], exact[:, HIGHEST], len(x), decimated=False)
        # The newest row is always exact: it is left out of what is decimated, and added as it is.
        newest = self._cover(column, last - 1, last, 0)
        x, line, low, high = self._decimated(column, first, last - 1, level, points)
        return Curve(
            np.append(x, self._steps[0].between(last - 1, last)),
            np.append(line, newest[:, MEAN]),
            np.append(low, newest[:, LOWEST]),
            np.append(high, newest[:, HIGHEST]),
            rows,
            decimated=True,
        )

    def means(self, column: int, left: float, right: float, points: int) -> tuple[Floats, Floats]:
        """Steps [n] and the mean over seeds there [n], or over seeds and a block of rows where there are
        many; NaN where nothing was measured. At most 2 * `points` places from the row before `left` to the
        last within, which is one of them, and of few rows the last of each step; every metric has the same
        ones."""
        first = max(self.row_at(np.nextafter(left, -np.inf)), 0)
        last = self.row_at(right) + 1
        level = self._level(last - first, points)
        entries = self._cover(column, first, last, level)
        steps = self._steps_of(first, last, level).astype(np.float64)
        if level == 0:
            kept = _last_of_each(steps)
            steps, entries = steps[kept], entries[kept]
        thin = max(1, len(entries) // points)
        return steps[::-thin][::-1], entries[::-thin][::-1][:, MEAN]

    def _window(self, column: int, left: float, right: float) -> tuple[int, int]:
        """First row and end of what is drawn, both ends measured rows; (0, 0) where nothing is."""
        rows = self._source.rows
        inner = self.row_at(np.nextafter(left, -np.inf)) + 1
        outer = self.row_at(right) + 1
        first = self.measured(column, inner - 1)
        if first < 0:
            first = self._nearest(column, inner, rows, last=False)
        last = self._nearest(column, outer, rows, last=False)
        if last < 0:
            last = self.measured(column, rows - 1)
        return (first, last + 1) if 0 <= first <= last else (0, 0)

    def _level(self, rows: int, points: int) -> int:
        """The coarsest level that still has a block for every other column of pixels."""
        if rows <= max(FEW_ROWS, 2 * points):
            return 0
        return max((n for n, size in enumerate(SIZES, start=1) if 2 * rows // size >= points), default=1)

    def _decimated(
        self, column: int, first: int, last: int, level: int, points: int
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """At most two points a column of pixels: its least and greatest value, so that no spike is lost."""
        entries = self._cover(column, first, last, level)
        known = entries[:, ROWS] > 0
        entries = entries[known]
        steps = self._steps_of(first, last, level)[known].astype(np.float64)
        pixel = (self._starts(first, last, level)[known] - first) * points // max(last - first, 1)
        begins = np.unique(pixel, return_index=True)[1]
        if not len(begins):
            return steps, steps, steps, steps
        line = np.empty(2 * len(begins))
        line[0::2] = np.minimum.reduceat(entries[:, LEAST], begins)
        line[1::2] = np.maximum.reduceat(entries[:, MOST], begins)
        low = np.repeat(np.minimum.reduceat(entries[:, LOWEST], begins), 2)
        high = np.repeat(np.maximum.reduceat(entries[:, HIGHEST], begins), 2)
        told = np.ones(len(line), dtype=bool)
        told[1::2] = line[1::2] != line[0::2]  # otherwise one point says it all
        return np.repeat(steps[begins], 2)[told], line[told], low[told], high[told]

    def _nearest(self, column: int, first: int, end: int, *, last: bool) -> int:
        """The first or last measured row from `first` to before `end`; -1 where there is none. Goes down from
        the coarsest block that has one."""
        for level in range(WHOLE, -1, -1):
            known = np.flatnonzero(self._cover(column, first, end, level)[:, ROWS])
            if not known.size:
                return -1
            index = known[-1 if last else 0]
            starts = np.append(self._starts(first, end, level), end)
            first, end = int(starts[index]), int(starts[index + 1])
        return first

    # Rows `first` to `end` as blocks: the largest that are whole, no larger than those of `level`.

    def _pieces(self, first: int, end: int, level: int) -> list[tuple[int, int, int]]:
        """(level, first block, end) of the blocks, in order."""
        if first >= end:
            return []
        if level == 0:
            return [(0, first, end)]
        size = SIZES[level - 1]
        begin, stop = -(-first // size), end // size
        if begin >= stop:
            return self._pieces(first, end, level - 1)
        before = self._pieces(first, begin * size, level - 1)
        return [*before, (level, begin, stop), *self._pieces(stop * size, end, level - 1)]

    def _cover(self, column: int, first: int, end: int, level: int) -> Floats:
        """[n, 6] the entries of the blocks."""
        found = [self._column(n, column).between(*blocks) for n, *blocks in self._pieces(first, end, level)]
        return _joined(found, np.empty((0, len(STATISTICS))))

    def _steps_of(self, first: int, end: int, level: int) -> NDArray[np.int64]:
        """[n] the first step of each block."""
        found = [self._steps[n].between(*blocks) for n, *blocks in self._pieces(first, end, level)]
        return _joined(found, np.empty(0, dtype=np.int64))

    def _starts(self, first: int, end: int, level: int) -> NDArray[np.int64]:
        """[n] the first row of each block."""
        found = [
            np.arange(begin, stop) * (SIZES[n - 1] if n else 1)
            for n, begin, stop in self._pieces(first, end, level)
        ]
        return _joined(found, np.empty(0, dtype=np.int64))

    def _column(self, level: int, column: int) -> Blocks:
        found = self._entries.get((level, column))
        if found is None:
            read = partial(self._source.read_level, level, column) if level else partial(self._rows, column)
            found = self._entries[level, column] = Blocks(read, BLOCK_ENTRIES, self._cache, (level, column))
        return found

    def _rows(self, column: int, first: int, last: int) -> Floats:
        """Rows as entries of their own."""
        return entries_of_rows(self._raw.between(first, last)[:, :, column : column + 1])[:, 0]


def _keep(answers: dict[Any, Any], asked: object, answer: object) -> None:
    if len(answers) >= ANSWERS:
        answers.clear()
    answers[asked] = answer


def _last_of_each(steps: Floats) -> NDArray[np.bool_]:
    """Which of ascending steps [n] are the last of their kind."""
    return np.append(steps[1:] != steps[:-1], np.ones(min(len(steps), 1), dtype=bool))


def _known(entries: Floats) -> Floats:
    return entries[entries[:, ROWS] > 0]


def _joined(arrays: list[NDArray[Any]], nothing: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate(arrays) if len(arrays) > 1 else arrays[0] if arrays else nothing
