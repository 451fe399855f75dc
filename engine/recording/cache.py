"""Arrays read from files, kept up to a number of bytes for all of them; those not looked at for longest go
first, and with the next that is read what nobody has looked at for a minute.
"""

import weakref
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from numpy.typing import NDArray

UNUSED_SECONDS = 60.0  # what is drawn again and again is looked at more often


@dataclass(slots=True)
class _Kept:
    array: NDArray[Any]
    used: float  # when, by the clock that does not go back


Place = tuple[object, Hashable]  # a cache's token, and the key in it


class Room:
    """A number of bytes for the arrays of all caches in it. Threads may share it."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self.nbytes = 0
        self._lock = Lock()
        self._arrays: OrderedDict[Place, _Kept] = OrderedDict()
        self._gone: list[object] = []  # tokens of caches that keep nothing any more

    def get(self, place: Place) -> NDArray[Any] | None:
        """What is there, now the most recently used."""
        with self._lock:
            found = self._arrays.get(place)
            if found is None:
                return None
            found.used = monotonic()
            self._arrays.move_to_end(place)
            return found.array

    def put(self, place: Place, array: NDArray[Any]) -> None:
        """Keep `array`; what was not used for a while goes, and more where there is no room for all."""
        now = monotonic()
        with self._lock:
            self._forget_gone()
            self._remove(place)
            self._arrays[place] = _Kept(array, now)
            self.nbytes += array.nbytes
            while len(self._arrays) > 1:
                oldest = next(iter(self._arrays))
                if self.nbytes <= self._most and now - self._arrays[oldest].used < UNUSED_SECONDS:
                    break
                self._remove(oldest)

    def forget(self, token: object) -> None:
        """Keep nothing of one cache. Called by Python's collector too, which may come amid anything here:
        then it is done at the next chance."""
        self._gone.append(token)
        if self._lock.acquire(blocking=False):
            try:
                self._forget_gone()
            finally:
                self._lock.release()

    def kept(self, token: object) -> int:
        """Bytes of one cache."""
        with self._lock:
            return sum(kept.array.nbytes for place, kept in self._arrays.items() if place[0] is token)

    def _forget_gone(self) -> None:
        while self._gone:
            token = self._gone.pop()
            for place in [place for place in self._arrays if place[0] is token]:
                self._remove(place)

    def _remove(self, place: Place) -> None:
        known = self._arrays.pop(place, None)
        self.nbytes -= 0 if known is None else known.array.nbytes


class Cache:
    """What one reader keeps in a room, by key. It makes room for what others read, and they for it; what it
    has goes with it."""

    def __init__(self, room: Room) -> None:
        self._room, self._token = room, object()
        weakref.finalize(self, room.forget, self._token).atexit = False

    @property
    def nbytes(self) -> int:
        """Bytes kept by this one."""
        return self._room.kept(self._token)

    def get(self, key: Hashable) -> NDArray[Any] | None:
        """What is kept under `key`; None where nothing is."""
        return self._room.get((self._token, key))

    def put(self, key: Hashable, array: NDArray[Any]) -> None:
        """Keep `array`, which must own its memory; the last one put stays however large it is."""
        self._room.put((self._token, key), array)

    def clear(self) -> None:
        """Keep nothing."""
        self._room.forget(self._token)
