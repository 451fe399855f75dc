"""The recordings that an order is about."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import zip_longest

from engine.exports.kinds import Order
from engine.recording.reader import Recording


@contextmanager
def opened(order: Order) -> Iterator[list[Recording]]:
    """All of them, each as it was after the update at which the order holds it, if it does.

    Raises:
        UserError: when one cannot be read.
    """
    with ExitStack() as stack:
        yield [
            stack.enter_context(Recording.open(path, until))
            for path, until in zip_longest(order.recordings, order.held)
        ]
