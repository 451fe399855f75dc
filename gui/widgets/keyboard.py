"""Where the keyboard was, and giving it back: sliders and rows come and go meanwhile."""

from PySide6.QtWidgets import QWidget
from shiboken6 import isValid


def give_back(widget: QWidget | None) -> None:
    """Focus what had it before, if it is still there to be seen."""
    if widget is not None and isValid(widget) and widget.isVisible():
        widget.setFocus()
