"""How a sound recording is spoiled: bytes; structures of HDF5, their checksums made right; our schema."""

import json
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from engine.recording.layout_h5 import COUNTERS
from tests.fuzz.checksums import repaired

NUMBERS = (
    0,
    1,
    2,
    3,
    7,
    8,
    16,
    127,
    128,
    255,
    2**15,
    2**16 - 1,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**64 - 1,
)
SIZES = {1: "<B", 2: "<H", 4: "<I", 8: "<Q"}
OTHER = "other.h5"  # a sound recording beside the spoiled one, that links may lead to
TEXTS = (b"", b"{", b"[]", b"{}", b"null", b"[" * 5000, b'{"a":' * 2000, b"\xff\xfe", b"[1e999]", b'["NaN"]')


def spoil(path: Path, seed: bytes, places: list[tuple[int, int]], random: np.random.Generator) -> str:
    """Write a spoiled copy of `seed` to `path`; the kind of what was done."""
    kind = random.choice(["structure", "structure", "structure", "schema", "schema", "bytes"])
    data = bytearray(seed)
    if kind == "structure":
        _structures(data, places, random)
        repaired(data, [place for place in places if data[slice(*place)] != seed[slice(*place)]])
    elif kind == "bytes":
        _bytes(data, random)
    path.write_bytes(data)
    if kind == "schema":
        with h5py.File(path, "r+", locking=False) as file:
            for _ in range(int(random.integers(1, 3))):
                # Not every edit can be made, least of all after another.
                with suppress(ValueError, OSError, RuntimeError, TypeError, KeyError, OverflowError):
                    SCHEMA[int(random.integers(len(SCHEMA)))](file, random)
    return str(kind)


def _structures(data: bytearray, places: list[tuple[int, int]], random: np.random.Generator) -> None:
    for _ in range(int(random.integers(1, 5))):
        begin, end = places[int(random.integers(len(places)))]
        if random.random() < 0.05:  # one structure over another
            other = places[int(random.integers(len(places)))][0]
            piece = data[other : other + end - begin]  # shorter at the end of the file
            data[begin : begin + len(piece)] = piece
            continue
        size = int(random.choice([1, 1, 2, 4, 8]))
        at = int(random.integers(begin, max(begin + 1, end - size)))
        if random.random() < 0.3:
            data[at] ^= 1 << int(random.integers(8))
        else:
            near = int.from_bytes(data[at : at + size], "little") + int(random.integers(-2, 3))
            value = near if random.random() < 0.3 else int(random.choice(np.array(NUMBERS, dtype=object)))
            struct.pack_into(SIZES[size], data, at, value % (1 << 8 * size))


def _bytes(data: bytearray, random: np.random.Generator) -> None:
    what = random.integers(4)
    at, length = int(random.integers(len(data))), int(random.integers(1, 400))
    if what == 0:
        del data[at:]
    elif what == 1:
        data[at : at + length] = bytes(min(length, len(data) - at))
    elif what == 2:
        source = int(random.integers(len(data)))
        data[at : at + length] = data[source : source + length]
    else:
        for place in random.integers(len(data), size=int(random.integers(1, 17))):
            data[int(place)] ^= 1 << int(random.integers(8))


def _member(file: h5py.File, random: np.random.Generator) -> str:
    """A dataset below `entry`, by name."""
    names: list[str] = []
    file["entry"].visit(lambda name: names.append(name) if name not in ("constants", "overview") else None)
    return names[int(random.integers(len(names)))] if names else "gone"


def _replace(file: h5py.File, random: np.random.Generator, make: Callable[[h5py.Group, str], object]) -> None:
    name = _member(file, random)
    if name in file["entry"]:
        del file["entry"][name]
        make(file["entry"], name)


def _links(file: h5py.File, random: np.random.Generator) -> None:
    choices: tuple[Any, ...] = (
        h5py.SoftLink("/entry/step"), h5py.SoftLink("/entry"), h5py.ExternalLink("/etc/passwd", "/x"),
        h5py.ExternalLink(OTHER, "/entry/step"), file["entry"], file,
    )  # fmt: skip
    link = choices[int(random.integers(len(choices)))]
    _replace(file, random, lambda entry, name: entry.__setitem__(name, link))


def _shape(file: h5py.File, random: np.random.Generator) -> None:
    def make(entry: h5py.Group, name: str) -> None:
        shape = tuple(
            int(size) for size in random.choice([0, 1, 2, 3, 5, 2**20, 2**40], size=random.integers(5))
        )
        kind = random.choice(["<i8", "<f8", "<f4", "u1", "S3", ">i4", "<f2"])
        chunks = None
        if shape and random.random() < 0.7:
            chunks = tuple(int(c) for c in random.choice([1, 16, 1024, 2**14], size=len(shape)))
            chunks = tuple(min(c, 1 << 30) for c in chunks)
        entry.create_dataset(
            name, shape=shape, dtype=kind, chunks=chunks, maxshape=(None,) * len(shape) if chunks else None
        )

    _replace(file, random, make)


def _resize(file: h5py.File, random: np.random.Generator) -> None:
    dataset = file["entry"].get(_member(file, random))
    if isinstance(dataset, h5py.Dataset) and dataset.maxshape and dataset.maxshape[0] is None:
        dataset.resize(int(random.choice([0, 1, 10, 10**6, 2**40])), axis=0)


