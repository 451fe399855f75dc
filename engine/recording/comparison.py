"""A run made again, held against its recording: a sink for its rows that finds the first difference.

Numbers are compared bit for bit, after the rounding that the recording was written with; one NaN is as
good as another. Seconds are not compared: they are the machine's, not the run's.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.recording.codec import rounded
from engine.recording.reader import Recording
from engine.recording.schema import Checkpoint, Event, Layout, Row


@dataclass(frozen=True)
class Difference:
    """The first place where a run made again and its recording part.

    Attributes:
        what: `metric`, `policy`, `returns`, `step`, `rows`, `checkpoint`, `constant`, `layout` or `command`.
        row: of the recording; -1 for what belongs to no row.
        step: updates done; -1 likewise.
        seed: -1 where all seeds are meant.
        name: of the metric, constant, axis, command or checkpoint.
        at: the rest of its place: target, probe and action, or the centre of a bin.
        recorded, replayed: both values; None where one side has none.
    """

    what: str
    row: int = -1
    step: int = -1
    seed: int = -1
    name: str = ""
    at: Mapping[str, float | str] | None = None
    recorded: float | str | None = None
    replayed: float | str | None = None

    def __str__(self) -> str:
        places = [f"row {self.row}" if self.row >= 0 else "", f"step {self.step}" if self.step >= 0 else ""]
        places += [f"seed {self.seed}" if self.seed >= 0 else "", f"{self.what} {self.name}".strip()]
        places += [f"{name} {_words(value)}" for name, value in (self.at or {}).items()]
        place = ", ".join(filter(None, places))
        return f"{place}: {_words(self.recorded)} recorded, {_words(self.replayed)} replayed{self._size()}"

    def _size(self) -> str:
        values = (self.recorded, self.replayed)
        if not all(isinstance(value, float) and math.isfinite(value) for value in values):
            return ""
        one, other = (float(value) for value in values if value is not None)
        return f" (relative difference {abs(one - other) / max(abs(one), abs(other)):.1e})"

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON: a number that is not finite is its word."""
        data = asdict(self)
        data["at"] = {name: _plain(value) for name, value in (self.at or {}).items()}
        return {**data, "recorded": _plain(self.recorded), "replayed": _plain(self.replayed)}


