"""What the words in the window mean."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from gui.text_size import scaled


class Help(QDialog):
    """Shows Markdown; Escape closes it."""

    def __init__(self, parent: QWidget, markdown: str, topic: str = "") -> None:
        """`topic`: what it is opened at, marked; empty for its beginning."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("What the words mean")
        self.text = QTextBrowser()
        self.text.setMarkdown(markdown)
        _spaced(self.text.document())
        self.text.setAccessibleName("What the words mean")
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.resize(scaled(780, self.font()), scaled(680, self.font()))
        self._topic = topic

    def showEvent(self, event: object) -> None:
        """Go to the topic, now that it is known how high the lines are."""
        super().showEvent(event)
        found = self.text.document().find(f"{self._topic} –") if self._topic else QTextCursor()
        if not found.isNull():
            found.movePosition(QTextCursor.MoveOperation.StartOfBlock)
            found.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
            self.text.setTextCursor(found)
            bar = self.text.verticalScrollBar()
            bar.setValue(bar.value() + self.text.cursorRect().top() - self.text.height() // 3)
        self.text.setFocus()


def _spaced(document: QTextDocument) -> None:
    """Air above headings and between lines, which Markdown does not speak of."""
    block = document.begin()
    while block.isValid():
        shape = block.blockFormat()
        shape.setTopMargin(14 if shape.headingLevel() else shape.topMargin())
        shape.setBottomMargin(5)
        QTextCursor(block).setBlockFormat(shape)
        block = block.next()
