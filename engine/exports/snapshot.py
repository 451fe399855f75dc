"""A recording held still: whatever its run does meanwhile, every part of an export is of the same update."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.recording.reader import Recording
from engine.recording.schema import Checkpoint, Event

SOME = 4096  # rows read at once

Rows = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]


class Snapshot:
    """The rows of a recording that are whole now, from one update to another.

    Attributes:
        layout, path, name: the recording's.
        live: the run was still going on.
        first_row, end_row: the rows, the second not included.
        events, checkpoints: up to the last row.
    """

    def __init__(self, recording: Recording, first: int | None = None, last: int | None = None) -> None:
        """`first`, `last`: updates, both included; all where left out.

        Raises:
            UserError: when no row lies between them.
        """
        self._recording = recording
        self.layout, self.path, self.name = recording.layout, recording.path, recording.name
        self.live = recording.live or recording.held
        self.end_row = recording.rows if last is None or recording.rows == 0 else recording.row_at(last) + 1
        steps = recording.read_steps(0, self.end_row)
        self.first_row = 0 if first is None else int(np.searchsorted(steps, first))
        if self.first_row >= self.end_row or (last is not None and steps[0] > last):
            held = f"{steps[0]} to {recording.last_step}" if len(steps) else "none yet"
            raise UserError(f"{recording.path}: no update there; allowed: those recorded, {held}")
        self.steps = steps[self.first_row :].copy()
        self.events: list[Event] = [event for event in recording.events if event.step <= self.last_step]
        self.checkpoints: list[Checkpoint] = [
            checkpoint for checkpoint in recording.checkpoints if checkpoint.step <= self.last_step
        ]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.end_row - self.first_row

    @property
    def last_step(self) -> int:
        """The update at which everything is held."""
        return int(self.steps[-1])

    def metric(self, name: str) -> NDArray[np.float64]:
        """[rows, S]; NaN where it was not measured. Raises KeyError for one that is not there."""
        return self._recording.metric(name, self.first_row, self.end_row)

    def table(self) -> Iterator[Rows]:
        """All rows in order, some at a time: steps [n], seconds [n], metrics [n, S, M]."""
        seconds = self._recording.seconds
        for first in range(self.first_row, self.end_row, SOME):
            last = min(first + SOME, self.end_row)
            steps = self.steps[first - self.first_row : last - self.first_row]
            yield steps, seconds[first:last], self._recording.read_metrics(first, last)
