"""What kind of thing a painted widget is, for screen readers: Qt knows only its own kinds."""

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAccessibleWidget, QWidget
from shiboken6 import Shiboken

_held: list[QAccessibleWidget] = []


def give_role(widget: QWidget, role: QAccessible.Role) -> None:
    """Say what a widget is. To be called before anything asks for its accessible interface."""
    interface = QAccessibleWidget(widget, role)
    QAccessible.registerAccessibleInterface(interface)
    # Qt deletes it with the widget, and Python must not before that.
    _held[:] = [*(one for one in _held if Shiboken.isValid(one)), interface]
