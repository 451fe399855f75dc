"""Arrays read from a file, kept up to a number of bytes; those not looked at for longest go first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from numpy.typing import NDArray


class Cache:
    """Least recently used arrays, by key."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._arrays: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self.nbytes = 0

    def get(self, key: Hashable) -> NDArray[Any] | None:
        """What is kept under `key`, now the most recently used; None where nothing is."""
        found = self._arrays.get(key)
        if found is not None:
            self._arrays.move_to_end(key)
        return found

    def put(self, key: Hashable, array: NDArray[Any]) -> None:
        """Keep `array`, which must own its memory; the last one put stays however large it is."""
        old = self._arrays.pop(key, None)
        self.nbytes += array.nbytes - (0 if old is None else old.nbytes)
        self._arrays[key] = array
        while self.nbytes > self._most and len(self._arrays) > 1:
            self.nbytes -= self._arrays.popitem(last=False)[1].nbytes
