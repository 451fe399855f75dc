"""The names of the files of one recording."""

from dataclasses import dataclass
from pathlib import Path

_SUFFIXES = (
    ".h5.part.new", ".h5.part", ".h5.new", ".journal.lock", ".journal.damaged", ".journal", ".h5",
)  # fmt: skip


@dataclass(frozen=True)
class Files:
    """All files that a recording may have, of which in the end only `final` is left."""

    folder: Path
    name: str

    @classmethod
    def of(cls, path: Path | str) -> "Files":
        """The files of the recording that `path` (any one of them, or the bare name) belongs to."""
        path = Path(path)
        for suffix in _SUFFIXES:
            if path.name.endswith(suffix) and len(path.name) > len(suffix):
                return cls(path.parent, path.name[: -len(suffix)])
        return cls(path.parent, path.name)

    def any_exists(self) -> bool:
        """Whether the name is taken. Asked file by file: a folder may hold thousands of recordings."""
        return any((self.folder / (self.name + suffix)).exists() for suffix in _SUFFIXES)

    @property
    def journal(self) -> Path:
        """What the run writes: the truth while the run lives."""
        return self.folder / f"{self.name}.journal"

    @property
    def damaged(self) -> Path:
        """A journal that could not be read to its end: kept, because what follows may be worth a look."""
        return self.folder / f"{self.name}.journal.damaged"

    @property
    def lock(self) -> Path:
        """Held by the one recorder at work on the journal."""
        return self.folder / f"{self.name}.journal.lock"

    @property
    def part(self) -> Path:
        """What people read while the run lives (HDF5, SWMR)."""
        return self.folder / f"{self.name}.h5.part"

    @property
    def part_new(self) -> Path:
        """The next `part`, until it has caught up with the journal."""
        return self.folder / f"{self.name}.h5.part.new"

    @property
    def final(self) -> Path:
        """The finished recording."""
        return self.folder / f"{self.name}.h5"

    @property
    def final_new(self) -> Path:
        """The finished recording until it has been checked."""
        return self.folder / f"{self.name}.h5.new"
