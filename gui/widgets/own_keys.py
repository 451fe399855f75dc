"""Keys that a focused control understands itself, and the window's shortcuts must not take from it."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSlider, QComboBox, QWidget

ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)


class _Keeper(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            pressed = isinstance(watched, (QAbstractButton, QComboBox))
            if event.key() == Qt.Key.Key_Space if pressed else event.key() in ARROWS:
                event.accept()
                return True
        return False


def keep_own_keys(root: QWidget) -> None:
    """Let every button below `root` keep Space, and every slider and list its arrows."""
    keeper = _Keeper(root)
    for kind in (QAbstractButton, QComboBox, QAbstractSlider, QAbstractItemView):
        for widget in root.findChildren(kind):
            widget.installEventFilter(keeper)
