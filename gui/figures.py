"""The app's own views as a file, without a window: for the command line, papers and tests."""

import sys
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QEvent, QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
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
    curves: tuple[str, ...] = ("return", "effective_modes"),
    against: str = "update",
    scale: int = 2,
) -> None:
    """Open recordings side by side and write what the app would show of them.

    Args:
        size: of the figure in pixels; a PNG has `scale` times as many.
        curves, against: the two metrics drawn as curves, and what they are drawn against.

    Raises:
        UserError: when a recording cannot be read or the file cannot be written.
    """
    if not paths:
        raise UserError("nothing to draw: no recording was given")
    qInstallMessageHandler(_without_window_hints)
    application()
    session = Session(out.parent, launch)
    look = Look(theme)
    deck = Deck(session, look)
    deck.as_figure()
    deck.show_curves(curves, against)
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
        draw(page, out, kind, scale)
    finally:
        qInstallMessageHandler(None)
        page.hide()
        session.close()
        page.deleteLater()
        QApplication.sendPostedEvents(page, QEvent.Type.DeferredDelete)


def _without_window_hints(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """Everything Qt says but that the offscreen platform has no window manager to give sizes to."""
    if "propagateSizeHints" not in text:
        sys.stderr.write(f"{text}\n")
