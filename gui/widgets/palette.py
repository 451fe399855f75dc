"""The command palette: every action of the table, found by typing."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)  # fmt: skip


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
        self.list = QTreeWidget()
        self.list.setObjectName("plain")
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._run)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self._filter("")
        window = parent.window()
        self.resize(min(self._wide(), window.width() - 40), 420)
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - self.width()) // 2, corner.y() + 70)

    def _wide(self) -> int:
        """The width at which no description is cut."""
        columns = sum(self.list.sizeHintForColumn(column) for column in range(3))
        margins = self.layout().contentsMargins()
        bar = self.list.verticalScrollBar().sizeHint().width()
        return columns + margins.left() + margins.right() + bar + 8

    def _filter(self, text: str) -> None:
        self.list.clear()
        words = text.lower().split()
        for action in self.actions_shown:
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            searched = f"{action.text()} {action.statusTip()}".lower()
            if all(word in searched for word in words):
                entry = QTreeWidgetItem([action.text(), action.statusTip(), keys])
                entry.setData(0, Qt.ItemDataRole.UserRole, action)
                entry.setToolTip(1, action.statusTip())
                entry.setForeground(1, self.palette().placeholderText())
                entry.setTextAlignment(2, Qt.AlignmentFlag.AlignRight)
                self.list.addTopLevelItem(entry)
        if not self.list.topLevelItemCount():
            entry = QTreeWidgetItem(["Nothing is called that", "Fewer letters find more.", ""])
            entry.setFlags(Qt.ItemFlag.NoItemFlags)  # neither chosen nor clicked
            self.list.addTopLevelItem(entry)
        self._select(0)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Arrows move in the list while the field keeps the keyboard; Enter runs."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            move = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if move is not None:
                self._select(self.list.indexOfTopLevelItem(self.list.currentItem()) + move)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.list.currentItem() is not None:
                    self._run(self.list.currentItem())
                return True
        return super().eventFilter(watched, event)

    def _select(self, row: int) -> None:
        if self.list.topLevelItemCount():
            self.list.setCurrentItem(self.list.topLevelItem(row % self.list.topLevelItemCount()))

    def _run(self, entry: QTreeWidgetItem) -> None:
        action: QAction = entry.data(0, Qt.ItemDataRole.UserRole)
        self.close()
        action.trigger()
