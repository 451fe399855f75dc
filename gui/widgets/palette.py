"""The command palette: every action of the table, found by typing."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget


class Palette(QDialog):
    """Type a few letters of some words; Enter does the first that matches."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.actions_shown = [action for action in actions if action.isEnabled()]
        self.chosen: QAction | None = None
        self.field = QLineEdit()
        self.field.setPlaceholderText("What do you want to do?")
        self.field.setAccessibleName("Command")
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setObjectName("plain")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._run)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.resize(520, 380)
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(corner.x() + (parent.width() - 520) // 2, corner.y() + 70)
        self._filter("")

    def _filter(self, text: str) -> None:
        self.list.clear()
        words = text.lower().split()
        for action in self.actions_shown:
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            searched = f"{action.text()} {action.statusTip()}".lower()
            if all(word in searched for word in words):
                entry = QListWidgetItem(f"{action.text()}    {keys}   {action.statusTip()}")
                entry.setData(Qt.ItemDataRole.UserRole, action)
                self.list.addItem(entry)
        self.list.setCurrentRow(0)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Arrows move in the list while the field keeps the keyboard; Enter runs."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            move = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if move is not None and self.list.count():
                self.list.setCurrentRow((self.list.currentRow() + move) % self.list.count())
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.list.currentItem() is not None:
                    self._run(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _run(self, entry: QListWidgetItem) -> None:
        action: QAction = entry.data(Qt.ItemDataRole.UserRole)
        self.close()
        action.trigger()
