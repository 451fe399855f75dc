"""What is wrong with a file that claims to be a recording, found without trusting a byte of it.

To be run in a process that may die of it: see `gatekeeper.py`. First how the file is built (links, layouts,
filters, types, sizes), then what it says (shapes, counters, texts, indices), then the data, read as the app
would read them: all of them in a small file or when asked to, else the two ends of each dataset.
"""

import stat
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from engine.recording.inspection.chunks import check_chunks
from engine.recording.inspection.contents import Contents
from engine.recording.inspection.datasets import readable
from engine.recording.inspection.findings import Defect, Findings, StopError, line
from engine.recording.inspection.indices import check_indices
from engine.recording.inspection.links import check_links
from engine.recording.inspection.records import check_records
from engine.recording.inspection.shapes import check_counters, check_shapes
from engine.recording.inspection.texts import check_texts
from engine.recording.inspection.values import check_constants, check_overview, check_rows
from engine.recording.schema import SCHEMA_VERSION

READ_ALL = 64 << 20  # bytes; a file up to this size is read to its last one


def inspect(path: Path, *, thorough: bool = False, opened: Callable[[], None] = lambda: None) -> list[Defect]:
    """Every defect found; none in a sound recording. `thorough` reads all data of a file of any size.

    Args:
        opened: called once the file is open; from then on no other file is needed.
    """
    found = Findings()
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return [Defect("kind", "", f"is no regular file but {_kind(mode)}")]
        size = path.stat().st_size
        with path.open("rb") as stream:
            if stream.read(8) != b"\x89HDF\r\n\x1a\n":
                return [Defect("format", "", "is not an HDF5 file")]
            stream.seek(0)
            check_indices(stream.read(READ_ALL), size, found)
            found.stop_if_any()
        with h5py.File(path, "r", swmr=path.name.endswith(".part"), locking=False) as file:
            opened()
            _look(file, path, thorough, found)
    except StopError:
        pass
    except MemoryError:
        found.fault("memory", "", "needs more memory than a recording may")
    except UnicodeError:
        found.fault("text", "", "holds text that is not UTF-8")
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, OverflowError) as error:
        found.fault("damaged", "", f"is cut short or damaged ({line(error)})")
    return found.defects


def _look(file: h5py.File, path: Path, thorough: bool, found: Findings) -> None:
    def size() -> int:
        """Bytes now: a live file grows while it is looked at."""
        return path.stat().st_size

    there = check_links(file, found)
    version = _version(file, found)
    datasets = readable(file, there, size, version, found)
    found.stop_if_any()  # what is built wrongly is not read
    whole = thorough or size() <= READ_ALL
    contents = Contents(datasets, version, whole, found, live=bool(file.swmr_mode))
    check_chunks(contents)
    found.stop_if_any()  # nor what would be read beyond its end
    axes = check_shapes(contents)
    found.stop_if_any()  # what has another shape is not read either
    check_texts(contents, axes["M"])
    counts = check_counters(contents)
    found.stop_if_any()
    check_constants(contents)
    check_rows(contents, counts)
    check_records(contents, counts)
    if thorough:
        found.stop_if_any()
        check_overview(contents, counts["rows"])


def _version(file: h5py.File, found: Findings) -> int:
    value = file["entry"].attrs.get("schema_version")
    if not isinstance(value, np.integer | int) or value < 1:
        found.fault("version", "entry", "has no schema_version that is a whole number from 1: no recording")
        raise StopError
    if value > SCHEMA_VERSION:
        words = f"has schema version {value}; this program reads up to {SCHEMA_VERSION}: update it"
        found.fault("newer", "entry", words)
        raise StopError
    return int(value)


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")
