"""The library as the app sees it: its folders, and what a thread of its own found in them."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engine.errors import UserError
from gui.model.library import labels
from gui.model.library.labels import PLAIN, Label, Labels
from gui.model.library.query import Row
from gui.model.library.scan import Scanner

LOOK_EVERY = 2.0  # seconds between two looks; longer where looking takes long
SHARE = 0.05  # of the time that may be spent looking


@dataclass(frozen=True, slots=True)
class _Found:
    rows: list[Row]
    labels: dict[str, Labels]  # by folder
    missing: list[Path]
    seconds: float


class Library:
    """Folders of recordings. `poll` hands over what was found; nothing here waits for a disk.

    Attributes:
        home: where the app's own recordings go; always part of it.
        folders: those that a person added.
        rows: every recording, by folder and name.
        missing: added folders that are not there now.
        problems: what cannot be read or kept, a line each.
        revision: grows when any of these changes.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folders: list[Path] = []
        self.rows: list[Row] = []
        self.missing: list[Path] = []
        self.problems: list[str] = []
        self.revision = 0
        self._scanner = Scanner()
        self._worker: ThreadPoolExecutor | None = None
        self._closed = threading.Event()
        self._scan: Future[_Found] | None = None
        self._stale = False  # a person changed something since the scan under way began
        self._next = 0.0
        self._kept: list[Future[None]] = []
        self._unkept: dict[str, str] = {}

    @property
    def looking(self) -> bool:
        """Whether nothing is known yet."""
        return self.revision == 0

    def set_folders(self, folders: Sequence[Path]) -> None:
        """These, beside the app's own, from now on."""
        self.folders = [folder for folder in dict.fromkeys(folders) if folder != self.home]
        self.look_again()

    def set_home(self, home: Path) -> None:
        """The app's own recordings go there from now on."""
        if home != self.home:
            self.home = home
            self.set_folders(self.folders)

    def look_again(self) -> None:
        """Look at the folders now; a look under way might have missed what is new."""
        self._stale, self._next = True, 0.0

    def poll(self) -> None:
        """Take in what was found, and look again when it is time."""
        for kept in [future for future in self._kept if future.done()]:
            self._kept.remove(kept)
            kept.result()
        if self._scan is not None and self._scan.done():
            found, self._scan = self._scan.result(), None
            if self._stale:
                self._next = 0.0
            else:
                self._take(found)
                self._next = time.monotonic() + max(LOOK_EVERY, found.seconds / SHARE)
        if self._scan is None and not self._closed.is_set() and time.monotonic() >= self._next:
            self._stale = False
            self._scan = self._pool().submit(self._find, [self.home, *self.folders])

    def known_tags(self) -> list[str]:
        """Every tag in use, the most frequent first."""
        counts: dict[str, int] = {}
        for row in self.rows:
            for tag in row.label.tags:
                counts[tag] = counts.get(tag, 0) + 1
        return sorted(counts, key=lambda tag: (-counts[tag], tag))

    def label(self, changes: Iterable[tuple[Row, Label]]) -> None:
        """Star, tag and name: at once in what is shown, and soon in the folders' files."""
        by_place = {row.place: label for row, label in changes}
        self.rows = [
            Row.of(row.entry, by_place[row.place]) if row.place in by_place else row for row in self.rows
        ]
        by_root: dict[str, dict[str, Label]] = {}
        for (root, key), label in by_place.items():
            by_root.setdefault(root, {})[key] = label
        for root, changed in by_root.items():
            self._kept.append(self._pool().submit(self._keep, root, changed))
        self.look_again()
        self.revision += 1

    def close(self) -> None:
        """Keep what was said, and end the thread."""
        self._closed.set()
        if self._worker is not None:
            self._worker.shutdown(wait=True)
            self._worker = None

    def _pool(self) -> ThreadPoolExecutor:
        if self._worker is None:
            self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="library")
        return self._worker

    def _take(self, found: _Found) -> None:
        problems = [said.problem for said in found.labels.values() if said.problem]
        problems += self._unkept.values()
        known = self.rows, self.missing, self.problems
        if self.revision and known == (found.rows, found.missing, problems):
            return
        self.rows, self.missing, self.problems = found.rows, found.missing, problems
        self.revision += 1

    # In the thread

    def _find(self, folders: list[Path]) -> _Found:
        began = time.monotonic()
        rows: list[Row] = []
        said: dict[str, Labels] = {}
        names = {str(folder) for folder in folders}
        for folder in folders:
            said[str(folder)] = read = labels.read(folder)
            label: Mapping[str, Label] = read.by_key
            rows += [
                Row.of(entry, label.get(entry.key, PLAIN))
                for entry in self._scanner.scan(folder, names - {str(folder)}, self._closed.is_set)
            ]
        missing = [folder for folder in folders[1:] if not folder.is_dir()]
        return _Found(rows, said, missing, time.monotonic() - began)

    def _keep(self, root: str, changes: Mapping[str, Label]) -> None:
        try:
            labels.write(Path(root), changes)
        except (UserError, OSError) as error:
            self._unkept[root] = f"Stars, tags and names are not kept: {error}"
        else:
            self._unkept.pop(root, None)
