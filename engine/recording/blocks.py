"""A growing dataset read a block at a time: what was read is kept as long as there is room for it."""

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.recording.cache import Cache

Read = Callable[[int, int], NDArray[Any]]


class Blocks:
    """Rows of one dataset, in blocks of `size`. Only the last block may be shorter; it is read on when more
    of it has arrived, so that following a live file costs what is new."""

    def __init__(self, read: Read, size: int, cache: Cache, name: Hashable = "") -> None:
        """`read(first, last)` gives rows from the file; `cache` may be shared under different names."""
        self._read, self._size, self._cache, self._name = read, size, cache, name

    def between(self, first: int, last: int) -> NDArray[Any]:
        """Rows `first` to `last` (not included), of which all must be there. Do not write to it."""
        if last <= first:
            return self._read(0, 0)
        pieces = []
        for block in range(first // self._size, (last - 1) // self._size + 1):
            start = block * self._size
            rows = self._block(block, min(last - start, self._size))
            pieces.append(rows[max(first - start, 0) : last - start])
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _block(self, block: int, needed: int) -> NDArray[Any]:
        key, start = (self._name, block), block * self._size
        known = self._cache.get(key)
        if known is None or len(known) < needed:
            have = 0 if known is None else len(known)
            new = self._read(start + have, start + needed)
            known = new if known is None else np.concatenate([known, new])
            self._cache.put(key, known)
        return known

    def search(self, value: float, length: int) -> int:
        """How many of the first `length` rows, of ascending numbers, are at most `value`."""
        low, high = 0, -(-length // self._size)  # the first block that starts above `value` is in here
        while low < high:
            middle = (low + high) // 2
            if self._first(middle, length) <= value:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return 0
        start = (low - 1) * self._size
        rows = self.between(start, min(start + self._size, length))
        return start + int(np.searchsorted(rows, value, side="right"))

    def _first(self, block: int, length: int) -> Any:
        start = block * self._size
        return self._block(block, min(self._size, length - start))[0]
