"""What is wrong with a file that claims to be a recording, found without trusting a byte of it.

To be run in a process that may die of it: see `gatekeeper.py`. First how the file is built (links, layouts,
filters, types, sizes), then what it says (shapes, counters, texts, indices), then the data, read as the app
would read them: all of them in a small file or when asked to, else the two ends of each dataset.
"""

import json
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.learners.knobs import Knob
from engine.recording.layout_h5 import COUNTERS, overview_rows, overview_steps
from engine.recording.pyramid import SIZES, STATISTICS, Pyramid
from engine.recording.schema import SCHEMA_VERSION, MetricColumn
from engine.specification import RunSpecification

EXPANSION = 1100  # bytes that one byte of a file may become; gzip reaches 1032
CHUNK_BYTES = 64 << 20
ROW_BYTES = {"metrics": 1 << 20, "policy": 64 << 20, "returns": 64 << 20}
TEXT_BYTES = 16 << 20
WHOLE_BYTES = 64 << 20  # of a dataset that is read in one piece
READ_ALL = 64 << 20  # a file up to this size is read to its last byte
AT_ONCE = 4 << 20
MEMBERS = 1000
GROUPS = ("", "entry", "entry/constants", "entry/overview")
HARMLESS_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE}
REFERRING = {"DIMENSION_LIST", "REFERENCE_LIST"}  # HDF5's own, of dimension scales; never read here

