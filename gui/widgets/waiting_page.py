"""What is shown until a page is made that takes long to make."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout

from gui.widgets.page import PLAIN, Page

TURN = 5  # ms, in which what was done is painted
AGAIN = 50  # ms between two looks at what others have to do


class WaitingPage(Page):
    """Takes the keys, and says what is waited for where that is not this program's own work.

    Attributes:
        typed: what was written meanwhile, for the page that comes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Please wait")
        self.typed = ""
        self._words = QLabel()
        self._words.setObjectName("muted")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(self).addWidget(self._words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What is written is kept."""
        if event.text().isprintable() and event.modifiers() in PLAIN:
            self.typed += event.text()
        super().keyPressEvent(event)

    def then(self, go_on: Callable[[], object], words: str) -> None:
        """Go on in a turn of the loop of its own: soon, or in a while where there are words to read."""
        self._words.setText(words)
        QTimer.singleShot(AGAIN if words else TURN, self, go_on)
