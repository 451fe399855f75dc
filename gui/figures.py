"""The app's own views as a file, without a window: for the command line, papers and tests."""

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from engine import launch
from engine.errors import UserError
from gui.app import application
from gui.deck import Deck
from gui.exports import draw
from gui.model.session import Session
from gui.theme import Look, palette, stylesheet

MARGIN = 10  # pixels around the cards


def render(
    paths: list[Path],
    out: Path,
    kind: Literal["png", "svg"],
    theme: Literal["light", "dark"] = "light",
    size: tuple[int, int] = (1500, 940),
) -> None:
    """Open recordings side by side and write what the app would show of them.

    Args:
        size: of the figure in pixels; a PNG has twice as many.

    Raises:
        UserError: when a recording cannot be read or the file cannot be written.
    """
    if not paths:
        raise UserError("nothing to draw: no recording was given")
    application()
    session = Session(out.parent, launch)
    look = Look(theme)
    deck = Deck(session, look)
    deck.as_figure()
    page = QWidget()
    page.setObjectName("workbench")
    page.setPalette(palette(look.theme))
    page.setStyleSheet(stylesheet(look.theme))
    page.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    column = QVBoxLayout(page)
    column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
    column.addWidget(deck.board)
    try:
        for path in paths:
            session.open(path)
        page.resize(*size)
        page.show()
        for _ in range(3):  # layouts settle, axes learn their width
            deck.refresh()
            QApplication.processEvents()
        draw(page, out, kind)
    finally:
        page.hide()
        session.close()
        page.deleteLater()
        QApplication.sendPostedEvents(page, QEvent.Type.DeferredDelete)
