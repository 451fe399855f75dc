"""A page that stands in place of the workbench: its keys are its own while it is shown."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

PLAIN = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.KeypadModifier


class Page(QWidget):
    """Escape leaves it. Plain keys reach the page and its controls, never the workbench behind it."""

    left = Signal()
    # Keys that with Ctrl mean something of the page's own, or that would change the runs behind it.
    own_keys: tuple[Qt.Key, ...] = (Qt.Key.Key_Z, Qt.Key.Key_Y, Qt.Key.Key_R, Qt.Key.Key_Period)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("workbench")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def event(self, event: QEvent) -> bool:
        """Claim keys before the window's shortcuts see them."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in PLAIN and not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F12
            held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            if plain or (held and event.key() in self.own_keys):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
