"""One run's whole recording as a file of its own, which opens like any other: also while the run goes on."""

from engine.errors import UserError
from engine.exports.kinds import Order, Progress
from engine.exports.opened import opened
from engine.exports.whole import whole
from engine.recording.snapshot import snapshot


def write(order: Order, progress: Progress) -> None:
    """Copy the recording as `order` says.

    Raises:
        UserError: when it cannot be read or written.
    """
    with opened(order) as (recording,):
        if order.out.absolute() == recording.path.absolute():
            raise UserError(f"{order.out} is the recording itself; allowed: another name")
        with whole(order.out) as path:
            snapshot(recording, path, progress)
