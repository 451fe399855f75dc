"""A field for one number: Return or Tab takes what is typed, Escape or a click elsewhere drops it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLineEdit

TAKEN = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class ValueEntry(QLineEdit):
    """`typed`: take the text. `left`: show the value again as it stands."""

    typed = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("entry")
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.returnPressed.connect(self.typed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives the keyboard back to the window."""
        if event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
            return
        super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The whole number: it is no text of two words."""
        super().mouseDoubleClickEvent(event)
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tab goes on to the next, with what was typed; not so a menu or another window in front."""
        super().focusOutEvent(event)
        if event.reason() in TAKEN:
            self.typed.emit()
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.left.emit()
