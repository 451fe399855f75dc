"""Colours and letters of a window, put on one part after another.

A style sheet takes Qt a tenth of a millisecond a widget, and letters of another size lay out all of it anew:
of a whole window that is longer than a hand may wait. So every part wears a sheet of its own. When the look
changes, each part is dressed in a turn of the loop of its own, behind the picture that was, and painted in
another.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from gui.motion import rest_or_blink
from gui.text_size import base_font
from gui.theme import Look, palette, stylesheet


class Dressing(QObject):
    """Of the parts of one window. A widget that is made later belongs to a part, and wears what it wears."""

    done = Signal()  # every part wears what the look says

    def __init__(self, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self.look = look
        self._parts: dict[QWidget, Callable[[], object]] = {}
        self._bare: list[QWidget] = []  # that wear what was
        self._veiled: list[QWidget] = []  # that are not painted yet
        self._worn = look.dress
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._next)
        self._dress_application()
        rest_or_blink(look)
        look.changed.connect(self._change)

    @property
    def busy(self) -> bool:
        """Whether a change is under way: nothing should be drawn meanwhile."""
        return self._turn.isActive()

    def add(self, part: QWidget, redraw: Callable[[], object] = lambda: None) -> None:
        """Dress this part, now and whenever the look changes; `redraw` shows then what is painted in it."""
        self._parts[part] = redraw
        part.setStyleSheet(stylesheet(self.look.theme, self.look.text_size))
        redraw()

    def forget(self, part: QWidget) -> None:
        """This part goes."""
        del self._parts[part]
        for waiting in (self._bare, self._veiled):
            if part in waiting:
                waiting.remove(part)

    def _dress_application(self) -> None:
        """What comes later, and what style sheets do not reach: tool tips, selections."""
        application = QApplication.instance()
        application.setFont(base_font(self.look.text_size))
        application.setPalette(palette(self.look.theme))

    def _change(self) -> None:
        rest_or_blink(self.look)
        if self.look.dress == self._worn:
            return
        self._worn = self.look.dress
        self._bare = sorted(self._parts, key=lambda part: not part.isVisible())
        self._veiled = list(self._bare)
        for part in self._bare:
            part.setUpdatesEnabled(False)
        self._dress_application()  # who wears a sheet takes it with the next one
        self._turn.start()

    def _next(self) -> None:
        if self._bare:
            self._dress(self._bare.pop(0))
        elif self._veiled:
            self._veiled.pop(0).setUpdatesEnabled(True)
        else:
            self.done.emit()
            return
        self._turn.start()

    def _dress(self, part: QWidget) -> None:
        part.setStyleSheet(stylesheet(self.look.theme, self.look.text_size))
        self._parts[part]()
