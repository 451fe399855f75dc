"""Files that begin as recordings do, and what the library says of them."""

import os
from pathlib import Path

from gui.model.library import scan
from gui.model.library.query import Row
from gui.model.library.scan import Entry
from gui.model.library.shelf import Library

BEGINNING = scan.SIGNATURE + b"\0" * 80 + scan.GROUP
FIXTURE = Path(__file__).parents[1] / "fixtures" / "version-2.h5"


def put(path: Path, changed: float = 1000.0, content: bytes = BEGINNING) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (changed, changed))
    return path


def entry(key: str, changed: float = 0.0, size: int = 0, live: bool = False) -> Entry:
    return Entry("/shelf", key, changed, size, live, key.lower().removesuffix(".h5"))


def keys(rows: list[Row]) -> list[str]:
    return [row.entry.key for row in rows]


def found(library: Library) -> list[str]:
    """What there is once the library has looked again."""
    library.look_again()
    library.poll()
    while library._scan is not None:
        library._scan.result()
        library.poll()
    return keys(library.rows)
