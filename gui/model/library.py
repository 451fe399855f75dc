"""The recordings in a folder: those that are live, then the newest first. Only names and dates are read, so
that thousands are instant."""

import os
from dataclasses import dataclass
from pathlib import Path

DEPTH = 2  # folders below the library's own


@dataclass(frozen=True, slots=True)
class Entry:
    """A recording on disk: its path and when it last changed (seconds since the epoch)."""

    path: Path
    changed: float
    live: bool

    @property
    def folder(self) -> str:
        """The folder's name: when it was recorded, and which experiment."""
        return self.path.parent.name


def recordings(folder: Path) -> list[Entry]:
    """Every recording under `folder`: first those that are live, by name, for they change all the time and
    must not change places; then the newest first. A folder that is missing has none."""
    found: list[Entry] = []
    _scan(folder, DEPTH, found)
    live = sorted((e for e in found if e.live), key=lambda entry: (entry.folder, entry.path.name))
    return live + sorted(
        (e for e in found if not e.live), key=lambda entry: (-entry.changed, entry.path.name)
    )


def _scan(folder: Path, depth: int, found: list[Entry]) -> None:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if depth:
                        _scan(Path(entry.path), depth - 1, found)
                elif entry.name.endswith((".h5", ".h5.part")):
                    path = Path(entry.path.removesuffix(".part"))
                    found.append(Entry(path, entry.stat().st_mtime, entry.name.endswith(".part")))
    except OSError:  # a folder that cannot be read shows nothing
        return
