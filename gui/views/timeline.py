"""The timeline under everything: one cursor for every view."""

import time

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QComboBox, QMenu, QPushButton, QToolButton

from gui.model import summary
from gui.model.marks import alarm_marks, marks
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import SMOOTH, View
from gui.widgets.fork_menu import fork_menu
from gui.widgets.icons import icon
from gui.widgets.time_strip import TimeStrip

SPEEDS = (10, 30, 100, 1000)  # updates a second
LONGEST_STEP = 1.0  # seconds that the cursor plays on at once


class TimelineView(View):
    """Transport buttons, the strip, and the chip that says whether the cursor follows. The strip's menu
    forks."""

    help = (
        "one cursor for every view. It follows the newest update, or stays where you put it. "
        "Marks are what was turned, and collapses."
    )

    fork_wanted = Signal(object, int, bool)

    every = SMOOTH

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Timeline", session, look)
        self.strip = TimeStrip(session, look)
        self._shapes: list[tuple[QToolButton, str]] = []
        cursor = session.cursor
        self._button("first", "To the first update (Home)", cursor.start)
        self._button("back", "One update back (Left)", lambda: cursor.nudge(-1))
        self.play_button = self._button("play", "Play from here (P)", self.toggle_play)
        self._button("on", "One update on (Right)", lambda: cursor.nudge(1))
        self.speed = QComboBox()
        self.speed.setObjectName("small")
        self.speed.addItems([f"{speed} updates/s" for speed in SPEEDS])
        self.speed.setCurrentIndex(1)
        self.speed.setAccessibleName("Speed of playing")
        self.speed.setAccessibleDescription("Speed of playing")  # some readers say only what is chosen
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.header.addWidget(self.speed)
        self.live = QPushButton("LIVE")
        self.live.setObjectName("chip")
        self.live.setCheckable(True)
        self.live.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.live.setToolTip("Follow the newest update (End)")
        self.live.clicked.connect(cursor.follow)
        self.live.clicked.connect(self._chip)
        self.header.addWidget(self.live)
        self.strip.menu_wanted.connect(self._menu)
        self.body.addWidget(self.strip, 1)
        self.show_picture(self.strip)
        self.playing = False
        self._place = 0.0
        self._moment = 0.0
        self._events = (-1, -1)
        self._dressed = ("", False)

    def _button(self, shape: str, help_: str, action: object) -> QToolButton:
        button = QToolButton()
        button.setObjectName("flat")
        button.setToolTip(help_)
        button.setAccessibleName(help_)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(action)
        self.header.addWidget(button)
        self._shapes.append((button, shape))
        return button

    def hide_controls(self) -> None:
        """For a figure: what cannot be pressed is not shown."""
        for control in (*(button for button, _ in self._shapes), self.speed, self.live):
            control.hide()

    def toggle_play(self) -> None:
        """Move the cursor by itself, or stop it. At the end it starts from the beginning."""
        cursor = self.session.cursor
        self.playing = not self.playing and cursor.end > 0
        if self.playing and cursor.following:
            cursor.start()
        self._place, self._moment = float(cursor.step), time.perf_counter()
        self._shown = None

    def advance(self) -> None:
        """Called at every tick: where the cursor should be by now."""
        if not self.playing:
            return
        cursor, now = self.session.cursor, time.perf_counter()
        if abs(cursor.step - self._place) > 1.0:  # someone else has moved it
            self._place = float(cursor.step)
        # A machine that slept, or a window that was held, goes on where it was.
        self._place += min(now - self._moment, LONGEST_STEP) * SPEEDS[self.speed.currentIndex()]
        self._moment = now
        cursor.put(self._place)
        if cursor.following:
            self.playing = False

    def depends(self) -> tuple[object, ...]:
        """Rows, cursor, and whether it plays."""
        return *super().depends(), self.session.cursor.end, self.session.cursor.following, self.playing

    def redraw(self) -> None:
        """Words, chip and strip."""
        cursor = self.session.cursor
        count = sum(len(i.recording.events) for i in self.session.items if i.recording is not None)
        events = count, self.session.alarms.revision
        if events != self._events:
            self._events = events
            happened = [mark for mark in marks(self.session.items) if mark.kind != "control"]
            self.strip.marks = happened + alarm_marks(self.session.alarms.found)
        if self._dressed != (self.look.theme.name, self.playing):
            self._dress()
        self._chip()
        end = f"{cursor.end:,}".replace(",", "\u2009")
        step = f"{cursor.step:,}".replace(",", "\u2009")
        self.note.setText("" if cursor.end == 0 else f"update {step} of {end}")
        self.strip.update()

    def describe(self) -> str:
        """The cursor, and what happened."""
        return summary.timeline(self.where(), [(mark.step, mark.words) for mark in self.strip.marks])

    def _dress(self) -> None:
        """Pictures on the buttons: a button that gets one is laid out anew, so only where they change."""
        theme = self.look.theme
        for button, shape in self._shapes:
            shown = "pause" if button is self.play_button and self.playing else shape
            button.setIcon(icon(shown, theme.muted, theme.border))
        self._dressed = theme.name, self.playing

    def menu(self, step: int, runs: list[str]) -> QMenu:
        """Forks at an update: of the runs that a mark names, else of the selected one."""
        items = [item for item in self.session.items if item.name in runs]
        selected = self.session.selected
        return fork_menu(self, items or ([selected] if selected else []), step, self.fork_wanted.emit)

    def _menu(self, step: int, runs: list[str], place: QPoint) -> None:
        self.menu(step, runs).exec(place)

    def _chip(self) -> None:
        live = bool(self.session.live)
        self.live.setChecked(self.session.cursor.following)
        self.live.setText("LIVE" if live else "END")
