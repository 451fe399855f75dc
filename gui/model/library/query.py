"""What of the library is shown, and in which order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gui.model.library.labels import PLAIN, Label
from gui.model.library.scan import Entry

HELP = (
    "Every word must be in name, folder or tags.\n"
    "star – only those with a star\n"
    "live – only those still being written\n"
    "tag:figure – only those whose tag begins so"
)
ORDERS = {  # what each is called
    "newest": "Newest", "name": "Name", "folder": "Folder", "starred": "Starred first", "largest": "Largest",
}  # fmt: skip


class Row(NamedTuple):
    """A recording, what a person said of it, and all that may be searched: a tag begins a line."""

    entry: Entry
    label: Label
    text: str

    @classmethod
    def of(cls, entry: Entry, label: Label = PLAIN) -> "Row":
        """A row, ready to be searched."""
        tags = "".join(f"\n{tag.lower()}" for tag in label.tags)
        return cls(
            entry, label, f"{entry.words} {label.name.lower()}{tags}" if label.name else entry.words + tags
        )

    @property
    def name(self) -> str:
        """What it is called: as a person said, or as its file."""
        return self.label.name or self.entry.name

    @property
    def place(self) -> tuple[str, str]:
        """Which recording it is."""
        return self.entry.root, self.entry.key


@dataclass(frozen=True, slots=True)
class Query:
    """What a person looks for."""

    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    starred: bool = False
    live: bool = False

    @classmethod
    def of(cls, text: str) -> "Query":
        """From what was typed: see `HELP`."""
        words = text.lower().split()
        return cls(
            tuple(word for word in words if word not in ("star", "live") and not word.startswith("tag:")),
            tuple(word[4:] for word in words if word.startswith("tag:")),
            "star" in words,
            "live" in words,
        )

    def matching(self, rows: Iterable[Row]) -> list[Row]:
        """Those rows that are looked for, in their order."""
        found = list(rows)
        if self.starred:
            found = [row for row in found if row.label.star]
        if self.live:
            found = [row for row in found if row.entry.live]
        for part in (*(f"\n{tag}" for tag in self.tags), *self.words):
            found = [row for row in found if part in row.text]
        return found


def arranged(rows: Iterable[Row], order: str) -> list[Row]:
    """Rows, which come by folder and name, in one of `ORDERS`. Newest: first those that are live, by folder
    and name, for they change all the time and must not change places."""
    rows = list(rows)
    if order == "folder":
        return rows
    if order == "name":
        return sorted(rows, key=lambda row: row.name.lower())
    if order == "largest":
        return sorted(rows, key=lambda row: row.entry.size, reverse=True)
    live = [row for row in rows if row.entry.live]
    done = sorted(
        (row for row in rows if not row.entry.live), key=lambda row: row.entry.changed, reverse=True
    )
    if order == "starred":
        both = live + done
        return [row for row in both if row.label.star] + [row for row in both if not row.label.star]
    return live + done