class Differs(Exception):  # noqa: N818
    """Raised where a row does not match; carries the difference."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


class Comparison:
    """Takes what a run would write to its journal, and holds it against what another wrote.

    Attributes:
        rows, policies, returns, checkpoints: how many of each matched.
        obstacle, row_bytes: as of a journal; a comparison writes nothing, so nothing is in its way.
    """

    obstacle: str | None = None
    row_bytes: int = 0

    def __init__(self, recording: Recording, places: list[int], *, lossless: bool) -> None:
        """`places`: which of the recording's seeds are compared, in order."""
        self.recording = recording
        self.rows = self.policies = self.returns = self.checkpoints = 0
        self._places = places
        self._lossless = lossless
        self._columns: list[tuple[str, int]] = []  # the recorded metrics, and where they are in a new row
        self._recorded = _rows(recording)
        self._with_policy = frozenset(recording.policy_rows.tolist())
        self._with_returns = frozenset(recording.returns_rows.tolist())

    @property
    def done(self) -> bool:
        """True when every row that was recorded has matched."""
        return self.rows == self.recording.rows

    def begin(self, layout: Layout) -> None:
        """The run made again says what it will record. Raises Differs where that is something else."""
        recorded = self.recording.layout
        for name, one, other in (
            ("seeds", recorded.seeds, layout.seeds),
            ("targets", recorded.targets, layout.targets),
            ("probes", recorded.probes, layout.probes),
            ("actions", recorded.actions, layout.actions),
            ("bins of return", recorded.returns, layout.returns),
        ):
            if not _same(np.array(one), np.array(other)):
                raise Differs(Difference("layout", name=name, recorded=str(one), replayed=str(other)))
        for name, values in recorded.constants.items():
            if name not in layout.constants:
                raise Differs(Difference("constant", name=name, recorded="there", replayed=None))
            if not _same(values, np.asarray(layout.constants[name])):
                raise Differs(Difference("constant", name=name, recorded="other numbers", replayed="these"))
        there = {column.name: index for index, column in enumerate(layout.columns)}
        for column in recorded.columns:
            if column.name not in there:
                raise Differs(Difference("metric", name=column.name, recorded="measured", replayed=None))
        self._columns = [(column.name, there[column.name]) for column in recorded.columns]

    def row(self, row: Row) -> None:
        """Raises Differs where the next recorded row is another. Rows after the last recorded are new."""
        index, recording = self.rows, self.recording
        if index >= recording.rows:
            return
        step, metrics = next(self._recorded)
        if step != row.step:
            raise Differs(
                Difference("step", index, step, recorded=f"update {step}", replayed=f"update {row.step}")
            )
        for own, (name, column) in enumerate(self._columns):
            place = _first(metrics[self._places, own], row.metrics[self._places, column])
            if place is not None:
                (seed,), one, other = place
                raise Differs(Difference("metric", index, step, self._seed(seed), name, None, one, other))
        self._policy(index, step, row.policy)
        self._returns(index, step, row.returns)
        self.rows += 1

    def event(self, event: Event) -> None:
        """Events are where a run's commands come from: nothing to compare."""

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Raises Differs where the state after this update was another. It is every seed's: where only some
        are compared it is not."""
        if len(self._places) < len(self.recording.layout.seeds):
            return
        for recorded in self.recording.checkpoints:
            if recorded.step == checkpoint.step:
                if recorded.sha256 != checkpoint.sha256:
                    digests = recorded.sha256[:12], checkpoint.sha256[:12]
                    raise Differs(Difference("checkpoint", -1, recorded.step, -1, "", None, *digests))
                self.checkpoints += 1

    def close(self) -> None:
        """Nothing to let go of: the recording is the caller's."""

    def _policy(self, index: int, step: int, policy: NDArray[np.float32] | None) -> None:
        recorded = self.recording.policy(index) if index in self._with_policy else None
        if (recorded is None) != (policy is None):
            raise Differs(self._one_sided("policy", index, step, recorded))
        if recorded is None or policy is None:
            return
        made = np.array(policy[self._places], dtype=np.float32)
        place = _first(recorded[self._places], made if self._lossless else rounded(made))
        if place is not None:
            (seed, target, probe, action), one, other = place
            layout = self.recording.layout
            at: dict[str, float | str] = {
                "target": layout.targets[target],
                "probe": layout.probes[probe],
                "action": layout.actions[action],
            }
            raise Differs(Difference("policy", index, step, self._seed(seed), "", at, one, other))
        self.policies += 1

    def _returns(self, index: int, step: int, returns: NDArray[np.float32] | None) -> None:
        recorded = self.recording.returns(index) if index in self._with_returns else None
        if (recorded is None) != (returns is None):
            raise Differs(self._one_sided("returns", index, step, recorded))
        if recorded is None or returns is None:
            return
        place = _first(recorded[self._places], np.array(returns[self._places], dtype=np.float32))
        if place is not None:
            (seed, target, bin_), one, other = place
            layout = self.recording.layout
            at = {"target": layout.targets[target], "return": layout.returns[bin_]}
            raise Differs(Difference("returns", index, step, self._seed(seed), "", at, one, other))
        self.returns += 1

    def _one_sided(self, what: str, index: int, step: int, recorded: object) -> Difference:
        words = (None, "there") if recorded is None else ("there", None)
        return Difference(what, index, step, recorded=words[0], replayed=words[1])

    def _seed(self, place: int) -> int:
        return self.recording.layout.seeds[self._places[place]]


def _rows(recording: Recording) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Step and metrics [S, M] of every row, read in blocks."""
    for steps, _, metrics in recording.table():
        yield from zip(steps.tolist(), metrics, strict=True)


def _first(recorded: NDArray[Any], replayed: NDArray[Any]) -> tuple[tuple[int, ...], float, float] | None:
    """The first place where the bits differ, and both values; None where they are all the same."""
    if recorded.shape == replayed.shape and recorded.tobytes() == replayed.tobytes():
        return None
    bits = np.dtype(f"u{recorded.dtype.itemsize}")
    one, other = np.ascontiguousarray(recorded), np.ascontiguousarray(replayed)
    unlike = (one.view(bits) != other.view(bits)) & ~(np.isnan(one) & np.isnan(other))
    if not unlike.any():
        return None
    place = tuple(int(index) for index in np.argwhere(unlike)[0])
    return place, float(one[place]), float(other[place])


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    numbers = one.dtype.kind in "fc" and other.dtype.kind in "fc"
    return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=numbers))


def _words(value: float | str | None) -> str:
    if value is None:
        return "nothing"
    return repr(value) if isinstance(value, float) else value


def _plain(value: float | str | None) -> float | str | None:
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value
