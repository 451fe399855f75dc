"""The datasets: where and how each is stored, its type, and sizes in proportion to the file."""

from collections.abc import Callable, Set

import h5py
import numpy as np

from engine.recording.inspection.expected import FIXED, GROWING, WHOLE_BYTES, levels
from engine.recording.inspection.findings import Findings
from engine.recording.inspection.links import check_attributes, check_plain
from engine.recording.layout_h5 import overview_rows, overview_steps

EXPANSION = 1100  # bytes that one byte of a file may become; gzip reaches 1032
CHUNK_BYTES = 64 << 20
ROW_BYTES = {"metrics": 1 << 20, "policy": 64 << 20, "returns": 64 << 20}
TEXT_BYTES = 16 << 20
HARMLESS_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE}


def readable(
    file: h5py.File, there: Set[str], size: Callable[[], int], version: int, found: Findings
) -> dict[str, h5py.Dataset]:
    """Those that are built well and may be read, by their names below `entry`.

    Args:
        there: where the file has members, from its root.
        size: the file's, bytes, asked after what is held against it.
    """
    members = _Members(file["entry"], there, size, found)
    for name, (kind, *_) in {**FIXED, **GROWING}.items():
        members.member(name, kind)
    for name in file["entry/constants"]:
        members.check(f"constants/{name}", "biuf")
    for block in levels(version):
        members.member(overview_steps(block), "<i8")
        members.member(overview_rows(block), "<f8")
    if members.stored > (held := size()):
        found.fault("size", "", f"says it stores {members.stored} bytes, but has only {held}")
    return members.datasets


class _Members:
    def __init__(self, entry: h5py.Group, there: Set[str], size: Callable[[], int], found: Findings) -> None:
        self.entry, self.there, self.size, self.found = entry, there, size, found
        self.stored = 0
        self.datasets: dict[str, h5py.Dataset] = {}

    def member(self, name: str, kind: str) -> None:
        """One that has to be there."""
        if f"entry/{name}" not in self.there:
            self.found.fault("missing", name, "is missing")
        else:
            self.check(name, kind)

    def check(self, name: str, kind: str) -> None:
        """Its storage, filters, type and sizes. What passes may be read."""
        found = self.found
        opened = h5py.h5o.open(self.entry.id, name.encode())
        if not isinstance(opened, h5py.h5d.DatasetID):
            return found.fault("type", name, "is no dataset")
        dataset = h5py.Dataset(opened)
        before = len(found.defects)
        plan = opened.get_create_plist()
        if plan.get_external_count():
            return found.fault("external storage", name, "keeps its data in another file")
        if plan.get_layout() == h5py.h5d.VIRTUAL:
            return found.fault("virtual", name, "is a virtual dataset, made of other datasets")
        for number in range(plan.get_nfilters()):
            code, _, _, label = plan.get_filter(number)
            if code not in HARMLESS_FILTERS:
                said = label.decode(errors="replace") or "unnamed"
                found.fault("filter", name, f"uses filter {code} ({said}); allowed: gzip and shuffle")
        stored_type = opened.get_type()
        check_plain(stored_type, name, found)
        if len(found.defects) == before:
            self._typed(dataset, stored_type, name, kind)
        check_attributes(opened, name, found)
        if len(found.defects) == before:
            self._sizes(dataset, stored_type.get_size(), plan, name)
        if len(found.defects) == before:
            self.datasets[name] = dataset
        return None

    def _typed(self, dataset: h5py.Dataset, stored: h5py.h5t.TypeID, name: str, kind: str) -> None:
        if stored.detect_class(h5py.h5t.VLEN) or (
            stored.get_class() == h5py.h5t.STRING and stored.is_variable_str()
        ):
            words = "is of variable length; a recording has nothing of that kind"
            return self.found.fault("type", name, words)
        if dataset.shape is None:
            return self.found.fault("type", name, "is empty of any value")
        allowed = {"S": "bytes", "biuf": "numbers"}.get(kind, kind)
        actual = dataset.dtype
        fits = actual.kind == "S" if kind == "S" else actual.kind in kind if kind == "biuf" else False
        if not fits and (kind in ("S", "biuf") or actual != np.dtype(kind)):
            self.found.fault("type", name, f"has type {actual}; allowed: {allowed}")
        return None

    def _sizes(self, dataset: h5py.Dataset, item: int, plan: h5py.h5p.PropDCID, name: str) -> None:
        """Declared size and chunks in proportion to what is stored, and that to the file. `item` is of one
        value, bytes."""
        found, shape = self.found, dataset.shape
        declared = item * product(shape)
        stored = dataset.id.get_storage_size()
        chunk = item * product(plan.get_chunk()) if plan.get_layout() == h5py.h5d.CHUNKED else 0
        size = self.size()
        if chunk > min(CHUNK_BYTES, EXPANSION * size):
            words = f"has chunks of {chunk} bytes in a file of {size}; allowed: {CHUNK_BYTES} at most"
            return found.fault("chunks", name, f"{words}, and no more than {EXPANSION} times the file")
        self.stored += stored
        if stored > size or declared > EXPANSION * stored + chunk:
            words = f"declares {declared} bytes and stores {min(stored, size)}"
            return found.fault("size", name, f"{words}; allowed: {EXPANSION} times as many at most")
        row = item * product(shape[1:])
        if row > ROW_BYTES.get(name, WHOLE_BYTES):
            return found.fault(
                "size", name, f"has {row} bytes a row; allowed: {ROW_BYTES.get(name, WHOLE_BYTES)}"
            )
        if name in FIXED or name.startswith("constants/"):
            most = TEXT_BYTES if FIXED.get(name, "")[0:1] == ("|u1",) else WHOLE_BYTES
            if declared > most:
                return found.fault("size", name, f"declares {declared} bytes; allowed: {most}")
        return None


def product(shape: tuple[int, ...]) -> int:
    """Of whole numbers of Python, which do not overflow."""
    result = 1
    for size in shape:
        result *= int(size)
    return result
