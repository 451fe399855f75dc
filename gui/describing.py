"""What the views show, in words: for screen readers, a second at the most after it is seen, and for everyone
in a window of its own."""

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from gui.deck import Deck
from gui.text_size import scaled
from gui.views.view import View

if TYPE_CHECKING:
    from gui.main_window import MainWindow

EVERY = 1.0  # seconds between two descriptions of a picture: faster cannot be heard


class Spoken:
    """Keeps the accessible descriptions of pictures up to date, while something listens to them."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        self._told = 0.0

    def refresh(self) -> None:
        """Called at every tick. Costs nothing where no screen reader runs."""
        if not QAccessible.isActive() or time.monotonic() - self._told < EVERY:
            return
        self._told = time.monotonic()
        for view in self.deck.views:
            if view.picture is not None and view.isVisible():
                said = view.describe()
                if said != view.picture.accessibleDescription():
                    view.picture.setAccessibleDescription(said)


class Description(QDialog):
    """Text to read and to copy; Escape closes it."""

    def __init__(self, title: str, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.text = QPlainTextEdit(words)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(title)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QApplication.clipboard().setText(words))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.text, 1)
        column.addWidget(buttons)
        self.resize(scaled(600, self.font()), scaled(380, self.font()))
        self.text.setFocus()


def view_in_focus(deck: Deck) -> View | None:
    """The view that the keyboard is in."""
    focused = QApplication.focusWidget()
    return next((v for v in deck.views if focused is not None and v.isAncestorOf(focused)), None)


def everything(deck: Deck) -> str:
    """Every view that is seen, a paragraph each."""
    return "\n\n".join(words for view in deck.views if view.isVisible() and (words := view.describe()))


def describe(window: "MainWindow", *, whole: bool = False) -> None:
    """Say in a window what the view in focus shows, or all of them; in place of what it said before."""
    view = None if whole else view_in_focus(window.deck)
    title = "Everything, in words" if view is None else f"{view.accessibleName()}, in words"
    words = everything(window.deck) if view is None else view.describe()
    for before in window.dialogs.findChildren(Description):
        if before.windowTitle() == title:
            before.close()
    Description(title, words or "Nothing is shown yet.", window.dialogs).show()
