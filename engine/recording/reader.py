"""Reading a recording: a run in progress, one finished last year, and one that came by mail, alike."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.recording.files import Files
from engine.recording.layout_h5 import COUNTERS
from engine.recording.schema import SCHEMA_VERSION, Checkpoint, Event, Layout, MetricColumn

_MISSING = (OSError, KeyError, RuntimeError)  # what h5py raises for a file that is not, or not yet, whole


class Recording:
    """One recording, open for reading. While its run lives, :meth:`refresh` brings what is new.

    Attributes:
        path: the finished file's path, also while the run lives.
        name: the file's stem.
        layout: shapes and constants, read from the file alone.
        live: the file is still growing.
        rows: rows that are whole.
        steps: [rows] updates done.
        seconds: [rows] since the run began.
        events, checkpoints: in order; the lists grow while live.
    """

    def __init__(self, path: Path) -> None:
        """Use :meth:`open`."""
        self._files = Files.of(path)
        self.path = self._files.final
        self.name = self._files.name
        self.rows = 0
        self.events: list[Event] = []
        self.checkpoints: list[Checkpoint] = []
        self._policy_rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._returns_rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._steps = _Growing((), np.int64)
        self._seconds = _Growing((), np.float64)
        self._attach()
        self.layout = _layout(self._entry, self._opened)
        self._columns = {column.name: index for index, column in enumerate(self.layout.columns)}
        self._metrics = _Growing((len(self.layout.seeds), len(self.layout.columns)), np.float64)
        self._read_new()

    @classmethod
    def open(cls, path: Path | str) -> "Recording":
        """Open a finished recording, or a live one by its own name or the name that it will have.

        Raises:
            UserError: in one line, when there is nothing to read at `path` (yet), or what is there is
                not a recording, is cut short, or was written by a newer version.
        """
        path = Path(path)
        try:
            return cls(path)
        except _MISSING as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{path}: not a recording that can be read ({reason})") from None

    def refresh(self) -> bool:
        """Look for new rows; True when there are any, or when the live file became the finished one."""
        if not self.live:
            return False
        try:
            if not self._same_file():
                return self._reattach()
            self._commit.refresh()
            return self._read_new()
        except _MISSING:
            # The file is being replaced under our hands; the next look finds the new one.
            return False

    @property
    def steps(self) -> NDArray[np.int64]:
        """[rows] updates done; not falling, and repeated where a resting run was measured again."""
        return self._steps.values

    @property
    def seconds(self) -> NDArray[np.float64]:
        """[rows] since the run began."""
        return self._seconds.values

    def metric(self, name: str) -> NDArray[np.float64]:
        """[rows, S]; NaN where it was not measured. A view: do not write to it.

        Raises:
            KeyError: for a metric that this recording does not have.
        """
        return self._metrics.values[:, :, self._columns[name]]

    def policy(self, row: int) -> NDArray[np.float32] | None:
        """[S, T, P, A] as last recorded at or before `row`; None where there is none."""
        return self._at("policy", self._policy_rows, row)

    def returns(self, row: int) -> NDArray[np.float32] | None:
        """[S, T, R] as last measured at or before `row`; None where there is none."""
        return self._at("returns", self._returns_rows, row)

    def row_at(self, step: float) -> int:
        """The last row at or before `step`; 0 before the first."""
        return max(0, int(np.searchsorted(self.steps, step, side="right")) - 1)

    def close(self) -> None:
        """Let go of the file. Closing twice is fine."""
        self._file.close()

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _attach(self) -> None:
        """Open the finished file, or else the live one."""
        files = self._files
        if files.final.exists():
            self._opened, self.live = files.final, False
        elif files.part.exists():
            self._opened, self.live = files.part, True
        elif files.journal.exists():
            raise UserError(
                f"{files.final}: its run has just begun, or was killed; to finish it, type: recover"
            )
        else:
            raise UserError(f"{files.final}: no such recording")
        # Locks are left to the writer: a reader must never keep a recorder from its work.
        self._file = h5py.File(self._opened, "r", swmr=self.live, locking=False)
        self._entry = self._file["entry"]
        self._commit = self._entry["commit"]
        self._identity = self._opened.stat()

    def _same_file(self) -> bool:
        if self._files.final.exists():
            return False
        return os.path.samestat(self._identity, self._opened.stat())

    def _reattach(self) -> bool:
        """Move over to the file that took this one's place. What was read stays: both hold the same rows."""
        before = self._file
        self._attach()
        before.close()
        self._read_new()
        return True

    def _read_new(self) -> bool:
        """Take in what lies between what is known and the commit counter."""
        counts = dict(zip(COUNTERS, (int(count) for count in self._commit[...]), strict=False))
        if counts["rows"] < self.rows:  # a new recorder has not caught up yet
            return False
        changed = counts["rows"] > self.rows
        if changed:
            new = slice(self.rows, counts["rows"])
            self._steps.extend(self._fresh("step")[new])
            self._seconds.extend(self._fresh("time")[new])
            self._metrics.extend(self._fresh("metrics")[new])
            self.rows = counts["rows"]
        for name in ("policy", "returns"):
            counter = "policies" if name == "policy" else "returns"
            known: NDArray[np.int64] = getattr(self, f"_{name}_rows")
            if counts[counter] > len(known):
                rows = self._fresh(f"{name}_row")[len(known) : counts[counter]]
                setattr(self, f"_{name}_rows", np.concatenate([known, rows]))
                self._fresh(name)
        events = self._texts("event", len(self.events), counts["events"])
        self.events += [Event(**data) for data in events]
        checkpoints = self._texts("checkpoint", len(self.checkpoints), counts["checkpoints"])
        self.checkpoints += [Checkpoint(**data) for data in checkpoints]
        return changed or bool(events) or bool(checkpoints)

    def _fresh(self, name: str) -> h5py.Dataset:
        """A dataset whose new length is known."""
        dataset = self._entry[name]
        if self.live:
            dataset.refresh()
        return dataset

    def _texts(self, kind: str, known: int, count: int) -> list[dict[str, Any]]:
        if count <= known:
            return []
        index = self._fresh(f"{kind}_index")[known:count]
        first, last = int(index[0, 0]), int(index[-1].sum())
        data = self._fresh(f"{kind}_bytes")[first:last].tobytes()
        return [json.loads(data[at - first : at - first + length]) for at, length in index.tolist()]

    def _at(self, name: str, rows: NDArray[np.int64], row: int) -> NDArray[np.float32] | None:
        index = int(np.searchsorted(rows, row, side="right")) - 1
        if index < 0:
            return None
        values: NDArray[np.float32] = self._entry[name][index]
        return values


