"""The app's own views as a file, without a window: for the command line, papers and tests."""

import os
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtWidgets import QApplication

from engine import launch
from engine.errors import UserError
from gui.app import application
from gui.exports import draw
from gui.main_window import MainWindow
from gui.model.session import Session
from gui.settings import Settings
from gui.theme import Look


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
    window = MainWindow(session, Look(theme), Settings(QSettings(os.devnull, QSettings.Format.IniFormat)))
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    window.timer.stop()
    for part in (
        window.toolbar,
        window.deck.recordings,
        window.deck.objective,
        window.deck.changes,
        window.menuBar(),
        window.statusBar(),
    ):
        part.hide()
    try:
        for path in paths:
            session.open(path)
        window.resize(*size)
        window.show()
        session.tick()
        for _ in range(3):  # layouts settle, axes learn their width
            window.refresh()
            QApplication.processEvents()
        draw(window.deck.board, out, kind)
    finally:
        window.dismiss()
        window.deleteLater()
        QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
