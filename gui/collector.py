"""Circles of dead Python objects are taken apart in the interface thread, and nowhere else.

Python looks for them in whichever thread makes the object that is one too many. A window, a menu or an action
in such a circle would be destroyed by the thread that reads the library or hears a worker, while Qt goes
through its list of children: the app would crash.
"""

import gc

from PySide6.QtCore import QObject, QTimer

EVERY = 100  # milliseconds between two looks at what was made since the last one
OLDER = 10  # looks until what survived one is looked at too: after a second
OLDEST = 100  # until everything is: after ten


class Collector(QObject):
    """Takes over from Python until it is closed. Make it in the interface thread.

    What is there already, modules above all, is taken to stay, so that a look at everything is short.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._looks = 0
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        self._looks += 1
        gc.collect(2 if self._looks % OLDEST == 0 else 1 if self._looks % OLDER == 0 else 0)

    def close(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
