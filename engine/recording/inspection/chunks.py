"""What is stored of each chunk, unpacked, is as long as the chunk.

HDF5 does not look: it takes a chunk that unpacked to less for a whole one and reads on in memory beyond it,
which ends the program, or worse, does not. Where a file is not read whole, neither are its chunks.
"""

import zlib
from collections.abc import Iterator, Sequence

import h5py

from engine.recording.inspection.contents import Contents
from engine.recording.inspection.datasets import product
from engine.recording.inspection.findings import Findings

ENDS = 4  # chunks looked at at either end of a dataset that is not looked at whole


def check_chunks(contents: Contents) -> None:
    """Of every dataset that has some."""
    for name, dataset in contents.datasets.items():
        if dataset.chunks is not None:
            _check(dataset, name, contents.whole, contents.found)


def _check(dataset: h5py.Dataset, name: str, whole: bool, found: Findings) -> None:
    length = dataset.dtype.itemsize * product(dataset.chunks)
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    if len(set(filters)) < len(filters):
        return found.fault("filter", name, "uses a filter twice")
    for chunk in _looked_at(dataset, whole):
        if any(start >= extent for start, extent in zip(chunk.chunk_offset, dataset.shape, strict=True)):
            continue  # beyond the end: it is never read
        _, data = dataset.id.read_direct_chunk(chunk.chunk_offset)
        held = _unpacked(data, _applied(filters, chunk.filter_mask), length)
        if held not in (length, None):
            words = f"has a chunk at row {chunk.chunk_offset[0]} that holds {held} bytes unpacked"
            return found.fault("chunks", name, f"{words}; allowed: {length}, as long as every chunk")
    return None


def _looked_at(dataset: h5py.Dataset, whole: bool) -> Iterator[h5py.h5d.StoreInfo]:
    """All that are stored, or the first and last few."""
    if whole:
        stored: list[h5py.h5d.StoreInfo] = []
        dataset.id.chunk_iter(stored.append)
        yield from stored
        return
    rows, last = dataset.chunks[0], max(0, dataset.shape[0] - 1) // dataset.chunks[0]
    for number in sorted({*range(min(ENDS, last + 1)), *range(max(0, last - ENDS + 1), last + 1)}):
        place = (number * rows, *(0 for _ in dataset.shape[1:]))
        if all(place[axis] < extent for axis, extent in enumerate(dataset.shape)):
            found = dataset.id.get_chunk_info_by_coord(place)
            if found.byte_offset is not None:
                yield found


def _applied(filters: Sequence[int], skipped: int) -> list[int]:
    """The filters that a chunk went through: a set bit of its mask says which it did not."""
    return [code for place, code in enumerate(filters) if not skipped >> place & 1]


def _unpacked(data: bytes, filters: Sequence[int], most: int) -> int | None:
    """Bytes that a chunk becomes, `most` + 1 where it is more. None where it cannot be unpacked: HDF5 cannot
    either, and says so when it is read."""
    if h5py.h5z.FILTER_DEFLATE not in filters:
        return len(data)
    try:
        return len(zlib.decompressobj().decompress(data, most + 1))
    except zlib.error:
        return None
