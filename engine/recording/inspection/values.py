"""The numbers, read as the app would read them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.recording.inspection.contents import Contents
from engine.recording.inspection.datasets import product
from engine.recording.inspection.expected import CONSTANTS, GROWING, levels
from engine.recording.inspection.findings import line
from engine.recording.layout_h5 import overview_rows, overview_steps
from engine.recording.pyramid import ROWS, Pyramid

AT_ONCE = 4 << 20  # bytes


def check_constants(contents: Contents) -> None:
    """They can be read, and cells are on the map."""
    values = {}
    for name in CONSTANTS:
        if f"constants/{name}" in contents.datasets:
            values[name] = contents.datasets[f"constants/{name}"][...]
    for name, dataset in contents.datasets.items():
        if name.startswith("constants/"):
            dataset[...]
    if "grid_shape" in values:
        height, width = (int(size) for size in values["grid_shape"])
        if not (1 <= height <= 1000 and 1 <= width <= 1000):
            words = f"is {height} × {width}; allowed: 1 to 1000"
            return contents.found.fault("value", "constants/grid_shape", words)
        for name in ("grid_cell", "grid_walls", "grid_exits", "grid_traps"):
            cells = values.get(name, np.empty(0))
            if cells.size and not (cells.min() >= 0 and cells.max() < height * width):
                words = f"names a cell that is not on the {height} × {width} map"
                contents.found.fault("value", f"constants/{name}", words)
    return None


def check_rows(contents: Contents, counts: Mapping[str, int]) -> None:
    """Read as the app would. Rows must ascend; so must the rows that policies belong to."""
    limits = {
        "step": 2**53,
        "policy_row": counts["rows"] - 1,
        "returns_row": counts["rows"] - 1,
    }
    for name, (_, _, counter) in GROWING.items():
        before = -1 if name.endswith("_row") else 0
        for first, part in _parts(contents, name, counts[counter]):
            if name in limits and len(part):
                falls = np.flatnonzero(np.diff(part) < (1 if name.endswith("_row") else 0))
                if falls.size or part[0] < before or part[-1] > limits[name]:
                    row = first + (int(falls[0]) + 1 if falls.size else 0)
                    contents.found.fault("order", name, f"does not ascend within its bounds at row {row}")
                    break
                before = int(part[-1])
    for block in levels(contents.version):
        blocks = counts["rows"] // block
        for _ in _parts(contents, overview_steps(block), blocks):
            pass
        for first, part in _parts(contents, overview_rows(block), blocks):
            rows = part[..., ROWS]
            wrong = np.flatnonzero(~((rows >= 0) & (rows <= block) & (rows == np.floor(rows))).all(axis=1))
            if wrong.size:
                words = f"counts rows at block {first + int(wrong[0])} that are not whole, from 0 to {block}"
                contents.found.fault("overview", overview_rows(block), words)
                break


def _parts(contents: Contents, name: str, rows: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """(first row, rows) of all of a dataset, or of its two ends."""
    dataset = contents.datasets[name]
    step = max(1, AT_ONCE // max(1, dataset.dtype.itemsize * product(dataset.shape[1:])))
    starts = range(0, rows, step) if contents.whole else sorted({0, max(0, rows - step)})
    for first in starts:
        try:
            part = dataset[first : min(first + step, rows)]
        except (OSError, RuntimeError, ValueError) as error:
            contents.found.fault("damaged", name, f"cannot be read from row {first} on ({line(error)})")
            return
        yield first, part


def check_overview(contents: Contents, rows: int) -> None:
    """The pyramid says what the rows say."""
    datasets, blocks_of = contents.datasets, levels(contents.version)
    pyramid = Pyramid()
    at = dict.fromkeys(blocks_of, 0)
    for first in range(0, rows if blocks_of else 0, 8192):
        part = slice(first, min(first + 8192, rows))
        made = pyramid.add(datasets["step"][part], datasets["metrics"][part])
        for size, (steps, entries) in zip(blocks_of, made, strict=True):
            blocks = slice(at[size], at[size] + len(steps))
            at[size] = blocks.stop
            stored = datasets[overview_rows(size)][blocks]
            same = np.array_equal(datasets[overview_steps(size)][blocks], steps)
            if not same or not np.allclose(stored, entries, rtol=1e-9, atol=1e-300, equal_nan=True):
                words = f"differs from rows {part.start} to {part.stop}"
                return contents.found.fault("overview", overview_rows(size), words)
    return None
