"""Summaries of rows at several levels, so that ten million of them are drawn as fast as a thousand.

An entry sums up a block of consecutive rows: 32 of them at the first level, 512, 8192 and 131072 at the
next ones. Only whole blocks have an entry; what is left over is read from the level below, in the end from
the rows. So an entry never changes, and a file that grows only ever appends.

The entry of a metric holds six numbers, in the order of :data:`STATISTICS`. A row counts where at least one
seed has a finite value; its mean is taken over those seeds. NaN in all but `rows` where no row counts.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FACTOR = 16  # blocks of one level in a block of the next
SIZES = (32, 32 * FACTOR, 32 * FACTOR**2, 32 * FACTOR**3)  # rows of a block, by level
STATISTICS = ("least", "mean", "most", "lowest", "highest", "rows")
"""Least, mean and greatest mean over seeds; lowest and highest seed; rows that count."""
LEAST, MEAN, MOST, LOWEST, HIGHEST, ROWS = range(6)

Level = tuple[NDArray[np.int64], Floats]  # first step of each block [n], entries [n, M, 6]


def entries_of_rows(metrics: Floats) -> Floats:
    """[n, S, M] → [n, M, 6]: every row as an entry of its own."""
    finite = np.isfinite(metrics)
    count = finite.sum(axis=1)
    with np.errstate(over="ignore"):  # values near the largest float have an infinite sum
        mean = np.where(finite, metrics, 0.0).sum(axis=1) / np.maximum(count, 1)
    entries = np.empty((*mean.shape, len(STATISTICS)))
    entries[..., [LEAST, MEAN, MOST]] = mean[..., None]
    entries[..., LOWEST] = np.where(finite, metrics, np.inf).min(axis=1, initial=np.inf)
    entries[..., HIGHEST] = np.where(finite, metrics, -np.inf).max(axis=1, initial=-np.inf)
    entries[..., ROWS] = count > 0
    entries[count == 0, :ROWS] = np.nan
    return entries


def combined(entries: Floats, size: int) -> Floats:
    """[n * size, M, 6] → [n, M, 6]: one entry for every `size` of them, in order."""
    blocks = entries.reshape(-1, size, *entries.shape[1:])
    count = blocks[..., ROWS]
    known = count > 0
    total = count.sum(axis=1)
    result = np.empty((len(blocks), *entries.shape[1:]))
    for statistic in (LEAST, LOWEST):
        result[..., statistic] = np.where(known, blocks[..., statistic], np.inf).min(axis=1)
    for statistic in (MOST, HIGHEST):
        result[..., statistic] = np.where(known, blocks[..., statistic], -np.inf).max(axis=1)
    with np.errstate(over="ignore"):
        weighted = np.where(known, blocks[..., MEAN], 0.0) * count
        result[..., MEAN] = weighted.sum(axis=1) / np.maximum(total, 1)
    result[..., ROWS] = total
    result[total == 0, :ROWS] = np.nan
    return result


class Pyramid:
    """Makes the levels as rows arrive; holds fewer than 32 rows and 16 entries a level."""

    def __init__(self) -> None:
        self._rows: Level | None = None
        self._entries: list[Level | None] = [None] * len(SIZES)

    def add(self, steps: NDArray[np.int64], metrics: Floats) -> list[Level]:
        """Take in rows: `steps` [n], `metrics` [n, S, M]. Returns the blocks that became whole, by level."""
        self._rows = (steps, metrics) if self._rows is None else _joined(self._rows, (steps, metrics))
        whole = len(self._rows[0]) // SIZES[0] * SIZES[0]
        steps, metrics = self._rows
        new = steps[: whole : SIZES[0]], combined(entries_of_rows(metrics[:whole]), SIZES[0])
        self._rows = steps[whole:].copy(), metrics[whole:].copy()
        made = [new]
        for level in range(len(SIZES) - 1):
            kept = self._entries[level]
            waiting = new if kept is None else _joined(kept, new)
            whole = len(waiting[0]) // FACTOR * FACTOR
            self._entries[level] = waiting[0][whole:].copy(), waiting[1][whole:].copy()
            new = waiting[0][:whole:FACTOR], combined(waiting[1][:whole], FACTOR)
            made.append(new)
        return made


def levels_of(parts: Iterable[list[Level]]) -> list[Level]:
    """The levels of a whole recording, from what :meth:`Pyramid.add` gave; at least one part is needed."""
    return [
        (np.concatenate([steps for steps, _ in level]), np.concatenate([entries for _, entries in level]))
        for level in zip(*parts, strict=True)
    ]


def _joined(first: Level, second: Level) -> Level:
    return np.concatenate([first[0], second[0]]), np.concatenate([first[1], second[1]])
