"""Tags as they are typed: words, each completed by those that are in use."""

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget


class _LastWord(QCompleter):
    """Completes the word at the end, and keeps those before it."""

    def splitPath(self, path: str) -> list[str]:
        """What is to be completed."""
        return [path.replace(",", " ").rpartition(" ")[2]]

    def pathFromIndex(self, index: object) -> str:
        """The whole text, completed."""
        text = self.widget().text()
        return text[: len(text) - len(self.splitPath(text)[0])] + super().pathFromIndex(index)


class TagEdit(QLineEdit):
    """A line of tags."""

    def __init__(self, known: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setPlaceholderText("Tags: words, with spaces between")
        self.setAccessibleName("Tags")
        self.setAccessibleDescription("Words, with spaces between. Enter keeps them, Escape leaves them.")
        completer = _LastWord(QStringListModel(known, self), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(completer)
