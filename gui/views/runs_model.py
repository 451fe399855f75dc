"""The runs as a list: what is written of each, and what is said of it."""

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from gui.model.family import origin
from gui.model.run_item import RunItem
from gui.model.session import Session

Index = QModelIndex | QPersistentModelIndex
COLUMNS = (("return", "return"), ("asked", "asked"), ("collateral", "collateral"))
STATE_WORDS = {
    "ready": "", "recorded": "", "starting": "starting", "running": "running", "paused": "paused",
    "holding": "done", "finished": "ended", "failed": "failed",
}  # fmt: skip


class RunsModel(QAbstractListModel):
    """The session's runs as a list."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        session.items_changed.connect(self._reset)
        session.family_changed.connect(self._reset)

    def _reset(self) -> None:
        self.beginResetModel()
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """One row a run."""
        return 0 if parent.isValid() else len(self.session.items)

    def item(self, index: Index) -> RunItem:
        """The run of a row."""
        return self.session.items[index.row()]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, a spoken sentence, and a tool tip with everything in full."""
        if not index.isValid() or index.row() >= len(self.session.items):
            return None
        item = self.item(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return item.name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            values = ", ".join(
                f"{label} {number(self.value(item, name))}" for name, label in COLUMNS if item.has(name)
            )
            state = item.trouble or ("measuring after a turn" if self.late(item) else state_words(item))
            state = "\n".join(words for words in (state, item.progress) if words)
            hidden = "" if item.visible else "hidden"
            alarm = self.session.alarms.of(item)
            fallen = alarm.words if alarm is not None else ""
            parts = (item.name, origin(item), state, fallen, hidden, values, item.device, item.note)
            return "\n".join(part for part in parts if part)
        return None

    def value(self, item: RunItem, metric: str) -> float:
        """Mean over seeds at the cursor; infinite where one seed's value is."""
        step = self.session.cursor.step
        return np.inf if item.infinite(metric, step) else item.at(metric, step)[0]

    def late(self, item: RunItem) -> bool:
        """Whether its figures are of before what was turned last: it rests, and is still measured."""
        return item.rests and item in self.session.latency.late


def state_words(item: RunItem) -> str:
    """One or two words for what it is about."""
    return "stopping …" if item.live and item.stopping else STATE_WORDS.get(item.state, item.state)


def number(value: float) -> str:
    """Two decimals, an en dash for what was not measured; large returns without decimals."""
    if np.isposinf(value):
        return "∞"
    if not np.isfinite(value):
        return "–"
    return f"{round(value, 2) + 0.0:.2f}" if abs(value) < 100 else f"{value:.0f}"
