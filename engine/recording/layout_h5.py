"""How a recording lies in an HDF5 file: names, chunks, and how blocks of records are appended to it.

The same layout serves the live file (SWMR, uncompressed whole chunks) and the finished one (gzip and
shuffle). Facts it keeps to, measured with h5py 3.16 and HDF5 2.0: everything is created before SWMR
starts; nothing of variable length; datasets are flushed one by one and the commit counter last.
"""

import json
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from engine.recording import codec
from engine.recording.codec import Block
from engine.recording.pyramid import SIZES, STATISTICS, Pyramid
from engine.recording.schema import SCHEMA_VERSION, Layout

LIBRARY_VERSIONS = ("v110", "v110")  # 'latest' makes files that HDF5 1.14 cannot read
CHUNK_BYTES = 256 << 10
CHUNK_CACHE = 16 << 20
OVERVIEW_CHUNK = 1024  # entries of one metric in a chunk of a finished file's overview

# What `commit` counts, in its order. Readers believe only what lies below these.
COUNTERS = ("rows", "policies", "returns", "events", "event_bytes", "checkpoints", "checkpoint_bytes")


class RecordingFile:
    """One HDF5 file being written. The caller owns what happens when a write fails: the handle is
    abandoned, never tried again (a retry on the same handle silently lost rows)."""

    def __init__(self, path: str, layout: Layout, *, lossless: bool, live: bool) -> None:
        """Create the file. `live`: readable from now on by others while it grows (SWMR)."""
        self._layout = layout
        self._live = live
        self._lossless = lossless
        self._file = h5py.File(path, "w", libver=LIBRARY_VERSIONS, rdcc_nbytes=CHUNK_CACHE)
        self._entry = self._file.create_group("entry")
        self._entry.attrs["schema_version"] = SCHEMA_VERSION
        self._entry.attrs["lossless"] = lossless
        self._entry.attrs["complete"] = not live
        self._describe()
        self._growing = self._create_growing()
        self._commit = self._entry.create_dataset("commit", data=np.zeros(len(COUNTERS), dtype=np.int64))
        self._commit.attrs["counts"] = np.array([name.encode() for name in COUNTERS])
        self._counts = dict.fromkeys(COUNTERS, 0)
        self._pyramid = Pyramid()
        self._attach_scales()
        if live:
            self._file.swmr_mode = True

    @property
    def rows(self) -> int:
        """Rows appended so far."""
        return self._counts["rows"]

    def append(self, block: Block) -> None:
        """Append records. They count for readers after the next :meth:`commit`."""
        self._extend("step", "rows", block.steps)
        self._extend("time", "rows", block.seconds)
        self._extend("metrics", "rows", block.metrics)
        self._extend_overview(block)
        self._extend("policy_row", "policies", block.policy_rows)
        self._extend("policy", "policies", block.policies)
        self._extend("returns_row", "returns", block.returns_rows)
        self._extend("returns", "returns", block.returns)
        self._counts["rows"] += len(block.steps)
        self._counts["policies"] += len(block.policies)
        self._counts["returns"] += len(block.returns)
        self._extend_texts("event", [codec.event_data(event) for event in block.events])
        self._extend_texts("checkpoint", [vars(checkpoint) for checkpoint in block.checkpoints])

    def commit(self) -> None:
        """Make what was appended count: every dataset reaches the file before the counter does."""
        for dataset in self._growing.values():
            dataset.flush()
        self._commit[...] = [self._counts[name] for name in COUNTERS]
        self._commit.flush()

    def close(self) -> None:
        """Commit and close."""
        self.commit()
        self._file.close()

    def _describe(self) -> None:
        """What never changes: scales, constants, provenance, catalogue."""
        layout, entry = self._layout, self._entry
        entry["seed"] = np.array(layout.seeds, dtype=np.int64)
        entry["target"] = np.array(layout.targets, dtype=np.float64)
        entry["return"] = np.array(layout.returns, dtype=np.float64)
        for name, words in (
            ("probe", layout.probes),
            ("action", layout.actions),
            ("metric", tuple(column.name for column in layout.columns)),
        ):
            entry[name] = np.array([word.encode() for word in words] or [b""], dtype=bytes)
        texts = {
            "metric_columns": codec.columns_data(layout.columns),
            "provenance": dict(layout.provenance),
            "catalogue": dict(layout.catalogue),
        }
        for name, data in texts.items():
            entry[name] = np.frombuffer(json.dumps(data).encode(), dtype=np.uint8)
            entry[name].attrs["encoding"] = "JSON, UTF-8"
        constants = entry.create_group("constants")
        for name, array in layout.constants.items():
            constants[name] = np.asarray(array)

    def _create_growing(self) -> dict[str, h5py.Dataset]:
        layout = self._layout
        seeds, columns = len(layout.seeds), len(layout.columns)
        policy = layout.policy_shape
        returns = (seeds, len(layout.targets), len(layout.returns))
        shapes: dict[str, tuple[tuple[int, ...], str]] = {
            "step": ((), "<i8"),
            "time": ((), "<f8"),
            "metrics": ((seeds, columns), "<f8"),
            "policy_row": ((), "<i8"),
            "policy": (policy, "<f4"),
            "returns_row": ((), "<i8"),
            "returns": (returns, "<f4"),
            "event_index": ((2,), "<i8"),
            "event_bytes": ((), "u1"),
            "checkpoint_index": ((2,), "<i8"),
            "checkpoint_bytes": ((), "u1"),
        }
        growing = self._create_overview()
        for name, (shape, dtype) in shapes.items():
            row = max(1, int(np.prod(shape)) * np.dtype(dtype).itemsize)
            growing[name] = self._entry.create_dataset(
                name,
                shape=(0, *shape),
                maxshape=(None, *shape),
                # Short columns take smaller chunks: a live chunk is written whole at each flush.
                chunks=(max(1, min(4096, CHUNK_BYTES // row)), *(max(1, size) for size in shape)),
                dtype=dtype,
                **self._filters,
            )
        growing["time"].attrs["units"] = "s"  # "seconds since …" would be taken for a date
        # What was left out, said where it was left out.
        growing["policy"].attrs["mantissa_bits"] = 23 if self._lossless else codec.MANTISSA_BITS
        specification = layout.provenance.get("specification", {})
        for name, stride in (("metrics", "measure_every"), ("policy", "policy_every")):
            if stride in specification:
                growing[name].attrs[stride] = specification[stride]
        return growing

    @property
    def _filters(self) -> dict[str, Any]:
        return {} if self._live else {"compression": "gzip", "shuffle": True}

    def _create_overview(self) -> dict[str, h5py.Dataset]:
        """The levels of the pyramid, by their names below `entry`. A finished file keeps each metric in
        chunks of its own, so that one curve is read without the others; a live one writes all at once."""
        columns = len(self._layout.columns)
        group = self._entry.create_group("overview")
        group.attrs["statistics"] = np.array([name.encode() for name in STATISTICS])
        growing = {}
        for size in SIZES:
            chunk = (16, max(1, columns)) if self._live else (OVERVIEW_CHUNK, 1)
            growing[overview_steps(size)] = self._entry.create_dataset(
                overview_steps(size),
                shape=(0,),
                maxshape=(None,),
                chunks=(4096,),
                dtype="<i8",
                **self._filters,
            )
            growing[overview_rows(size)] = self._entry.create_dataset(
                overview_rows(size),
                shape=(0, columns, len(STATISTICS)),
                maxshape=(None, columns, len(STATISTICS)),
                chunks=(*chunk, len(STATISTICS)),
                dtype="<f8",
                **self._filters,
            )
        return growing

    def _attach_scales(self) -> None:
        entry = self._entry
        for name in (
            "step",
            "seed",
            "target",
            "return",
            "probe",
            "action",
            "metric",
            "policy_row",
            "returns_row",
        ):
            entry[name].make_scale(name)
        axes = {
            "metrics": ("step", "seed", "metric"),
            "policy": ("policy_row", "seed", "target", "probe", "action"),
            "returns": ("returns_row", "seed", "target", "return"),
        }
        for name, scales in axes.items():
            for axis, scale in enumerate(scales):
                entry[name].dims[axis].attach_scale(entry[scale])

    def _extend(self, name: str, counter: str, values: NDArray[Any]) -> None:
        if len(values):
            start = self._counts[counter]
            self._growing[name].resize(start + len(values), axis=0)
            self._growing[name][start:] = values

    def _extend_overview(self, block: Block) -> None:
        """Add the entries of the blocks that became whole: as many as the committed rows fill."""
        for size, (steps, entries) in zip(SIZES, self._pyramid.add(block.steps, block.metrics), strict=True):
            start = self._counts["rows"] // size
            for name, values in ((overview_steps(size), steps), (overview_rows(size), entries)):
                if len(values):
                    self._growing[name].resize(start + len(values), axis=0)
                    self._growing[name][start:] = values

    def _extend_texts(self, kind: str, records: list[dict[str, Any]]) -> None:
        """Append records as JSON bytes and the place of each in an index."""
        for record in records:
            data = np.frombuffer(json.dumps(record).encode(), dtype=np.uint8)
            place = np.array([[self._counts[f"{kind}_bytes"], len(data)]], dtype=np.int64)
            self._extend(f"{kind}_bytes", f"{kind}_bytes", data)
            self._extend(f"{kind}_index", f"{kind}s", place)
            self._counts[f"{kind}_bytes"] += len(data)
            self._counts[f"{kind}s"] += 1


def overview_rows(size: int) -> str:
    """The entries [n, M, 6] of the blocks of `size` rows, below `entry`."""
    return f"overview/rows_{size}"


def overview_steps(size: int) -> str:
    """The first step [n] of each block of `size` rows, below `entry`."""
    return f"overview/first_step_{size}"
