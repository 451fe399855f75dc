"""What the app remembers from one day to the next."""

from pathlib import Path

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from gui.theme import Choice

RECENT = 10  # files remembered


def recordings_folder() -> Path:
    """Where recordings go unless a person says otherwise."""
    return Path(platformdirs.user_data_dir("Supertask", appauthor=False)) / "recordings"


class Settings:
    """Typed access to the stored values; anything unreadable counts as not stored."""

    def __init__(self, store: QSettings | None = None) -> None:
        self.store = store or QSettings("Supertask", "Supertask")

    @property
    def theme(self) -> Choice:
        """`light`, `dark` or `system`."""
        value = self.store.value("theme", "system")
        return value if value in ("light", "dark") else "system"

    @theme.setter
    def theme(self, choice: Choice) -> None:
        self.store.setValue("theme", choice)

    @property
    def experiment(self) -> str:
        """The last experiment's name; empty at first."""
        return str(self.store.value("experiment", "") or "")

    @experiment.setter
    def experiment(self, name: str) -> None:
        self.store.setValue("experiment", name)

    @property
    def recent(self) -> list[Path]:
        """Recordings opened lately that are still there, the last one first."""
        stored = self.store.value("recent", [])
        texts = [stored] if isinstance(stored, str) else list(stored or [])
        return [path for path in map(Path, texts) if path.exists()]

    def opened(self, path: Path) -> None:
        """Remember a recording."""
        paths = [path, *(other for other in self.recent if other != path)]
        self.store.setValue("recent", [str(p) for p in paths[:RECENT]])

    def keep(self, name: str, state: QByteArray) -> None:
        """Remember a window's or splitter's state."""
        self.store.setValue(f"layout/{name}", state)

    def kept(self, name: str) -> QByteArray | None:
        """A state remembered earlier."""
        state = self.store.value(f"layout/{name}")
        return state if isinstance(state, QByteArray) else None
