"""What the app remembers from one day to the next."""

import json
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from gui.motion import system_holds_still
from gui.text_size import SIZES
from gui.theme import Choice

RECENT = 10  # files remembered


class Settings:
    """Typed access to the stored values; anything unreadable counts as not stored."""

    def __init__(self, store: QSettings | None = None) -> None:
        self.store = store or QSettings("Supertask", "Supertask")

    def first_time(self, what: str) -> bool:
        """True the first time that this is asked of something that is shown once, and never again."""
        key = f"shown/{what}"
        seen = self.store.value(key) is not None
        self.store.setValue(key, 1)
        return not seen

    @property
    def theme(self) -> Choice:
        """`light`, `dark` or `system`."""
        value = self.store.value("theme", "system")
        return value if value in ("light", "dark") else "system"

    @theme.setter
    def theme(self, choice: Choice) -> None:
        self.store.setValue("theme", choice)

    @property
    def text_size(self) -> int:
        """Per cent, one of `SIZES`."""
        value = str(self.store.value("text size", ""))
        return int(value) if value.isdigit() and int(value) in SIZES else 100

    @text_size.setter
    def text_size(self, percent: int) -> None:
        self.store.setValue("text size", percent)

    @property
    def still(self) -> bool:
        """Whether nothing may move of its own accord; at first as the system says, where it does."""
        value = self.store.value("still")
        return system_holds_still() if value is None else value == "yes"

    @still.setter
    def still(self, still: bool) -> None:
        self.store.setValue("still", "yes" if still else "no")

    @property
    def recordings(self) -> Path | None:
        """Where a person wants recordings to go; None where nothing was said."""
        value = str(self.store.value("recordings", ""))
        return Path(value) if value else None

    @recordings.setter
    def recordings(self, folder: Path | None) -> None:
        self.store.setValue("recordings", str(folder or ""))

    @property
    def asks(self) -> bool:
        """Whether a person is asked before runs that are live are ended."""
        return self.store.value("ask", "yes") == "yes"

    @asks.setter
    def asks(self, asks: bool) -> None:
        self.store.setValue("ask", "yes" if asks else "no")

    @property
    def experiment(self) -> str:
        """The last experiment's name; empty at first."""
        return str(self.store.value("experiment", "") or "")

    @experiment.setter
    def experiment(self, name: str) -> None:
        self.store.setValue("experiment", name)

    @property
    def draft(self) -> tuple[str, str] | None:
        """Text and path of an experiment that was being written; None where there is none."""
        text, path = (self.store.value(f"draft/{key}", "") for key in ("text", "path"))
        return (str(text), str(path)) if text and path else None

    @draft.setter
    def draft(self, draft: tuple[str, str] | None) -> None:
        for key, value in zip(("text", "path"), draft or ("", ""), strict=True):
            self.store.setValue(f"draft/{key}", value)

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

    @property
    def tab(self) -> int:
        """Which of the tabs beside the policy was seen last."""
        value = str(self.store.value("layout/tab", ""))
        return int(value) if value.isdigit() else 0

    @tab.setter
    def tab(self, place: int) -> None:
        self.store.setValue("layout/tab", place)

    @property
    def layouts(self) -> dict[str, dict[str, str]]:
        """The layouts that a person has named, each as `gui.layouts` takes it."""
        try:
            stored = json.loads(str(self.store.value("layouts", "{}")))
        except ValueError:
            return {}
        layouts = stored.items() if isinstance(stored, dict) else ()
        return {name: layout for name, layout in layouts if isinstance(layout, dict)}

    @layouts.setter
    def layouts(self, layouts: dict[str, dict[str, str]]) -> None:
        self.store.setValue("layouts", json.dumps(layouts))

    def forget(self) -> None:
        """As on the first day."""
        self.store.clear()

    @property
    def library_folders(self) -> list[Path]:
        """Folders that the library lists beside the app's own, also those that are missing."""
        stored = self.store.value("library/folders", [])
        return [Path(text) for text in ([stored] if isinstance(stored, str) else stored or []) if text]

    @library_folders.setter
    def library_folders(self, folders: list[Path]) -> None:
        self.store.setValue("library/folders", [str(folder) for folder in folders])

    @property
    def library_order(self) -> str:
        """What the library is sorted by; empty at first."""
        return str(self.store.value("library/order", "") or "")

    @library_order.setter
    def library_order(self, order: str) -> None:
        self.store.setValue("library/order", order)

    def keep(self, name: str, state: QByteArray) -> None:
        """Remember a window's or splitter's state."""
        self.store.setValue(f"layout/{name}", state)

    def kept(self, name: str) -> QByteArray | None:
        """A state remembered earlier."""
        state = self.store.value(f"layout/{name}")
        return state if isinstance(state, QByteArray) else None
