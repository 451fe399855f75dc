"""A person's own words, asked for: some lines of text."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget


class WordsDialog(QDialog):
    """A field and its buttons. Tab leads from one to the others; Ctrl+Enter is OK."""

    def __init__(self, title: str, about: str, words: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        label = QLabel(about)
        self.field = QPlainTextEdit(words)
        self.field.setTabChangesFocus(True)
        self.field.setAccessibleName(about)
        self.field.installEventFilter(self)
        label.setBuddy(self.field)
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (label, self.field, self.buttons):
            column.addWidget(part)
        self.resize(380, 240)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Enter alone begins a line."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.accept()
                return True
        return False


def ask_words(title: str, about: str, words: str, parent: QWidget | None) -> str | None:
    """What a person wrote in place of `words`; None where they thought better of it."""
    dialog = WordsDialog(title, about, words, parent)
    try:
        return dialog.field.toPlainText() if dialog.exec() else None
    finally:
        dialog.deleteLater()
