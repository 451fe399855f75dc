"""Keys that a focused control understands itself, and the window's shortcuts must not take from it.

Escape leaves a slider: all keys are the window's again. Both are asked of whatever has the focus, when its
key comes by the window: to go through all controls beforehand would leave Python objects of those that Qt
makes and deletes, such as the list of each choice.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QMainWindow,
    QWidget,
)

UP_AND_DOWN = (Qt.Key.Key_Up, Qt.Key.Key_Down)
ARROWS = (*UP_AND_DOWN, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)
LEAVES_SPACE = "leavesSpace"  # a property of the button


class _Keeper(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002
        """Keys that the control itself has let pass come up to the window, and here."""
        if not isinstance(event, QKeyEvent):
            return False
        focused = QApplication.focusWidget()
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in keys_of(focused):
            event.accept()
            return True
        escapes = event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape
        if escapes and isinstance(focused, QAbstractSlider):
            focused.clearFocus()
            return True
        return False


def keys_of(widget: QWidget | None) -> tuple[Qt.Key, ...]:
    """What a kind of control needs for itself."""
    if isinstance(widget, QAbstractSlider):
        return ARROWS
    if isinstance(widget, QAbstractItemView):
        return UP_AND_DOWN
    if isinstance(widget, QComboBox):
        return (Qt.Key.Key_Space, *UP_AND_DOWN)
    pressed = isinstance(widget, QAbstractButton) and not widget.property(LEAVES_SPACE)
    return (Qt.Key.Key_Space,) if pressed else ()


def leave_space(button: QAbstractButton) -> None:
    """Space means what it means in the window, also while this button has the focus; Enter presses it."""
    button.setProperty(LEAVES_SPACE, True)


def keep_own_keys(window: QMainWindow) -> None:
    """Let every button of the window keep Space, and every slider and list the arrows it needs."""
    window.installEventFilter(_Keeper(window))
