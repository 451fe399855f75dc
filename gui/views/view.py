"""What every view has in common: it redraws when what it depends on has changed, and only then."""

import math
import time
from collections.abc import Hashable
from typing import ClassVar

from gui.model import summary
from gui.model.session import Session
from gui.theme import Look
from gui.widgets.card import Card

SMOOTH, READABLE = 1 / 15, 1 / 8  # seconds between two pictures: of what moves, of what is read
INFINITE = "Drift is infinite here:\nthe learner does what the base never does."


class View(Card):
    """A card that shows a part of the session.

    Attributes:
        help: what is seen in it, in a sentence or two; `topic` is what the help calls it.
        every: seconds between two pictures at the least, while nothing is new but rows: what cannot be read
            faster is not drawn faster. What a hand does is always drawn at once.
        drawn: when it was drawn last, seconds.
    """

    help: ClassVar[str]
    every: ClassVar[float] = 0.0

    def __init__(self, title: str, session: Session, look: Look) -> None:
        super().__init__(title)
        self.session = session
        self.look = look
        self.topic = title
        self.title.setToolTip(f"{title}: {self.help}")
        self.drawn = -math.inf
        self._shown: tuple[Hashable, ...] | None = None
        self._touched: tuple[Hashable, ...] = ()

    def depends(self) -> tuple[Hashable, ...]:
        """What the picture is a function of; an equal answer means that nothing needs drawing."""
        return self.session.revision, self.session.cursor.step

    def redraw(self) -> None:
        """Show the present state."""
        raise NotImplementedError

    def describe(self) -> str:
        """What is shown now, in sentences. Made when it is asked for, never while drawing."""
        return f"{self.accessibleName()}: {self.note.text()}." if self.note.text() else ""

    def where(self) -> str:
        """Where the cursor is, in words."""
        cursor = self.session.cursor
        return summary.place(cursor.step, cursor.end, following=cursor.following)

    def restyle(self) -> None:
        """The theme is another one. Called before the next redraw."""

    def refresh(self) -> bool:
        """Redraw if something changed. Returns whether it did."""
        state = (self.look.dress, *self.depends())
        if state == self._shown:
            return False
        now, following = time.perf_counter(), self.session.cursor.following
        touched = state[0], self.session.touched, following
        if following and touched == self._touched and now < self.drawn + self.every:
            return False
        self.drawn, self._touched = now, touched
        if self._shown is None or self._shown[0] != state[0]:
            self.restyle()
        self._shown = state
        self.redraw()
        return True
