"""Reading a recording: a run in progress, one finished last year, and one that came by mail, alike."""

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.recording.blocks import Blocks
from engine.recording.cache import Cache, Room
from engine.recording.curves import Curve, Curves
from engine.recording.files import Files
from engine.recording.layout_h5 import COUNTERS, overview_rows, overview_steps
from engine.recording.pyramid import SIZES, Level, Pyramid, levels_of
from engine.recording.schema import SCHEMA_VERSION, Checkpoint, Event, Layout, MetricColumn

INDEXES = Room(4 << 20)
INDEX_ROWS = 4096
TABLE_ROWS = 4096
# Of the library's own cache of chunks, for each dataset that was looked at: since HDF5 2.0 it would be 8 MiB,
# for what is kept here already. A table of slots comes with it; a prime, well above the chunks that fit.
CHUNK_CACHE = {"rdcc_nbytes": 1 << 20, "rdcc_nslots": 521}
# What h5py raises for a file that is not, or not yet, whole.
_MISSING = (OSError, KeyError, RuntimeError, UnicodeError)


class Recording:
    """One recording, open for reading. While its run lives, :meth:`refresh` brings what is new.

    Opening reads what does not grow with the run; everything else is read when it is asked for, and kept
    within a bound. `curve`, `means`, `at` and `row_at` cost the same however long the recording is;
    `steps`, `seconds` and `metric` read all there is, unless they are given a range.

    Attributes:
        path: the finished file's path, also while the run lives.
        name: the file's stem.
        layout: shapes and constants, read from the file alone.
        live: the file is still growing.
        held: it was opened as it was after an update, and shows nothing of what came later.
        rows: rows that are whole.
        events, checkpoints: in order; the lists grow while live.
    """

    def __init__(self, path: Path, until: int | None = None) -> None:
        """Use :meth:`open`."""
        self.held = until is not None
        self._files = Files.of(path)
        self.path = self._files.final
        self.name = self._files.name
        self.rows = 0
        self.events: list[Event] = []
        self.checkpoints: list[Checkpoint] = []
        self._counts = dict.fromkeys(COUNTERS, 0)
        self._fresh: set[str] = set()  # datasets looked at since the last commit
        self._looked_at: dict[str, tuple[int, NDArray[np.float32]]] = {}  # the last policy and returns
        self._made: list[Level] | None = None
        self._curves = Curves(self)
        self._index = Cache(INDEXES)
        self._recorded = {  # the row of each policy and of each set of distributions
            name: Blocks(partial(self._read, name), INDEX_ROWS, self._index, name)
            for name in ("policy_row", "returns_row")
        }
        self._file: Any = None
        try:
            self._attach()
            self._begin()
            if until is not None:
                self._hold(until)
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        self.layout = _layout(self._entry, self._opened)
        self._columns = {column.name: index for index, column in enumerate(self.layout.columns)}
        self._read_new()

    def _hold(self, until: int) -> None:
        """Forget what came after an update, but not the first row. A turn that has a row measured belongs to
        that row, and so do the turns of the same act that it overtook: where the row is not there yet, nor
        are they."""
        if self.rows == 0:
            return
        self.rows = self.row_at(until) + 1
        for kind in ("policy", "returns"):
            counter = "policies" if kind == "policy" else kind
            known = self._recorded[f"{kind}_row"].search(self.rows - 1, self._counts[counter])
            self._counts[counter] = known
        step, seconds = self.last_step, self.duration
        late = [event for event in self.events if event.step <= step and event.seconds > seconds]
        ahead = [event for event in late if event.data.get("measured")]
        acts = {(event.data.get("name"), act) for event in ahead if (act := event.data.get("act"))}
        ahead += [event for event in late if (event.data.get("name"), event.data.get("act")) in acts]
        self.events = [event for event in self.events if event.step <= step and event not in ahead]
        self.checkpoints = [checkpoint for checkpoint in self.checkpoints if checkpoint.step <= step]

    @classmethod
    def open(cls, path: Path | str, until: int | None = None) -> "Recording":
        """Open a finished recording, or a live one by its own name or the name that it will have.

        Args:
            until: hold it as it was after this update, whatever its run does; its first row is always there.

        Raises:
            UserError: in one line, when there is nothing to read at `path` (yet), or what is there is
                not a recording, is cut short, or was written by a newer version.
        """
        path = Path(path)
        try:
            return cls(path, until)
        except _MISSING as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{path}: not a recording that can be read ({reason})") from None

    def refresh(self) -> bool:
        """Look for new rows; True when there are any, or when the live file became the finished one."""
        if not self.live or self.held:
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
    def size(self) -> int:
        """Bytes of the file now."""
        return self._opened.stat().st_size

    @property
    def steps(self) -> NDArray[np.int64]:
        """[rows] updates done; not falling, and repeated where a resting run was measured again."""
        return self._read("step", 0, self.rows)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """[rows] since the run began."""
        return self._read("time", 0, self.rows)

    @property
    def policy_rows(self) -> NDArray[np.int64]:
        """[n] the rows that have a policy of their own, ascending."""
        return self._read("policy_row", 0, self._counts["policies"])

    @property
    def returns_rows(self) -> NDArray[np.int64]:
        """[n] the rows that have return distributions of their own, ascending."""
        return self._read("returns_row", 0, self._counts["returns"])

    def has(self, name: str) -> bool:
        """Whether there is such a metric."""
        return name in self._columns

    def metric(self, name: str, first: int = 0, last: int | None = None) -> NDArray[np.float64]:
        """[n, S] from row `first` to before `last`; NaN where it was not measured.

        Raises:
            KeyError: for a metric that this recording does not have.
        """
        column = self._columns[name]
        last = self.rows if last is None else min(last, self.rows)
        values: NDArray[np.float64] = self._dataset("metrics")[first:last, :, column]
        return values

    def table(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]]:
        """All rows in order, some at a time: steps [n], seconds [n], metrics [n, S, M]."""
        for first in range(0, self.rows, TABLE_ROWS):
            last = min(first + TABLE_ROWS, self.rows)
            yield (
                self._read("step", first, last),
                self._read("time", first, last),
                self.read_metrics(first, last),
            )

    @property
    def last_step(self) -> int:
        """Updates done in the newest row; 0 before the first."""
        return self._curves.step(self.rows - 1) if self.rows else 0

    @property
    def duration(self) -> float:
        """Seconds from the run's begin to its newest row; 0 before the first."""
        return float(self._read("time", self.rows - 1, self.rows)[0]) if self.rows else 0.0

    def curve(self, name: str, left: float, right: float, points: int) -> Curve:
        """A metric between two steps for `points` columns of pixels: exact where there are few rows, with
        every extreme where there are many. Raises KeyError for a metric that is not there."""
        return self._curves.curve(self._columns[name], left, right, points)

    def means(
        self, name: str, left: float, right: float, points: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Steps and the mean over seeds there, at the same places for every metric: see `Curves.means`."""
        return self._curves.means(self._columns[name], left, right, points)

    def extremes(self, name: str) -> tuple[float, float, int]:
        """Lowest and highest value over seeds and rows, and in how many rows the metric was measured."""
        return self._curves.extremes(self._columns[name])

    def measured_at(self, name: str, step: float) -> int:
        """The last row not after `step` in which the metric was measured; -1 where there is none."""
        return self._curves.measured(self._columns[name], self._curves.row_at(step))

    def at(self, name: str, row: int) -> NDArray[np.float64]:
        """[S] a metric in one row."""
        return self._curves.row(row)[:, self._columns[name]]

    def step_of(self, row: int) -> int:
        """Updates done in a row."""
        return self._curves.step(row)

    def policy(self, row: int) -> NDArray[np.float32] | None:
        """[S, T, P, A] as last recorded at or before `row`; None where there is none."""
        return self._last("policy", self._counts["policies"], row)

    def returns(self, row: int) -> NDArray[np.float32] | None:
        """[S, T, R] as last measured at or before `row`; None where there is none."""
        return self._last("returns", self._counts["returns"], row)

    def row_at(self, step: float) -> int:
        """The last row at or before `step`; 0 before the first."""
        return max(0, self._curves.row_at(step))

    # What curves are made of.

    def read_steps(self, first: int, last: int) -> NDArray[np.int64]:
        """[n] updates done, from the file."""
        return self._read("step", first, last)

    def read_metrics(self, first: int, last: int) -> NDArray[np.float64]:
        """[n, S, M] from the file."""
        return self._read("metrics", first, last)

    def read_level_steps(self, level: int, first: int, last: int) -> NDArray[np.int64]:
        """[n] first steps of blocks, from the file or, for an old one, made from its rows."""
        if self._has_pyramid:
            return self._read(overview_steps(SIZES[level - 1]), first, last)
        return self._own_levels()[level - 1][0][first:last].copy()

    def read_level(self, level: int, column: int, first: int, last: int) -> NDArray[np.float64]:
        """[n, 6] entries of one metric, from the file or, for an old one, made from its rows."""
        if self._has_pyramid:
            values: NDArray[np.float64] = self._dataset(overview_rows(SIZES[level - 1]))[first:last, column]
            return values
        return self._own_levels()[level - 1][1][first:last, column].copy()

    def _own_levels(self) -> list[Level]:
        if self._made is None:
            pyramid = Pyramid()
            self._made = levels_of(pyramid.add(steps, metrics) for steps, _, metrics in self.table())
        return self._made

    def close(self) -> None:
        """Let go of the file and of what was read. Closing twice is fine."""
        self._curves.close()
        self._index.clear()
        self._looked_at.clear()
        self._made = None
        if self._file is not None:
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
        self._file = h5py.File(self._opened, "r", swmr=self.live, locking=False, **CHUNK_CACHE)
        self._entry = self._file["entry"]
        self._commit = self._entry["commit"]
        self._has_pyramid = int(self._entry.attrs["schema_version"]) >= 2
        self._datasets: dict[str, h5py.Dataset] = {}
        self._fresh.clear()
        self._looked_at.clear()
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
        self.rows, self._counts, self._made = counts["rows"], counts, None
        self._fresh.clear()
        events = self._texts("event", len(self.events), counts["events"])
        self.events += [Event(**data) for data in events]
        checkpoints = self._texts("checkpoint", len(self.checkpoints), counts["checkpoints"])
        self.checkpoints += [Checkpoint(**data) for data in checkpoints]
        return changed or bool(events) or bool(checkpoints)

    def _dataset(self, name: str) -> h5py.Dataset:
        """A dataset that knows all rows that count: one of a live file is looked at anew after each commit,
        or it would go on showing a chunk as it was when it was read."""
        dataset = self._datasets.get(name)
        if dataset is None:
            dataset = self._datasets[name] = self._entry[name]
        if self.live and name not in self._fresh:
            dataset.refresh()
            self._fresh.add(name)
        return dataset

    def _read(self, name: str, first: int, last: int) -> NDArray[Any]:
        values: NDArray[Any] = self._dataset(name)[first:last]
        return values

    def _texts(self, kind: str, known: int, count: int) -> list[dict[str, Any]]:
        if count <= known:
            return []
        index = self._dataset(f"{kind}_index")[known:count]
        first, last = int(index[0, 0]), int(index[-1].sum())
        data = self._dataset(f"{kind}_bytes")[first:last].tobytes()
        return [json.loads(data[at - first : at - first + length].decode()) for at, length in index.tolist()]

    def _last(self, name: str, count: int, row: int) -> NDArray[np.float32] | None:
        index = self._recorded[f"{name}_row"].search(row, count) - 1
        if index < 0:
            return None
        known, values = self._looked_at.get(name, (-1, None))
        if known != index:  # several views look at the same one
            values = self._dataset(name)[index]
            values.flags.writeable = False
            self._looked_at[name] = index, values
        return values


def _layout(entry: h5py.Group, path: Path) -> Layout:
    version = int(entry.attrs["schema_version"])
    if version > SCHEMA_VERSION:
        raise UserError(
            f"{path}: schema version {version}; this program reads up to {SCHEMA_VERSION}: update it"
        )

    def words(name: str, count: int) -> tuple[str, ...]:
        return tuple(word.decode() for word in entry[name][:count].tolist())

    def text(name: str) -> Any:
        return json.loads(entry[name][...].tobytes().decode())

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
