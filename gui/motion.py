"""What moves of its own accord, and how it is made to rest. `Look.still` is the one flag; whatever else moves
asks it."""

import sys
from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gui.theme import Look

BLINK = 1000  # milliseconds from one appearance of the text cursor to the next


@cache
def _system_slides() -> bool:
    """Whether menus, lists and tool tips slide or fade where nobody says otherwise."""
    return QApplication.isEffectEnabled(Qt.UIEffect.UI_General)


def system_holds_still() -> bool:
    """Whether the system asks for no animation. Only Windows tells Qt of it."""
    return sys.platform == "win32" and not _system_slides()


def rest_or_blink(look: Look) -> None:
    """Text cursor, menus, lists and tool tips rest where nothing may move."""
    QApplication.setCursorFlashTime(0 if look.still else BLINK)
    QApplication.setEffectEnabled(Qt.UIEffect.UI_General, _system_slides() and not look.still)
