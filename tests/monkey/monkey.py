"""A hand that does not know what it does: random actions, clicks, keys, drags and wheels on a window."""

import random
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import createdByPython, getAllValidWrappers

from gui.main_window import MainWindow

KEYS = (
    Qt.Key.Key_Space, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Up,
    Qt.Key.Key_Down, Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_BracketLeft,
    Qt.Key.Key_BracketRight, Qt.Key.Key_P, Qt.Key.Key_C, Qt.Key.Key_N, Qt.Key.Key_H, Qt.Key.Key_A,
    Qt.Key.Key_G, Qt.Key.Key_1, Qt.Key.Key_9,
)  # fmt: skip
ENDS = ("quit",)  # what would end the window
REMEMBERED = 40
PATIENCE = 150  # milliseconds until a dialog or menu that has opened is looked at, and closed


class Monkey:
    """Acts on a window; what it did last is known when something breaks.

    Attributes:
        deeds: how many so far.
        last: the latest of them in words.
    """

    def __init__(self, window: MainWindow, seed: int) -> None:
        self.window, self.random = window, random.Random(seed)
        self.deeds = 0
        self._area: QWidget = window
        self.last: deque[str] = deque(maxlen=REMEMBERED)
        # What opens a loop of events of its own, a dialog or a menu, is closed from within that loop.
        self._closer = QTimer(window, interval=PATIENCE)
        self._closer.timeout.connect(self._close_what_waits)
        self._closer.start()
        self._ways: tuple[tuple[Callable[[], str], int], ...] = (
            (self._act, 4), (self._click, 5), (self._press, 4), (self._drag, 3), (self._turn, 2),
            (self._resize, 1),
        )  # fmt: skip

    def do(self) -> None:
        """One deed."""
        ways, weights = zip(*self._ways, strict=True)
        self.last.append("…")  # so that a deed that never comes back is known to have begun
        self.last[-1] = self.random.choices(ways, weights)[0]()
        self.deeds += 1

    def rest(self) -> None:
        """Leave the window alone from now on."""
        self._closer.stop()

    def _act(self) -> str:
        names = [name for name in self.window.actions_by_name if name not in ENDS]
        name = self.random.choice(names)
        self.last[-1] = f"action {name}"
        self.window.actions_by_name[name].trigger()
        return self.last[-1]

    def _click(self) -> str:
        widget, place = self._somewhere()
        button = self.random.choices((Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton), (8, 1))[0]
        self.last[-1] = f"click {_name(widget)} at {place.x()}, {place.y()}"
        click = QTest.mouseDClick if self.random.random() < 0.1 else QTest.mouseClick
        click(widget, button, Qt.KeyboardModifier.NoModifier, place)
        return self.last[-1]

    def _press(self) -> str:
        widget = QApplication.focusWidget() or self.window
        key = self.random.choice(KEYS)
        modifier = self.random.choices(
            (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier), (5, 1)
        )[0]
        self.last[-1] = f"key {key.name} on {_name(widget)}"
        QTest.keyClick(widget, key, modifier)
        return self.last[-1]

    def _drag(self) -> str:
        widget, place = self._somewhere()
        self.last[-1] = f"drag on {_name(widget)}"
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        for _ in range(4):
            place = self._within(widget)
            QTest.mouseMove(widget, place)
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        return self.last[-1]

    def _turn(self) -> str:
        widget, place = self._somewhere()
        self.last[-1] = f"wheel on {_name(widget)}"
        up = QPoint(0, self.random.choice((-120, 120)))
        wheel = QWheelEvent(
            QPointF(place), QPointF(widget.mapToGlobal(place)), QPoint(), up,
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, wheel)
        return self.last[-1]

    def _resize(self) -> str:
        width, height = self.random.randint(900, 1600), self.random.randint(600, 1000)
        self.last[-1] = f"resize to {width} × {height}"
        self.window.resize(width, height)
        return self.last[-1]

    def _somewhere(self) -> tuple[QWidget, QPoint]:
        """What lies at a random place of the window in use; in half of the cases one of the widgets that the
        app has made, so that small controls are met too.

        To list the window's children, or to follow the chain of Tab, would be simpler, and leave a Python
        object of each widget that Qt makes and deletes.
        """
        if self.random.random() < 0.5:
            widget = self.random.choice([made for made in getAllValidWrappers() if _can_be_met(made)])
            return widget, self._within(widget)
        active = QApplication.activeWindow()
        area = active if active is not None and active.isVisible() else self.window
        self._area = area  # of a window that Qt has made, the Python objects of what is in it go with its own
        place = self._within(area)
        widget = area.childAt(place) or area
        return widget, widget.mapFrom(area, place)

    def _within(self, widget: QWidget) -> QPoint:
        return QPoint(self.random.randrange(widget.width()), self.random.randrange(widget.height()))

    def _close_what_waits(self) -> None:
        popup, modal = QApplication.activePopupWidget(), QApplication.activeModalWidget()
        if popup is not None:
            popup.close()
        elif isinstance(modal, QDialog):
            modal.reject()


def _can_be_met(thing: object) -> bool:
    return (
        isinstance(thing, QWidget)
        and createdByPython(thing)
        and thing.isVisible()
        and bool(thing.width() and thing.height())
    )


def _name(widget: QWidget) -> str:
    return f"{type(widget).__name__} '{widget.accessibleName() or widget.objectName()}'"
