"""Ways to spoil the group of a sound recording. Each gives a function that does it."""

import json
from collections.abc import Callable

import h5py
import numpy as np

from engine.recording.layout_h5 import COUNTERS


def put(name: str, **made: object) -> Callable[[h5py.Group], None]:
    """Another dataset in place of `name`."""

    def edit(entry: h5py.Group) -> None:
        if name in entry:
            del entry[name]
        entry.create_dataset(name, **made)

    return edit


def link(name: str, to: object) -> Callable[[h5py.Group], None]:
    def edit(entry: h5py.Group) -> None:
        if name in entry:
            del entry[name]
        entry[name] = to

    return edit


def circle(entry: h5py.Group) -> None:
    del entry["constants"]
    entry["constants"] = entry


def virtual(entry: h5py.Group) -> None:
    layout = h5py.VirtualLayout(shape=(40,), dtype="<i8")
    layout[:] = h5py.VirtualSource("/etc/passwd", "step", shape=(40,))
    del entry["step"]
    entry.create_virtual_dataset("step", layout)


def counter(name: str, value: int) -> Callable[[h5py.Group], None]:
    def edit(entry: h5py.Group) -> None:
        entry["commit"][COUNTERS.index(name)] = value

    return edit


def text(name: str, data: object) -> Callable[[h5py.Group], None]:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return put(name, data=np.frombuffer(raw, dtype=np.uint8))


def overwrite(name: str, value: object, at: object = slice(None)) -> Callable[[h5py.Group], None]:
    def edit(entry: h5py.Group) -> None:
        entry[name][at] = value

    return edit


def checkpoint(file: str) -> Callable[[h5py.Group], None]:
    def edit(entry: h5py.Group) -> None:
        data = json.dumps({"step": 1, "file": file, "sha256": "0" * 64}).encode()
        for name, values in (
            ("checkpoint_bytes", np.frombuffer(data, dtype=np.uint8)),
            ("checkpoint_index", np.array([[0, len(data)]])),
        ):
            del entry[name]
            entry[name] = values
        entry["commit"][COUNTERS.index("checkpoint_bytes")] = len(data)

    return edit


def event(data: dict[str, object], kind: str = "note") -> Callable[[h5py.Group], None]:
    def edit(entry: h5py.Group) -> None:
        said = json.dumps({"step": 1, "seconds": 0.0, "kind": kind, "data": data}).encode()
        for name, values in (
            ("event_bytes", np.frombuffer(said, dtype=np.uint8)),
            ("event_index", np.array([[0, len(said)]])),
        ):
            del entry[name]
            entry[name] = values
        entry["commit"][COUNTERS.index("event_bytes")] = len(said)

    return edit


def columns(**changed: object) -> list[dict[str, object]]:
    made = {"name": "return", "label": "Return", "unit": "", "help": "", "kind": "exact", "group": ""}
    return [made | changed, made | {"name": "drift"}]


def chunk(name: str, data: bytes, skipped: int = 0) -> Callable[[h5py.Group], None]:
    """Other bytes for the first chunk of `name`."""

    def edit(entry: h5py.Group) -> None:
        entry[name].id.write_direct_chunk((0,) * entry[name].ndim, data, skipped)

    return edit
