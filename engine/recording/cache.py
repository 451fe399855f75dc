"""Arrays read from files, kept for as long as they are looked at and up to a number of bytes for all of them;
those not looked at for longest go first."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

from numpy.typing import NDArray

UNUSED_SECONDS = 60.0  # a view looks at what it shows many times a second, so this was shown a while ago


@dataclass(slots=True)
class _Kept:
    array: NDArray[Any]
    used: float  # when, by the clock that does not go back


class Room:
    """A number of bytes for the arrays of all caches in it. Threads may share it."""

    def __init__(self, most_bytes: int) -> None:
        self.most = most_bytes
        self.nbytes = 0
        self._lock = Lock()
        self._arrays: OrderedDict[tuple[Cache, Hashable], _Kept] = OrderedDict()

    def get(self, place: tuple["Cache", Hashable]) -> NDArray[Any] | None:
        """What is there, now the most recently used."""
        with self._lock:
            found = self._arrays.get(place)
            if found is None:
                return None
            found.used = monotonic()
            self._arrays.move_to_end(place)
            return found.array

    def put(self, place: tuple["Cache", Hashable], array: NDArray[Any]) -> None:
        """Keep `array`; what was not used for a while goes, and more where there is no room for all."""
        now = monotonic()
        with self._lock:
            self._remove(place)
            self._arrays[place] = _Kept(array, now)
            self.nbytes += array.nbytes
            while len(self._arrays) > 1:
                oldest = next(iter(self._arrays))
                if self.nbytes <= self.most and now - self._arrays[oldest].used < UNUSED_SECONDS:
                    break
                self._remove(oldest)

    def clear(self, owner: "Cache") -> None:
        """Keep nothing of one cache."""
        with self._lock:
            for place in [place for place in self._arrays if place[0] is owner]:
                self._remove(place)

    def kept(self, owner: "Cache") -> int:
        """Bytes of one cache."""
        with self._lock:
            return sum(kept.array.nbytes for place, kept in self._arrays.items() if place[0] is owner)

    def _remove(self, place: tuple["Cache", Hashable]) -> None:
        known = self._arrays.pop(place, None)
        self.nbytes -= 0 if known is None else known.array.nbytes


class Cache:
    """What one reader keeps in a room, by key. It makes room for what others read, and they for it."""

    def __init__(self, room: Room) -> None:
        self._room = room

    @property
    def nbytes(self) -> int:
        """Bytes kept by this one."""
        return self._room.kept(self)

    def get(self, key: Hashable) -> NDArray[Any] | None:
        """What is kept under `key`; None where nothing is."""
        return self._room.get((self, key))

    def put(self, key: Hashable, array: NDArray[Any]) -> None:
        """Keep `array`, which must own its memory; the last one put stays however large it is."""
        self._room.put((self, key), array)

    def clear(self) -> None:
        """Keep nothing."""
        self._room.clear(self)