def _values(file: h5py.File, random: np.random.Generator) -> None:
    dataset = file["entry"].get(_member(file, random))
    if (
        isinstance(dataset, h5py.Dataset)
        and dataset.size
        and dataset.size < 10**6
        and dataset.dtype.kind in "iuf"
    ):
        values = dataset[...].ravel()
        picked = random.integers(values.size, size=random.integers(1, 5))
        wild = [0, 1, -1, 2**31, -(2**63), 2**63 - 1] if dataset.dtype.kind == "i" else [0, 1, 255]
        if dataset.dtype.kind == "f":
            wild = [np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300, 1e-300]
        with np.errstate(over="ignore"):
            values[picked] = np.array(random.choice(np.array(wild, dtype=object))).astype(dataset.dtype)
        dataset[...] = values.reshape(dataset.shape)


def _counters(file: h5py.File, random: np.random.Generator) -> None:
    commit = file["entry"].get("commit")
    if isinstance(commit, h5py.Dataset) and commit.shape == (len(COUNTERS),) and commit.dtype.kind == "i":
        values = commit[...]
        place = random.integers(len(values))
        with np.errstate(over="ignore"):
            near = [values[place] - 1, values[place] + 1]
        values[place] = random.choice([*near, 0, -1, 10**9, 2**63 - 1])
        commit[...] = values


def _texts(file: h5py.File, random: np.random.Generator) -> None:
    name = str(
        random.choice(["metric_columns", "provenance", "catalogue", "event_bytes", "checkpoint_bytes"])
    )
    dataset = file["entry"].get(name)
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype != np.uint8 or dataset.ndim != 1:
        return
    if dataset.size > 10**6:  # an edit before this one made it huge
        return
    data = bytearray(dataset[...].tobytes())
    if random.random() < 0.3 or not data:
        data = bytearray(TEXTS[int(random.integers(len(TEXTS)))])
    elif random.random() < 0.5 and not name.endswith("_bytes"):
        data = bytearray(json.dumps(_shaken(json.loads(data), random)).encode())
    else:
        for place in random.integers(len(data), size=3):
            data[int(place)] = int(random.integers(256))
    if name.endswith("_bytes"):
        dataset[: len(data)] = np.frombuffer(bytes(data[: len(dataset)]), dtype=np.uint8)[: len(dataset)]
    else:
        del file["entry"][name]
        file["entry"][name] = np.frombuffer(bytes(data), dtype=np.uint8)


def _shaken(value: Any, random: np.random.Generator) -> Any:
    """JSON with a value here and there replaced by one of another type."""
    if random.random() < 0.1:
        return [None, -1, 1e308, "", "../../x", [], {}, True, [[1]]][int(random.integers(9))]
    if isinstance(value, dict):
        return {key: _shaken(inner, random) for key, inner in value.items() if random.random() < 0.98}
    return [_shaken(inner, random) for inner in value] if isinstance(value, list) else value


def _attributes(file: h5py.File, random: np.random.Generator) -> None:
    value = [0, -1, 1, 2, 3, 10**9, "two", np.arange(3), 2.0, file.ref, np.bytes_(b"2")][
        int(random.integers(11))
    ]
    where = file["entry"] if random.random() < 0.7 else file["entry"].get(_member(file, random), file)
    where.attrs[str(random.choice(["schema_version", "schema_version", "lossless", "statistics", "x"]))] = (
        value
    )


def _storage(file: h5py.File, random: np.random.Generator) -> None:
    def make(entry: h5py.Group, name: str) -> None:
        what = random.integers(4)
        if what == 0:
            entry.create_dataset(name, shape=(16,), dtype="u1", external=[("/etc/passwd", 0, 16)])
        elif what == 1:
            elsewhere = ("/etc/passwd", OTHER, ".")[int(random.integers(3))]
            source = h5py.VirtualSource(elsewhere, "/entry/step", shape=(4,))
            layout = h5py.VirtualLayout(shape=(4,), dtype="<i8")
            layout[:] = source
            entry.create_virtual_dataset(name, layout)
        elif what == 2:
            entry.create_dataset(name, data=[file.ref], dtype=h5py.ref_dtype)
        else:
            entry.create_dataset(name, data=["a", "bc"], dtype=h5py.string_dtype())

    _replace(file, random, make)


def _filters(file: h5py.File, random: np.random.Generator) -> None:
    kind = [{"compression": "lzf"}, {"fletcher32": True}, {"scaleoffset": 3}][int(random.integers(3))]
    _replace(
        file, random, lambda entry, name: entry.create_dataset(name, data=np.arange(40), chunks=(8,), **kind)
    )


def _gone(file: h5py.File, random: np.random.Generator) -> None:
    name = _member(file, random) if random.random() < 0.8 else str(random.choice(["constants", "overview"]))
    if name in file["entry"]:
        del file["entry"][name]


SCHEMA = (
    _links,
    _shape,
    _resize,
    _values,
    _values,
    _counters,
    _texts,
    _texts,
    _attributes,
    _storage,
    _filters,
    _gone,
)
