"""The app's own views as a file, without a window: for the command line, papers, films and tests."""

import os
import sys
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Literal

from PySide6.QtCore import QEvent, QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from engine import launch
from engine.errors import UserError
from engine.exports.kinds import WHOLE_PAGE, Order, Progress
from gui.app import application
from gui.deck import Deck
from gui.drawing import MARGIN, draw, paint
from gui.model.session import Session
from gui.shown import Shown
from gui.theme import Look, palette, stylesheet
from gui.widgets.legend import Legend

UNNAMED = ("curves", "curves-below", "frontier", "calibration")  # views that name no run: they get a legend


class Figure:
    """Recordings open side by side on a page that is on no screen. They are held at the rows they have now.

    Use it as a context: it lets go of the files and of the page.
    """

    def __init__(
        self,
        paths: tuple[Path, ...],
        theme: Literal["light", "dark"],
        size: tuple[int, int],
        view: str = WHOLE_PAGE,
        shown: Shown | None = None,
        held: tuple[int | None, ...] = (),
    ) -> None:
        """`held`: as in an :class:`Order`. Raises UserError when a recording cannot be read, or when what is
        shown does not fit into `size` (pixels)."""
        shown = shown or Shown()
        if not paths:
            raise UserError("nothing to draw: no recording was given")
        qInstallMessageHandler(_without_window_hints)
        if QApplication.instance() is None:
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        application()
        look = Look(theme)
        self.session = Session(paths[0].parent, launch)
        self.deck = Deck(self.session, look)
        self.deck.as_figure()
        self.deck.show_curves(shown.curves, shown.against)
        self.page = QWidget()
        self.page.setObjectName("workbench")
        self.page.setPalette(palette(look.theme))
        self.page.setStyleSheet(stylesheet(look.theme))
        self.page.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        column = QVBoxLayout(self.page)
        margin = MARGIN if view == WHOLE_PAGE else 0
        column.setContentsMargins(margin, margin, margin, margin)
        column.addWidget(self.deck.board if view == WHOLE_PAGE else self.deck.figures[view])
        try:
            self._fill(paths, held, shown)
        except UserError:
            self.close()
            raise
        self.page.resize(*size)
        if view in UNNAMED:
            self.deck.figures[view].body.addWidget(Legend(self.session.shown, look))
        if view != WHOLE_PAGE:
            self.deck.figures[view].show()
            self.deck.drift.bars.legend = True
        self.page.show()
        self.settle()
        self._check_size(size, view)

    def _check_size(self, wanted: tuple[int, int], view: str) -> None:
        """A page cannot be made smaller than what is on it: it would come out larger than asked."""
        made = self.page.size()
        if (made.width(), made.height()) != wanted:
            self.close()
            which = "the whole page" if view == WHOLE_PAGE else f"view {view}"
            other = ", or one view, for example --view curves" if view == WHOLE_PAGE else ""
            raise UserError(
                f"{which} does not fit into {wanted[0]} by {wanted[1]} pixels; "
                f"allowed: from {made.width()} by {made.height()}{other}"
            )

    def _fill(self, paths: tuple[Path, ...], held: tuple[int | None, ...], shown: Shown) -> None:
        session = self.session
        for path, until in zip_longest(paths, held):
            session.open(path, until)
        for item, name, index in zip(
            session.items_by_path(list(paths)), shown.names, shown.indices, strict=False
        ):
            item.name, item.index = name, index
        for place in shown.hidden:
            session.show(session.items[place], False)
        learns = next((item for item in session.items if not item.oracle), session.items[0])
        session.select(learns if shown.selected is None else session.items[shown.selected])
        if shown.target is not None:
            session.steering.look_at_target(shown.target)
        session.seed = shown.seed
        self.deck.choose_ranges(shown.ranges)

    def settle(self) -> None:
        """Layouts settle, axes learn their width."""
        for _ in range(3):
            self.deck.refresh()
            QApplication.processEvents()

    def at(self, step: int) -> QImage:
        """What the views show with the cursor at an update, a pixel for a pixel."""
        self.session.cursor.put(step)
        self.deck.refresh()
        QApplication.processEvents()
        return paint(self.page)

    def close(self) -> None:
        """Let go of everything."""
        qInstallMessageHandler(None)
        self.page.hide()
        self.session.close()
        if self.deck.board.parent() is not self.page:
            self.deck.board.deleteLater()
            QApplication.sendPostedEvents(self.deck.board, QEvent.Type.DeferredDelete)
        self.page.deleteLater()
        QApplication.sendPostedEvents(self.page, QEvent.Type.DeferredDelete)

    def __enter__(self) -> "Figure":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write(order: Order, progress: Progress) -> None:
    """Write PNG, SVG or PDF as `order` says.

    Raises:
        UserError: when a recording cannot be read or the file cannot be written.
    """
    with figure_of(order) as figure:
        progress(0, 1)
        draw(figure.page, order.out, order.kind)


def figure_of(order: Order) -> Figure:
    """The page that an order is about."""
    size, shown = (order.width, order.height), Shown(**order.shown)
    return Figure(order.recordings, order.theme, size, order.view, shown, order.held)


def render(
    paths: list[Path],
    out: Path,
    kind: Literal["png", "svg", "pdf"],
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
    with Figure(tuple(paths), theme, size, shown=Shown(curves, against)) as figure:
        draw(figure.page, out, kind, scale)


def _without_window_hints(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """Everything Qt says but that the offscreen platform has no window manager to give sizes to."""
    if "propagateSizeHints" not in text:
        sys.stderr.write(f"{text}\n")
