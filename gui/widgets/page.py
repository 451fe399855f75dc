"""A page that stands in place of the workbench: its keys are its own while it is shown."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

PLAIN = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.KeypadModifier


class Page(QWidget):
    """Escape leaves it. Plain keys reach the page and its controls, never the workbench behind it."""

    left = Signal()
    own_keys: tuple[Qt.Key, ...] = ()  # those with Ctrl that mean something of their own here

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("workbench")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def event(self, event: QEvent) -> bool:
        """Claim keys before the window's shortcuts see them."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in PLAIN and not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F12
            if plain or (
                event.modifiers() == Qt.KeyboardModifier.ControlModifier and event.key() in self.own_keys
            ):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
