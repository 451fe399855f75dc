"""What this process is at, in words, for whoever waits for it: what takes long says so, and how far it is.

A process has one such account, as it has one run. It changes nothing of what is computed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_under_way: list[str] = []  # the innermost last


@contextmanager
def at(words: str) -> Iterator[Callable[[str], None]]:
    """While this lasts, the process is at `words`; the function given hears how far it is, in words."""
    place = len(_under_way)
    _under_way.append(words)

    def told(far: str) -> None:
        _under_way[place] = f"{words}: {far}"

    try:
        yield told
    finally:
        del _under_way[place:]


def now() -> str:
    """What is under way; empty where nothing says so. May be asked by another thread."""
    return next(reversed(_under_way.copy()), "")