# Members of `entry`: type and shape. n is any number; letters are the axes of the layout.
FIXED = {
    "seed": ("<i8", "S"), "target": ("<f8", "T"), "return": ("<f8", "R"),
    "probe": ("S", "P"), "action": ("S", "A"), "metric": ("S", "M"),
    "metric_columns": ("|u1", "n"), "provenance": ("|u1", "n"), "catalogue": ("|u1", "n"),
    "commit": ("<i8", "C"),
}  # fmt: skip
GROWING = {
    "step": ("<i8", "n", "rows"), "time": ("<f8", "n", "rows"), "metrics": ("<f8", "nSM", "rows"),
    "policy_row": ("<i8", "n", "policies"), "policy": ("<f4", "nSTPA", "policies"),
    "returns_row": ("<i8", "n", "returns"), "returns": ("<f4", "nSTR", "returns"),
    "event_index": ("<i8", "n2", "events"), "event_bytes": ("|u1", "n", "event_bytes"),
    "checkpoint_index": ("<i8", "n2", "checkpoints"), "checkpoint_bytes": ("|u1", "n", "checkpoint_bytes"),
}  # fmt: skip
CONSTANTS = {
    "base_policy": "PA", "oracle_policy": "TPA", "oracle_drift": "T", "base_returns": "R", "frontier": "n3",
    "probe_state": "P", "probe_time": "P", "grid_cell": "P", "grid_shape": "2", "grid_walls": "n",
    "grid_moves": "A2", "grid_exits": "n", "supported": "T",
}  # fmt: skip


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong: its kind in one word, the member, and what is allowed in plain words."""

    kind: str
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.where}: {self.words}" if self.where else self.words


class _StopError(Exception):
    """What follows cannot be looked at."""


def inspect(path: Path, *, thorough: bool = False, opened: Callable[[], None] = lambda: None) -> list[Defect]:
    """Every defect found; none in a sound recording. `thorough` reads all data of a file of any size.

    Args:
        opened: called once the file is open; from then on no other file is needed.
    """
    found: list[Defect] = []
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return [Defect("kind", "", f"is no regular file but {_kind(mode)}")]
        size = path.stat().st_size
        with path.open("rb") as stream:
            if stream.read(8) != b"\x89HDF\r\n\x1a\n":
                return [Defect("format", "", "is not an HDF5 file")]
        with h5py.File(path, "r", swmr=path.name.endswith(".part"), locking=False) as file:
            opened()
            _Inspector(file, size, found, thorough).all()
    except _StopError:
        pass
    except MemoryError:
        found.append(Defect("memory", "", "needs more memory than a recording may"))
    except UnicodeError:
        found.append(Defect("text", "", "holds text that is not UTF-8"))
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, OverflowError) as error:
        found.append(Defect("damaged", "", f"is cut short or damaged ({_line(error)})"))
    return found


class _Inspector:
    def __init__(self, file: h5py.File, size: int, found: list[Defect], thorough: bool) -> None:
        self.file, self.size, self.found, self.thorough = file, size, found, thorough
        self.stored = 0
        self.axes: dict[str, int] = {"2": 2, "3": 3, "C": len(COUNTERS)}
        self.datasets: dict[str, h5py.Dataset] = {}
        self.counts: dict[str, int] = {}

    def all(self) -> None:
        self.links()
        self.version()
        self.members()
        self.stop_if_found()  # what is built wrongly is not read
        self.shapes()
        self.texts()
        self.commit()
        self.stop_if_found()
        self.constants()
        self.data()
        self.records("event", self.event)
        self.records("checkpoint", self.checkpoint)
        if self.thorough:
            self.stop_if_found()
            self.overview()

    def fault(self, kind: str, where: str, words: str) -> None:
        self.found.append(Defect(kind, where, words))

    def stop_if_found(self) -> None:
        if self.found:
            raise _StopError

    # How it is built

    def links(self) -> None:
        """Every name in every group of the schema: hard links only, and no way back up."""
        seen: dict[object, str] = {}
        for name in GROUPS:
            if name and not self.is_group(name):
                if name in ("entry", "entry/constants"):
                    self.fault("missing", name, "is missing or no group")
                    raise _StopError
                continue
            group = self.file[name] if name else self.file
            place = group.id.__hash__()
            if place in seen:
                self.fault("cycle", name, f"is the group '{seen[place] or '/'}' again: links run in a circle")
                raise _StopError
            seen[place] = name
            if len(group) > MEMBERS:
                self.fault("members", name, f"has {len(group)} members; allowed: {MEMBERS}")
                raise _StopError
            self.attributes(group, name)
            for member in group.id:
                where = f"{name}/{member.decode(errors='replace')}".strip("/")
                kind = group.id.links.get_info(member).type
                if kind == h5py.h5l.TYPE_SOFT:
                    self.fault("soft link", where, "is a soft link; a recording has none")
                elif kind == h5py.h5l.TYPE_EXTERNAL:
                    self.fault("external link", where, "is a link into another file; a recording is one file")
                elif kind != h5py.h5l.TYPE_HARD:
                    self.fault("foreign link", where, "is a link of an unknown kind")
            self.stop_if_found()

    def is_group(self, name: str) -> bool:
        parent, _, last = name.rpartition("/")
        above = self.file[parent] if parent else self.file
        if last not in above or above.id.links.get_info(last.encode()).type != h5py.h5l.TYPE_HARD:
            return bool(last in above.id and self.soft(above, last, name))
        return isinstance(above[last], h5py.Group)

    def soft(self, group: h5py.Group, member: str, where: str) -> bool:
        """A group of the schema that is a link of another kind: told here, before it is followed."""
        kind = group.id.links.get_info(member.encode()).type
        if kind == h5py.h5l.TYPE_SOFT:
            self.fault("soft link", where, "is a soft link; a recording has none")
        elif kind == h5py.h5l.TYPE_EXTERNAL:
            self.fault("external link", where, "is a link into another file; a recording is one file")
        self.stop_if_found()
        return False

    def attributes(self, thing: h5py.HLObject, where: str) -> None:
        if h5py.h5a.get_num_attrs(thing.id) > MEMBERS:
            self.fault("members", where, f"has more than {MEMBERS} attributes")
            raise _StopError
        for name in thing.attrs:
            if name not in REFERRING:
                self.plain(h5py.h5a.open(thing.id, name.encode()).get_type(), f"{where}@{name}")

    def plain(self, kind: h5py.h5t.TypeID, where: str) -> None:
        """Neither a reference nor anything of variable length, also not deep inside."""
        if kind.get_class() == h5py.h5t.REFERENCE or kind.detect_class(h5py.h5t.REFERENCE):
            self.fault("reference", where, "holds references to objects; a recording has none")

    def version(self) -> None:
        entry = self.file["entry"]
        value = entry.attrs.get("schema_version")
        if not isinstance(value, np.integer | int) or value < 1:
            self.fault(
                "version", "entry", "has no schema_version that is a whole number from 1: no recording"
            )
            raise _StopError
        if value > SCHEMA_VERSION:
            words = f"has schema version {value}; this program reads up to {SCHEMA_VERSION}: update it"
            self.fault("newer", "entry", words)
            raise _StopError
        self.numbered = int(value)

    def members(self) -> None:
        entry = self.file["entry"]
        for name, (kind, *_) in {**FIXED, **GROWING}.items():
            if name not in entry:
                self.fault("missing", name, "is missing")
            else:
                self.dataset(entry, name, kind)
        for name in self.file["entry/constants"]:
            self.dataset(entry, f"constants/{name}", "biuf")
        for size in SIZES if self.numbered >= 2 else ():
            for name, kind in ((overview_steps(size), "<i8"), (overview_rows(size), "<f8")):
                if "overview" not in entry or name not in entry:
                    self.fault("missing", name, "is missing")
                else:
                    self.dataset(entry, name, kind)
        if self.stored > self.size:
            self.fault("size", "", f"says it stores {self.stored} bytes, but has only {self.size}")

    def dataset(self, entry: h5py.Group, name: str, kind: str) -> None:
        """Its storage, filters, type and sizes. What passes may be read."""
        dataset = entry[name]
        if not isinstance(dataset, h5py.Dataset):
            return self.fault("type", name, "is no dataset")
        before = len(self.found)
        plan = dataset.id.get_create_plist()
        if plan.get_external_count():
            return self.fault("external storage", name, "keeps its data in another file")
        if plan.get_layout() == h5py.h5d.VIRTUAL:
            return self.fault("virtual", name, "is a virtual dataset, made of other datasets")
        for number in range(plan.get_nfilters()):
            code, _, _, label = plan.get_filter(number)
            if code not in HARMLESS_FILTERS:
                said = label.decode(errors="replace") or "unnamed"
                self.fault("filter", name, f"uses filter {code} ({said}); allowed: gzip and shuffle")
        stored_type = dataset.id.get_type()
        self.plain(stored_type, name)
        if len(self.found) == before:
            self.typed(dataset, stored_type, name, kind)
        self.attributes(dataset, name)
        if len(self.found) == before:
            self.sizes(dataset, plan, name)
        if len(self.found) == before:
            self.datasets[name] = dataset
        return None

    def typed(self, dataset: h5py.Dataset, stored: h5py.h5t.TypeID, name: str, kind: str) -> None:
        if stored.detect_class(h5py.h5t.VLEN) or (
            stored.get_class() == h5py.h5t.STRING and stored.is_variable_str()
        ):
            return self.fault("type", name, "is of variable length; a recording has nothing of that kind")
        if dataset.shape is None:
            return self.fault("type", name, "is empty of any value")
        allowed = {"S": "bytes", "biuf": "numbers"}.get(kind, kind)
        actual = dataset.dtype
        fits = actual.kind == "S" if kind == "S" else actual.kind in kind if kind == "biuf" else False
        if not fits and (kind in ("S", "biuf") or actual != np.dtype(kind)):
            self.fault("type", name, f"has type {actual}; allowed: {allowed}")
        return None

    def sizes(self, dataset: h5py.Dataset, plan: h5py.h5p.PropDCID, name: str) -> None:
        """Declared size and chunks in proportion to what is stored, and that to the file."""
        item = dataset.dtype.itemsize
        declared = item * _product(dataset.shape)
        stored = dataset.id.get_storage_size()
        chunk = item * _product(plan.get_chunk()) if plan.get_layout() == h5py.h5d.CHUNKED else 0
        if chunk > min(CHUNK_BYTES, EXPANSION * self.size):
            words = f"has chunks of {chunk} bytes in a file of {self.size}; allowed: {CHUNK_BYTES} at most"
            return self.fault("chunks", name, f"{words}, and no more than {EXPANSION} times the file")
        self.stored += stored
        if stored > self.size or declared > EXPANSION * stored + chunk:
            words = f"declares {declared} bytes and stores {min(stored, self.size)}"
            return self.fault("size", name, f"{words}; allowed: {EXPANSION} times as many at most")
        row = item * _product(dataset.shape[1:])
        if row > ROW_BYTES.get(name, WHOLE_BYTES):
            return self.fault(
                "size", name, f"has {row} bytes a row; allowed: {ROW_BYTES.get(name, WHOLE_BYTES)}"
            )
        if name in FIXED or name.startswith("constants/"):
            most = TEXT_BYTES if FIXED.get(name, "")[0:1] == ("|u1",) else WHOLE_BYTES
            if declared > most:
                return self.fault("size", name, f"declares {declared} bytes; allowed: {most}")
        return None

    # What it says

    def shapes(self) -> None:
        """Every dataset has the shape that the axes give."""
        for axis, name in (("S", "seed"), ("T", "target"), ("R", "return")):
            shape = self.datasets[name].shape
            self.axes[axis] = shape[0] if len(shape) == 1 else -1
        policy = self.datasets["policy"].shape
        self.axes["P"], self.axes["A"] = policy[3:5] if len(policy) == 5 else (-1, -1)
        metrics = self.datasets["metrics"].shape
        self.axes["M"] = metrics[2] if len(metrics) == 3 else -1
        for axis in "STAM":
            if self.axes[axis] < 1:
                self.fault("shape", {"S": "seed", "T": "target", "A": "policy", "M": "metrics"}[axis],
                           "has no entry, or not the axes that it should")  # fmt: skip
        for name, (_, axes, *_) in {**FIXED, **GROWING}.items():
            words = name in ("probe", "action", "metric") and self.axes[axes] == 0
            self.shaped(name, "n" if words or name == "commit" else axes)
        for size in SIZES if self.numbered >= 2 else ():
            self.shaped(overview_steps(size), "n")
            self.axes["6"] = len(STATISTICS)
            self.shaped(overview_rows(size), "nM6")
        for name, axes in CONSTANTS.items():
            if f"constants/{name}" in self.datasets:
                self.shaped(f"constants/{name}", axes)

    def shaped(self, name: str, axes: str) -> None:
        shape = self.datasets[name].shape
        meant = tuple(None if axis == "n" else self.axes[axis] for axis in axes)
        if len(shape) != len(meant) or any(m not in (None, s) for s, m in zip(shape, meant, strict=True)):
            allowed = " × ".join("any" if m is None else str(m) for m in meant)
            self.fault(
                "shape",
                name,
                f"has shape {' × '.join(map(str, shape)) or 'of one value'}; allowed: {allowed}",
            )

    def texts(self) -> None:
        for name in ("probe", "action", "metric"):
            for word in self.datasets[name][...].tolist():
                word.decode()
        columns = self.text("metric_columns", list)
        for column in columns or ():
            if not isinstance(column, dict) or not all(isinstance(value, str) for value in column.values()):
                return self.fault(
                    "text", "metric_columns", "describes a metric by something other than words"
                )
            try:
                MetricColumn(**column)
            except TypeError:
                return self.fault(
                    "text", "metric_columns", f"describes a metric by {', '.join(sorted(column))}"
                )
        names = [column["name"] for column in columns or ()]
        if columns is not None and (len(names) != self.axes["M"] or len(set(names)) != len(names)):
            self.fault("text", "metric_columns", f"names {len(set(names))} metrics of {self.axes['M']}")
        if any(not (column["name"] and column["label"]) for column in columns or ()):
            self.fault("text", "metric_columns", "has a metric without a name")
        provenance, catalogue = self.text("provenance", dict), self.text("catalogue", dict)
        if provenance and provenance.get("specification"):
            self.understood("provenance", lambda: _specified(provenance["specification"]))
        if catalogue:
            self.understood("catalogue", lambda: _catalogued(catalogue))
        return None

    def text(self, name: str, kind: type) -> Any:
        data = self.datasets[name]
        try:
            value = json.loads(data[...].tobytes().decode())
        except (ValueError, RecursionError) as error:
            self.fault("text", name, f"is not JSON ({_line(error)})")
            return None
        if not isinstance(value, kind):
            self.fault("text", name, f"is JSON, but no {'list' if kind is list else 'object'}")
            return None
        return value

    def understood(self, name: str, read: Callable[[], object]) -> None:
        try:
            read()
        except (UserError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            self.fault("text", name, f"says what cannot be understood ({_line(error)})")

    def commit(self) -> None:
        values = self.datasets["commit"][:64].tolist()
        if len(values) < len(COUNTERS):
            return self.fault("shape", "commit", f"has {len(values)} counters; allowed: {len(COUNTERS)}")
        self.counts = dict(zip(COUNTERS, values, strict=False))
        for name, (_, _, counter) in GROWING.items():
            there = self.datasets[name].shape[0] if name in self.datasets else 0
            if not 0 <= self.counts[counter] <= there:
                words = f"counts {self.counts[counter]} {counter}, but {name} holds {there}"
                self.fault("commit", "commit", words)
        for size in SIZES if self.numbered >= 2 else ():
            for name in (overview_steps(size), overview_rows(size)):
                if self.datasets[name].shape[0] < self.counts["rows"] // size:
                    words = f"holds {self.datasets[name].shape[0]} blocks of {self.counts['rows'] // size}"
                    self.fault("commit", name, words)
        return None

    def constants(self) -> None:
        values = {}
        for name in CONSTANTS:
            if f"constants/{name}" in self.datasets:
                values[name] = self.datasets[f"constants/{name}"][...]
        for name, dataset in self.datasets.items():
            if name.startswith("constants/"):
                dataset[...]
        if "grid_shape" in values:
            height, width = (int(size) for size in values["grid_shape"])
            if not (1 <= height <= 1000 and 1 <= width <= 1000):
                return self.fault(
                    "value", "constants/grid_shape", f"is {height} × {width}; allowed: 1 to 1000"
                )
            for name in ("grid_cell", "grid_walls", "grid_exits"):
                cells = values.get(name, np.empty(0))
                if cells.size and not (cells.min() >= 0 and cells.max() < height * width):
                    self.fault(
                        "value",
                        f"constants/{name}",
                        f"names a cell that is not on the {height} × {width} map",
                    )
        return None

    # The data

    def data(self) -> None:
        """Read as the app would. Rows must ascend; so must the rows that policies belong to."""
        everything = self.thorough or self.size <= READ_ALL
        limits = {
            "step": 2**53,
            "policy_row": self.counts["rows"] - 1,
            "returns_row": self.counts["rows"] - 1,
        }
        for name, (_, _, counter) in GROWING.items():
            before = -1 if name.endswith("_row") else 0
            for first, part in self.parts(name, self.counts[counter], everything):
                if name in limits and len(part):
                    falls = np.flatnonzero(np.diff(part) < (1 if name.endswith("_row") else 0))
                    if falls.size or part[0] < before or part[-1] > limits[name]:
                        row = first + (int(falls[0]) + 1 if falls.size else 0)
                        self.fault("order", name, f"does not ascend within its bounds at row {row}")
                        break
                    before = int(part[-1])
        for size in SIZES if self.numbered >= 2 else ():
            for name in (overview_steps(size), overview_rows(size)):
                for _ in self.parts(name, self.counts["rows"] // size, everything):
                    pass

    def parts(self, name: str, rows: int, everything: bool) -> Iterator[tuple[int, NDArray[Any]]]:
        """(first row, rows) of all of a dataset, or of its two ends."""
        dataset = self.datasets[name]
        step = max(1, AT_ONCE // max(1, dataset.dtype.itemsize * _product(dataset.shape[1:])))
        starts = range(0, rows, step) if everything else sorted({0, max(0, rows - step)})
        for first in starts:
            try:
                part = dataset[first : min(first + step, rows)]
            except (OSError, RuntimeError, ValueError) as error:
                self.fault("damaged", name, f"cannot be read from row {first} on ({_line(error)})")
                return
            yield first, part

    def records(self, kind: str, check: Callable[[dict[str, Any]], str]) -> None:
        """Events or checkpoints: an index into JSON bytes."""
        count, length = self.counts[f"{kind}s"], self.counts[f"{kind}_bytes"]
        if length > WHOLE_BYTES:
            return self.fault("size", f"{kind}_bytes", f"has {length} bytes; allowed: {WHOLE_BYTES}")
        index = self.datasets[f"{kind}_index"][:count]
        data = self.datasets[f"{kind}_bytes"][:length].tobytes()
        end = 0
        for number, (at, size) in enumerate(index.tolist()):
            if at != end or size < 0 or at + size > length:
                words = f"places {kind} {number} at {at} with {size} bytes, where {end} was due, of {length}"
                return self.fault("index", f"{kind}_index", words)
            end = at + size
            try:
                wrong = check(json.loads(data[at:end].decode()))
            except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
                wrong = _line(error)
            if wrong:
                return self.fault("text", f"{kind}_bytes", f"{kind} {number} cannot be understood ({wrong})")
        return None

    def event(self, event: dict[str, Any]) -> str:
        if set(event) != {"step", "seconds", "kind", "data"} or not isinstance(event["data"], dict):
            return "its fields are not step, seconds, kind and data"
        if not (_number(event["step"]) and _number(event["seconds"]) and isinstance(event["kind"], str)):
            return "a field is of another type"
        if event["kind"] != "knob":
            return ""
        wrong = [
            n for n in ("name", "before", "after") if not isinstance(event["data"].get(n), int | float | str)
        ]
        return f"its {wrong[0]} is missing, or neither a number nor a word" if wrong else ""

    def checkpoint(self, checkpoint: dict[str, Any]) -> str:
        if set(checkpoint) != {"step", "file", "sha256"} or not _number(checkpoint["step"]):
            return "its fields are not step, file and sha256"
        name, digest = checkpoint["file"], checkpoint["sha256"]
        if not isinstance(name, str) or not name or re.search(r"[/\\\x00]|^\.\.?$", name):
            return f"its file {name!r} is not a name in the recording's folder"
        return "" if isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest) else "no sha256"

    def overview(self) -> None:
        """The pyramid says what the rows say."""
        pyramid = Pyramid()
        at = dict.fromkeys(SIZES, 0)
        rows = self.counts["rows"]
        for first in range(0, rows if self.numbered >= 2 else 0, 8192):
            part = slice(first, min(first + 8192, rows))
            made = pyramid.add(self.datasets["step"][part], self.datasets["metrics"][part])
            for size, (steps, entries) in zip(SIZES, made, strict=True):
                blocks = slice(at[size], at[size] + len(steps))
                at[size] = blocks.stop
                stored = self.datasets[overview_rows(size)][blocks]
                same = np.array_equal(self.datasets[overview_steps(size)][blocks], steps)
                if not same or not np.allclose(stored, entries, rtol=1e-9, atol=1e-300, equal_nan=True):
                    return self.fault(
                        "overview", overview_rows(size), f"differs from rows {part.start} to {part.stop}"
                    )
        return None


def _specified(data: Any) -> None:
    try:
        specification = RunSpecification.from_json(json.dumps(data))
    except UserError:  # the app says so itself, in one line; the numbers can be read without
        return
    words = specification.name, specification.task, specification.learner
    if not all(isinstance(word, str) for word in words) or not isinstance(specification.knobs, dict):
        raise TypeError("a run's name, task, learner or knobs are of another type")


def _catalogued(data: dict[str, Any]) -> None:
    knobs = data.get("knobs", [])
    if not isinstance(knobs, list):
        raise TypeError("knobs is no list")
    for knob in knobs:
        made = Knob.from_data(knob)
        texts = made.name, made.label, made.help, made.unit, made.scale, *made.choices
        if not all(isinstance(text, str) for text in texts) or not all(
            isinstance(end, int | float) for end in (made.low, made.high)
        ):
            raise TypeError("a knob is described by other types than its own")
    for name in ("learner", "task"):
        if not isinstance(data.get(name, {}), dict):
            raise TypeError(f"{name} is no object")


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63


def _product(shape: tuple[int, ...]) -> int:
    result = 1
    for size in shape:
        result *= int(size)
    return result


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
