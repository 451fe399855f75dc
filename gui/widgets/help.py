"""What the words in the window mean."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from gui.theme import RESOURCES


class Help(QDialog):
    """The text of resources/help/words.md and where the app keeps its files; Escape closes it."""

    def __init__(self, parent: QWidget, places: Mapping[str, str]) -> None:
        """`places`: what is kept, and where."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("What the words mean")
        text = QTextBrowser()
        words = (RESOURCES / "help" / "words.md").read_text(encoding="utf-8")
        files = "".join(f"- **{what}** – `{where}`\n" for what, where in places.items())
        text.setMarkdown(f"{words}\n## Files\n\n{files}")
        _spaced(text.document())
        text.setAccessibleName("What the words mean")
        text.setFrameShape(QTextBrowser.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.addWidget(text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.resize(780, 680)


def _spaced(document: QTextDocument) -> None:
    """Air above headings and between lines, which Markdown does not speak of."""
    block = document.begin()
    while block.isValid():
        shape = block.blockFormat()
        shape.setTopMargin(14 if shape.headingLevel() else shape.topMargin())
        shape.setBottomMargin(5)
        QTextCursor(block).setBlockFormat(shape)
        block = block.next()
