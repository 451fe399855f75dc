"""Painting that cannot take the process down, nor hold it up.

PySide ends the process when an exception leaves a paintEvent or a painter stays open behind it. An
error in a picture is reported like any other, and costs that picture only.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from gui.text_size import small as small_face


@contextmanager
def painting(widget: QWidget, *, small: bool = True) -> Iterator[QPainter]:
    """Paint on a widget inside its paintEvent, in the small face unless told otherwise."""
    painter = QPainter(widget)
    try:
        if small:
            painter.setFont(small_face(widget.font()))
        yield painter
    except Exception:
        sys.excepthook(*sys.exc_info())
    finally:
        painter.end()


def paint_later(widget: QWidget) -> None:
    """What it shows is painted in the next turn of the loop: to lay it out has taken long enough for this
    one. Until then there is what was."""
    if widget.updatesEnabled():
        widget.setUpdatesEnabled(False)
        QTimer.singleShot(0, widget, lambda: widget.setUpdatesEnabled(True))
