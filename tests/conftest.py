"""What every test has: Python takes circles of dead objects apart between tests, not in the middle of one."""

import gc
from collections.abc import Iterator
from itertools import count

import pytest

OLDEST = 20  # tests between two looks at everything

_done = count(1)


@pytest.fixture(autouse=True)
def _circles_are_taken_apart_between_tests() -> Iterator[None]:
    """Python looks for them when an object is made, which may be in the middle of Qt's own work, with a lock
    held that destroying a window needs as well: the thread then waits for itself. The app has its collector
    for that (gui/collector.py)."""
    gc.disable()
    yield
    gc.collect(2 if next(_done) % OLDEST == 0 else 1)
