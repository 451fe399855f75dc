"""An episode, played: what the selected run does when it is asked for the target."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QHideEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.episode import Episode
from gui.model.episodes import NOW, Episodes
from gui.model.goals import Pair
from gui.model.playback import SPEEDS, Playback
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.theme import Look
from gui.views.view import View
from gui.widgets.episode_canvas import EpisodeCanvas
from gui.widgets.icons import icon
from gui.widgets.policy_picture import Grid

FRAME = 40  # milliseconds between two pictures while it moves
CART = "CartPole-"  # how the ids of that environment begin
BOLDER = 30  # pixels around the word on a chip, which is bold when it is checked
Button = TypeVar("Button", QToolButton, QPushButton)


class EpisodeView(View):
    """The picture, the targets to choose from, and what plays, repeats and draws anew.

    Nothing moves while it is not seen, or where a person wants nothing to move: then an episode is shown
    whole.
    """

    help = (
        "the selected run acts, asked for the target. A live run is asked itself; of what is "
        "past, or of a recording, the checkpoint before the cursor acts, once you press E."
    )

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Episode", session, look)
        self.episodes = Episodes(session)
        self.playback = Playback()
        self.picture = EpisodeCanvas(look, self.playback)
        self.offers = QVBoxLayout()
        self.offers.setSpacing(3)
        self._offered: tuple[tuple[str, float], ...] = ()
        self.title.hide()  # the tab has it
        self.speed = self._button(QToolButton(), "", "Speed of playing: the next one", self._faster)
        self.play = self._button(QToolButton(), "", "Play or stop", self._toggle)
        for button in (self.speed, self.play):
            self.header.addWidget(button)
        self.new = self._button(QPushButton(), "New", "Another episode of the same policy (E)", self.fresh)
        self.repeat = self._button(
            QPushButton(), "Loop", "When one is over, draw and play another", self._move
        )
        self.repeat.setCheckable(True)
        self.repeat.setChecked(True)
        self.repeat.setMinimumWidth(self.repeat.fontMetrics().horizontalAdvance("Loop") + BOLDER)
        controls = QVBoxLayout()
        controls.setSpacing(3)
        controls.addLayout(self.offers)
        controls.addStretch(1)
        for chip in (self.new, self.repeat):
            controls.addWidget(chip)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(controls)
        row.addWidget(self.picture, 1)
        self.body.addLayout(row, 1)
        self.show_picture(self.picture, QAccessible.Role.Graphic)
        self.timer = QTimer(self)
        self.timer.setInterval(FRAME)
        self.timer.timeout.connect(self._frame)
        self._grid: tuple[int, Grid | None] = (0, None)
        self._dress()

    def _button(self, button: Button, text: str, help_: str, action: Callable[[], None]) -> Button:
        button.setObjectName("flat" if isinstance(button, QToolButton) else "chip")
        button.setText(text)
        button.setToolTip(help_)
        button.setAccessibleName(help_)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: action())
        return button

    # What a person does

    def fresh(self) -> None:
        """Another episode."""
        self.playback.playing = True
        self.episodes.fresh()
        self._shown = None

    def _toggle(self) -> None:
        if self.playback.over and self.picture.episode is not None:
            self.playback.begin(self.picture.episode.length)
            self.playback.playing = True
        else:
            self.playback.playing = not self.playback.playing
        self._move()
        self._dress()

    def _faster(self) -> None:
        self.playback.factor = SPEEDS[(SPEEDS.index(self.playback.factor) + 1) % len(SPEEDS)]
        self._dress()

    # What is shown

    def depends(self) -> tuple[object, ...]:
        """The episode, whose it is, and what stands in its way."""
        self.episodes.look()
        session, item = self.session, self.session.selected
        known = item is not None and item.recording is not None
        return (
            id(item), known, session.target, session.seed, id(self.episodes.episode), self.episodes.problem,
            self.episodes.source, self.episodes.waiting, self.look.still,
        )  # fmt: skip

    def describe(self) -> str:
        """The episode in words."""
        return f"{self.note.text() or self.accessibleName()}. {self.picture.told}"

    def restyle(self) -> None:
        """Buttons and picture."""
        self._dress()
        self.picture.update()

    def redraw(self) -> None:
        """Take over the episode, and begin to play it."""
        item, episode = self.session.selected, self.episodes.episode
        source = self.episodes.source
        self._offer(item)
        if item is None or item.recording is None or source is None:
            self.picture.show_words(self.episodes.problem or "An episode of the selected run, as it acts.")
            self.note.setText("")
        else:
            self._show(item, episode, source[1])
        self.new.setEnabled(source is not None and not self.episodes.waiting)
        for control in (self.play, self.speed, self.repeat):
            control.setVisible(not self.look.still)
        self._move()
        self._dress()

    def _show(self, item: RunItem, episode: Episode | None, step: int) -> None:
        layout = item.recording.layout
        task: Mapping[str, Any] = layout.catalogue.get("task") or {}
        if self._grid[0] != id(item.recording):
            self._grid = id(item.recording), Grid.of(dict(layout.constants), task.get("outcomes", ()))
        pair = Pair.of(item)
        if self.episodes.problem:
            self.picture.show_words(self.episodes.problem)
        elif episode is None:
            when = "now" if step == NOW else f"at its checkpoint of update {step}"
            hint = "Drawing an episode …" if self.episodes.waiting else f"E shows what it does {when}."
            self.picture.show_words(hint)
        elif episode is not self.picture.episode:
            self.playback.begin(episode.length)
            if self.look.still:
                self.playback.finish()
            self.picture.show_episode(
                episode,
                self._grid[1],
                layout.actions,
                drawn_as="cart" if item.specification.task.startswith(CART) else task.get("drawn_as", ""),
                run=(item.index, item.oracle),
                pair=pair,
            )
        if episode is None:
            self.note.setText(item.name)
        else:
            asked = pair.words(episode.target) if pair is not None else f"{episode.target:g}"
            wish = f"asked for {asked}" if item.conditioned else "takes no target"
            seed = f"seed {layout.seeds[episode.seed]}"
            self.note.setText(f"{wish} · update {episode.step} · {seed} · {item.name}")
            self.note.setToolTip(self.note.text())

    def _offer(self, item: RunItem | None) -> None:
        """Targets that a click asks for, the highest on top."""
        pair = Pair.of(item)
        name = pair.figures if pair is not None else _figures
        offered = tuple((name(target), target) for target in telling(item.targets if item else (), pair))
        if offered != self._offered:
            while self.offers.count():
                widget = self.offers.takeAt(0).widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
            before: QWidget = self.picture
            for text, target in offered:
                chip = QPushButton(text)
                chip.setObjectName("chip")
                chip.setCheckable(True)
                chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                chip.setToolTip(f"Ask for {text}")
                chip.setAccessibleName(f"Ask for {text}")
                chip.clicked.connect(lambda _on, wanted=target: self._ask(wanted))
                self.offers.addWidget(chip)
                self.setTabOrder(before, chip)
                before = chip
            self._offered = offered
        for place, (_, target) in enumerate(offered):
            self.offers.itemAt(place).widget().setChecked(target == self.session.target)
        self._fit_offers()

    def _fit_offers(self) -> None:
        """As many as there is room for above the other chips: the slider asks for any."""
        chips = [self.offers.itemAt(place).widget() for place in range(self.offers.count())]
        each = self.new.sizeHint().height() + self.offers.spacing()
        room = self.picture.height() - 2 * each
        for count, chip in enumerate(chips, 1):
            chip.setVisible(count * each <= room)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Chips do not cover each other."""
        super().resizeEvent(event)
        self._fit_offers()

    def _ask(self, target: float) -> None:
        self.session.steering.look_at_target(target)
        self._shown = None

    # Moving

    def _move(self) -> None:
        """Let the timer run while there is something to move, and only then."""
        there = self.picture.episode is not None and self.isVisible() and not self.look.still
        more = not self.playback.over or (self.repeat.isChecked() and self.episodes.ready)
        if there and self.playback.playing and more:
            self.timer.start()
        else:
            self.timer.stop()
            self.playback.pause()

    def _frame(self) -> None:
        self.playback.advance(time.perf_counter())
        self.picture.update()
        if self.playback.rested and self.repeat.isChecked() and self.episodes.ready:
            self.episodes.fresh()
            self.playback.rest()
        if self.playback.over:
            self._move()
            self._dress()

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen does not move."""
        super().hideEvent(event)
        self._shown = None
        self.timer.stop()

    def _dress(self) -> None:
        theme = self.look.theme
        moves = self.playback.playing and not self.playback.over
        self.play.setIcon(icon("pause" if moves else "play", theme.muted, theme.border))
        self.speed.setText(f"×{self.playback.factor:g}")


def _figures(target: float) -> str:
    """Three figures, and no power of ten."""
    return f"{target:.3g}" if abs(target) < 100 else f"{target:.0f}"


def telling(targets: tuple[float, ...], pair: Pair | None) -> list[float]:
    """Three targets that tell most: the highest, the middle and the lowest; of pairs the one with most of
    either goal, and the one with most of both together."""
    if pair is not None and targets:
        most = [max(targets, key=lambda t, goal=goal: (pair.parts(t)[goal], t)) for goal in (0, 1)]
        return list(dict.fromkeys([*most, max(targets)]))
    places = np.linspace(len(targets) - 1, 0, min(3, len(targets))).round().astype(int)
    return [targets[place] for place in dict.fromkeys(places.tolist())]
