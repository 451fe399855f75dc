"""Keys that a focused control understands itself, and the window's shortcuts must not take from it.

Escape leaves a slider: all keys are the window's again.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QWidget

UP_AND_DOWN = (Qt.Key.Key_Up, Qt.Key.Key_Down)
ARROWS = (*UP_AND_DOWN, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class _Keeper(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in keys_of(watched):
            event.accept()
            return True
        escapes = event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape
        if escapes and isinstance(watched, QAbstractSlider):
            watched.clearFocus()
            return True
        return False


def keys_of(widget: QObject) -> tuple[Qt.Key, ...]:
    """What a kind of control needs for itself."""
    if isinstance(widget, QAbstractSlider):
        return ARROWS
    if isinstance(widget, QAbstractItemView):
        return UP_AND_DOWN
    return (Qt.Key.Key_Space, *UP_AND_DOWN) if isinstance(widget, QComboBox) else (Qt.Key.Key_Space,)


def keep_own_keys(root: QWidget) -> None:
    """Let every button below `root` keep Space, and every slider and list the arrows it needs."""
    keeper = root.findChild(_Keeper) or _Keeper(root)  # asked again when there are other controls
    for kind in (QAbstractButton, QComboBox, QAbstractSlider, QAbstractItemView):
        for widget in root.findChildren(kind):
            widget.installEventFilter(keeper)
