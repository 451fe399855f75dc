"""Which recordings there are below a folder. A folder whose date has not changed is not read again."""

import os
import re
import stat
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from engine.recording.files import Files
from engine.recording.lock import is_locked

DEPTH = 6  # folders below the library's own
SETTLED = 10.0  # seconds after which a file, or the list of a folder, counts as done
SIGNATURE = b"\x89HDF\r\n\x1a\n"
GROUP = b"entry"  # a recording's one group; HDF5 writes its name near the beginning
BEGINNING = 1 << 16  # bytes
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d ")  # what the app puts before an experiment's name


@dataclass(frozen=True, slots=True)
class Entry:
    """A recording on disk.

    Attributes:
        root: the library's folder that it was found in.
        key: its path below that, with `/` on every system: what its star and tags are kept under.
        changed: seconds since the epoch.
        size: bytes.
        live: its run is still writing.
        words: name and folders in lower case, to search in.
        left: its run is gone, and nobody has finished it.
    """

    root: str
    key: str
    changed: float
    size: int
    live: bool
    words: str = field(compare=False, repr=False)
    left: bool = False

    @property
    def path(self) -> Path:
        """The file, by the name that it has once it is finished."""
        return Path(self.root, self.key)

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.key.rpartition("/")[2].removesuffix(".h5")

    @property
    def place(self) -> str:
        """Library folder and folders below it, without dates: as a rule, the experiment."""
        below = [STAMP.sub("", part) for part in self.key.split("/")[:-1]]
        return " / ".join(below) or os.path.basename(self.root)  # noqa: PTH119 - thousands of these


@dataclass(slots=True)
class _Folder:
    date: int  # nanoseconds; 0 while it may change without its date telling
    folders: list[str]
    files: dict[str, Entry | None]  # by name on disk; None for what is no recording


class Scanner:
    """Looks below library folders again and again, and remembers what it saw."""

    def __init__(self) -> None:
        self._known: dict[str, _Folder] = {}

    def scan(
        self, root: Path, others: Collection[str] = (), stopped: Callable[[], bool] = bool
    ) -> list[Entry]:
        """Every recording below `root`, by folder and name. A folder that cannot be read has none.

        Args:
            others: folders that are looked at by themselves, and left out here.
            stopped: asked before each folder; true ends the scan early.
        """
        found: list[Entry] = []
        self._look(str(root), str(root), DEPTH, frozenset(others), stopped, found)
        found.sort(key=lambda entry: entry.words)
        return found

    def _look(
        self,
        root: str,
        folder: str,
        depth: int,
        others: frozenset[str],
        stopped: Callable[[], bool],
        found: list[Entry],
    ) -> None:
        if stopped():
            return
        try:
            known = self._read(root, folder)
        except OSError:
            self._known.pop(folder, None)
            return
        found += [entry for entry in known.files.values() if entry is not None]
        for below in known.folders if depth else ():
            if below not in others:
                self._look(root, below, depth - 1, others, stopped, found)

    def _read(self, root: str, folder: str) -> _Folder:
        now = time.time()
        date = os.stat(folder).st_mtime_ns  # noqa: PTH116
        known = self._known.get(folder)
        if known is None or known.date != date:
            settled = now - date / 1e9 > SETTLED
            before = {} if known is None else known.files
            known = self._known[folder] = _Folder(date if settled else 0, [], {})
            with os.scandir(folder) as inside:
                for each in inside:
                    if each.name.startswith("."):
                        continue
                    if each.is_dir(follow_symlinks=False):
                        known.folders.append(each.path)
                    elif each.name.endswith((".h5", ".h5.part")):
                        known.files[each.name] = _entry(root, each.path, before.get(each.name))
        else:
            for name, entry in known.files.items():
                if entry is None or entry.live or entry.left or now - entry.changed < SETTLED:
                    known.files[name] = _entry(root, f"{folder}{os.sep}{name}", entry)
        return known


def _entry(root: str, path: str, before: Entry | None) -> Entry | None:
    """What a file is now; None for one that is no recording."""
    try:
        seen = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    part = path.endswith(".part")
    if before is not None and before.changed == seen.st_mtime and before.size == seen.st_size:
        if before.root == root and not part and not (before.live or before.left):
            return before
    elif not stat.S_ISREG(seen.st_mode) or not (part or is_recording(path)):
        return None
    key = path[len(root) :].lstrip(os.sep).replace(os.sep, "/").removesuffix(".part")
    words = key.lower().removesuffix(".h5")
    left = part and _left(path, seen.st_mtime)
    made = Entry(root, key, seen.st_mtime, seen.st_size, part and not left, words, left)
    return before if made == before else made


def _left(path: str, changed: float) -> bool:
    """Whether nobody writes an unfinished recording: its run holds its journal as long as it lives. One that
    was written a moment ago is not asked for, so that whoever begins or finishes it is not held up."""
    return time.time() - changed > SETTLED and not is_locked(Files.of(path).journal)


def is_recording(path: str | Path) -> bool:
    """Whether a file begins as a recording does: HDF5, with a group `entry`. Nothing of it is interpreted; a
    data set in HDF5 that a person keeps beside recordings has no such group."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            beginning = file.read(4096)
            if not beginning.startswith(SIGNATURE):
                return False
            return GROUP in beginning or GROUP in file.read(BEGINNING)
    except OSError:
        return False