class _Growing:
    """Rows that arrive in pieces, kept in one array that doubles."""

    def __init__(self, shape: tuple[int, ...], dtype: type) -> None:
        self._array: NDArray[Any] = np.empty((256, *shape), dtype=dtype)
        self._length = 0

    @property
    def values(self) -> NDArray[Any]:
        return self._array[: self._length]

    def extend(self, rows: NDArray[Any]) -> None:
        needed = self._length + len(rows)
        if needed > len(self._array):
            larger = np.empty((max(needed, 2 * len(self._array)), *self._array.shape[1:]), self._array.dtype)
            larger[: self._length] = self.values
            self._array = larger
        self._array[self._length : needed] = rows
        self._length = needed


def _layout(entry: h5py.Group, path: Path) -> Layout:
    version = int(entry.attrs["schema_version"])
    if version > SCHEMA_VERSION:
        raise UserError(
            f"{path}: schema version {version}; this program reads up to {SCHEMA_VERSION}: update it"
        )

    def words(name: str, count: int) -> tuple[str, ...]:
        return tuple(word.decode() for word in entry[name][:count].tolist())

    def text(name: str) -> Any:
        return json.loads(entry[name][...].tobytes())

    _, _, probes, actions = entry["policy"].shape[1:]
    return Layout(
        seeds=tuple(entry["seed"][...].tolist()),
        targets=tuple(entry["target"][...].tolist()),
        probes=words("probe", probes),
        actions=words("action", actions),
        columns=tuple(MetricColumn(**column) for column in text("metric_columns")),
        returns=tuple(entry["return"][...].tolist()),
        constants={name: dataset[...] for name, dataset in entry["constants"].items()},
        provenance=text("provenance"),
        catalogue=text("catalogue"),
    )
