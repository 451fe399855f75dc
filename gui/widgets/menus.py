"""Menus that are filled anew each time they open, and leave nothing behind.

What `addMenu` and `addAction` give is made by Qt, and when Qt deletes it, its Python object stays with that
of the menu. So the menus in a menu are made here, and go with all that is in them.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu


def emptied(menu: QMenu) -> QMenu:
    """The menu, cleared also of the menus and groups in it, which `clear` leaves."""
    for kind in (QMenu, QActionGroup):
        for inner in menu.findChildren(kind, options=Qt.FindChildOption.FindDirectChildrenOnly):
            inner.deleteLater()
    menu.clear()
    return menu


def inner_menu(menu: QMenu, words: str) -> QMenu:
    """A new menu at the end of `menu`."""
    inner = QMenu(words, menu)
    menu.addMenu(inner)
    return inner
