"""`python -m tests.e2e.probe SOCKET [arguments of main.py …]`: the app, with an eye in it.

A test may ask where a control is on the screen and what a view shows. It has no hands: keys and clicks come
through the display server, as a person's do.
"""

import sys
import threading
from multiprocessing.connection import Listener
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QWidget

from gui.main_window import MainWindow
from main import main


class Eye(QObject):
    """Answers in the thread of the widgets, whoever asks."""

    asked = Signal(object)

    def __init__(self, app: QApplication) -> None:
        super().__init__()
        self.moveToThread(app.thread())
        self.asked.connect(self._answer, Qt.ConnectionType.BlockingQueuedConnection)

    def ask(self, expression: str) -> Any:
        """The value of an expression in which `window` is the app's."""
        question: list[Any] = [expression]
        self.asked.emit(question)
        return question[1]

    def _answer(self, question: list[Any]) -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()]
        scope = {"window": windows[0] if windows else None, "app": QApplication.instance()} | LOOKS
        try:
            question.append(eval(question[0], scope))
        except Exception as error:  # told to who asked; the app is not to blame
            question.append(error)


def in_front() -> QWidget | None:
    """The window that takes the keys, lists open above it left aside: a dialog, or the app's own."""
    modal = QApplication.activeModalWidget()
    shown = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    dialogs = [w for w in shown if w.windowType() == Qt.WindowType.Dialog]
    return modal or next(iter(dialogs), None) or next((w for w in shown if isinstance(w, MainWindow)), None)


def window_to_focus() -> int:
    """The number of the window in front; 0 while a menu or a list is open, which takes the keys by itself."""
    front = in_front()
    return 0 if front is None or QApplication.activePopupWidget() is not None else int(front.winId())


def place(name: str) -> tuple[int, int, int, int]:
    """Left, top, width and height on the screen of the visible control of this name or text. Those of the
    window in front come first, and of these what takes the keyboard before its label.

    Raises:
        LookupError: where there is none.
    """
    front = in_front()
    seen = [w for w in QApplication.allWidgets() if w.isVisible() and name in _names(w)]
    still = Qt.FocusPolicy.NoFocus
    seen.sort(key=lambda w: (w.window() is not front, w.focusPolicy() == still, not w.isEnabled()))
    if not seen:
        raise LookupError(f"nothing that is visible is called '{name}'")
    corner = seen[0].mapToGlobal(seen[0].rect().topLeft())
    return corner.x(), corner.y(), seen[0].width(), seen[0].height()


def said() -> str:
    """Every text in the window in front."""
    front = in_front()
    inside = [front, *front.findChildren(QWidget)] if front is not None else []
    return "\n".join(_text(widget).replace("&", "") for widget in inside if widget.isVisible())


def _names(widget: QWidget) -> tuple[str, ...]:
    return widget.accessibleName(), _text(widget).replace("&", "")


def _text(widget: QWidget) -> str:
    for way in ("text", "toPlainText", "currentMessage"):
        read = getattr(widget, way, None)
        if callable(read):
            return str(read())
    return ""


LOOKS = {"place": place, "said": said, "in_front": in_front, "window_to_focus": window_to_focus}


def listen(address: str) -> None:
    """Answer one who asks, until they leave or the app ends."""
    with Listener(address) as listener, listener.accept() as connection:
        eye: Eye | None = None
        while True:
            try:
                expression = connection.recv()
            except (EOFError, OSError):
                return
            app = QApplication.instance()
            if eye is None and isinstance(app, QApplication):
                eye = Eye(app)
            connection.send(None if eye is None else eye.ask(expression))


if __name__ == "__main__":
    threading.Thread(target=listen, args=(sys.argv[1],), daemon=True).start()
    sys.exit(main(sys.argv[2:]))
