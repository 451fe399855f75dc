"""What the words in the window mean."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from gui.theme import RESOURCES


class Help(QDialog):
    """The text of resources/help/words.md; Escape closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("What the words mean")
        text = QTextBrowser()
        text.setMarkdown((RESOURCES / "help" / "words.md").read_text(encoding="utf-8"))
        text.setAccessibleName("What the words mean")
        text.setFrameShape(QTextBrowser.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.addWidget(text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.resize(620, 640)
