"""What a recording says of its run as a whole: the entropy law, and the onset of a collapse.

Both are functions of every row so far. They are read out of the recording by whoever shows them, so that a
live run, a finished one and a file that came by mail are judged alike; nothing of it is recorded.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.metrics.columns import ERROR
from engine.metrics.entropy_law import EntropyLaw, Law
from engine.metrics.onset import Onset, OnsetWatch
from engine.tasks.tabular import Floats, Integers

if TYPE_CHECKING:
    from engine.recording.reader import Recording

WATCHED = "effective_modes"
ENTROPY, RETURN = "action_entropy", "return"
AT_ONCE = (
    1 << 11
)  # rows taken in by one look (about 2 MB, 5 ms), so that a long recording is not one long wait


@dataclass(frozen=True)
class Judged:
    """What is known of a whole run; every array [S].

    Attributes:
        law: of return and action entropy.
        onset: of the effective modes.
        onset_error: half the distance between the onsets that the modes plus and minus their standard error
            have, updates; 0 where the modes are exact, NaN where one of the two has none.
        estimable: whether any row could be compared with the base.
    """

    law: Law
    onset: Onset
    onset_error: Floats
    estimable: Floats


class History:
    """Follows one recording. Each row is read once."""

    def __init__(self, recording: "Recording") -> None:
        self._recording = recording
        columns = recording.layout.columns
        self._place = {column.name: index for index, column in enumerate(columns)}
        seeds = len(recording.layout.seeds)
        self._law = EntropyLaw(seeds)
        self._estimated = any(c.name == WATCHED and c.kind == "estimated" for c in columns)
        self._watches = [OnsetWatch(seeds) for _ in range(3 if self._estimated else 1)]
        self._rows = 0
        self._step = -1  # of the last row taken in
        self._own: Floats | None = None  # the first row's modes, where the recording has not the base's
        self._judged: Judged | None = None

    @property
    def caught_up(self) -> bool:
        """Whether every row was taken in."""
        return self._rows >= self._recording.rows

    def read(self) -> bool:
        """Take in what is new, AT_ONCE rows at the most. True where there was anything."""
        recording = self._recording
        first, last = self._rows, min(self._rows + AT_ONCE, recording.rows)
        if last <= first:
            return False
        steps, metrics = recording.read_steps(first, last), recording.read_metrics(first, last)
        if ENTROPY in self._place and RETURN in self._place:
            self._law.extend(metrics[:, :, self._place[ENTROPY]], metrics[:, :, self._place[RETURN]])
        if WATCHED in self._place:
            self._watch(steps, metrics)
        self._rows, self._step = last, int(steps[-1])
        self._judged = None
        return True

    def judged(self) -> Judged:
        """What all rows taken in so far say."""
        if self._judged is None:
            onset = self._watches[0].onset
            error = np.where(np.isnan(onset.step), np.nan, 0.0)
            if self._estimated:
                later, sooner = (watch.onset.step for watch in self._watches[1:])
                error = np.abs(later - sooner) / 2
            estimable = (self._watches[0].judged > 0).astype(np.float64)
            self._judged = Judged(self._law.law(), onset, error, estimable)
        return self._judged

    def _watch(self, steps: Integers, metrics: Floats) -> None:
        modes = metrics[:, :, self._place[WATCHED]]
        # A run that rests learns nothing: rows measured again at one step, because a knob was turned, are
        # not judged.
        fresh = np.diff(steps, prepend=self._step) > 0
        reference = np.where(fresh, self._reference(steps), np.nan)
        if "base_modes" not in self._recording.layout.constants:
            if self._own is None and np.isfinite(modes).any():
                self._own = modes[np.isfinite(modes).any(axis=1)][0]
            own = np.nan if self._own is None else self._own
            reference = np.where(fresh[:, None], own, np.nan) * np.ones_like(modes)
        self._watches[0].extend(steps, modes, reference)
        if self._estimated:
            error = metrics[:, :, self._place[WATCHED + ERROR]]
            for watch, sign in zip(self._watches[1:], (1, -1), strict=True):
                watch.extend(steps, modes + sign * error, reference)

    def _reference(self, steps: Integers) -> Floats:
        """[n] the base's effective modes at the return asked for after each of these steps."""
        layout = self._recording.layout
        known = layout.constants.get("base_modes")
        if known is None:
            return np.full(len(steps), np.nan)
        if np.isnan(layout.targets).all():
            return np.full(len(steps), float(known[0]))
        turns = [e for e in self._recording.events if e.kind == "knob" and e.data.get("name") == "target"]
        asked = [self._first_target(turns[0].data["before"] if turns else None)]
        asked += [float(turn.data["after"]) for turn in turns]
        # What is turned after a step acts from the next one on.
        turn_at = np.searchsorted([turn.step for turn in turns], steps, side="left")
        targets = np.array(layout.targets)
        nearest = np.array([int(np.nanargmin(np.abs(targets - one))) for one in asked])
        exact = np.isclose(targets[nearest], asked, rtol=1e-6, atol=1e-9)
        return np.asarray(np.where(exact, known[nearest], np.nan)[turn_at])

    def _first_target(self, before: Any) -> float:
        """What was asked for at the start."""
        if before is not None:
            return float(before)
        layout = self._recording.layout
        stated = layout.provenance.get("specification", {}).get("knobs", {}).get("target")
        if stated is None:
            knobs = {knob["name"]: knob for knob in layout.catalogue.get("knobs", [])}
            stated = knobs.get("target", {}).get("default", math.nan)
        return float(stated)


def of(recording: "Recording") -> Judged:
    """The whole recording at once."""
    history = History(recording)
    while history.read():
        pass
    return history.judged()
