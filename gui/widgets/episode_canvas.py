"""The widget on which an episode is played, with how far it is in words."""

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from engine.episode import Episode
from gui.model.goals import Pair
from gui.model.playback import Playback
from gui.model.summary import counted
from gui.text_size import small
from gui.theme import Look
from gui.widgets.episode_picture import draw_episode
from gui.widgets.painting import painting
from gui.widgets.policy_picture import Grid


class EpisodeCanvas(QWidget):
    """Paints one episode at the place where it is played, or says why there is none."""

    def __init__(self, look: Look, playback: Playback) -> None:
        super().__init__()
        self.look, self.playback = look, playback
        self.episode: Episode | None = None
        self.message = self.told = ""
        self._how: dict[str, Any] = {}
        self._pair: Pair | None = None
        self._run = (0, False)
        self.setMinimumSize(80, 60)
        self.setAccessibleName("Episode")

    def sizeHint(self) -> QSize:
        """Room for a grid."""
        return QSize(180, 180)

    def show_words(self, message: str) -> None:
        """No episode, and why."""
        self.episode, self.message, self.told = None, message, message
        self.setAccessibleDescription(message)
        self.update()

    def show_episode(
        self,
        episode: Episode,
        grid: Grid | None,
        actions: tuple[str, ...],
        *,
        drawn_as: str,
        run: tuple[int, bool],
        pair: Pair | None,
    ) -> None:
        """Another episode, in the colour of a run: its index, and whether it is an oracle's."""
        self.episode, self._pair, self._run = episode, pair, run
        self._how = {"grid": grid, "actions": actions, "drawn_as": drawn_as}
        self.told = words(episode, episode.length, pair)
        self.setAccessibleDescription(self.told)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        with painting(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        theme, box = self.look.theme, QRectF(self.rect())
        if self.episode is None:
            painter.setPen(QColor(theme.muted))
            both = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(box, both, self.message)
            return
        metrics = QFontMetrics(small(self.font()))
        area = box.adjusted(1, 1, -1, -metrics.height() - 4)
        position = min(self.playback.position, float(self.episode.length))
        colour = theme.style(*self._run).colour
        painter.save()
        draw_episode(painter, area, self.episode, position, theme=theme, colour=colour, **self._how)
        painter.restore()
        painter.setPen(QColor(theme.text))
        done = int(position)
        said = words(self.episode, done, self._pair)
        if metrics.horizontalAdvance(said) > self.width():
            said = few_words(self.episode, done, self._pair)
        below = QRectF(0, box.bottom() - metrics.height(), box.width(), metrics.height())
        elided = metrics.elidedText(said, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, elided)


def words(episode: Episode, done: int, pair: Pair | None) -> str:
    """How far it is and what it has brought, for a person."""
    brought = _brought(episode, done, pair)
    if episode.apart:
        return f"{done} of {episode.length} choices · {brought}"
    if done < episode.length:
        return f"step {done} of {episode.length} · {brought} so far"
    rest = episode.ending or ("not followed further: it takes too long" if episode.cut else "")
    return " · ".join(part for part in (brought, counted(episode.length, "step"), rest) if part)


def few_words(episode: Episode, done: int, pair: Pair | None) -> str:
    """The same where there is little room."""
    if episode.apart:
        return _brought(episode, done, pair).replace("mean return", "mean")
    gained = sum(episode.rewards[:done])
    brought = pair.figures(gained) if pair is not None else _brought(episode, done, pair)
    return f"{done}/{episode.length} · {brought}"


def _brought(episode: Episode, done: int, pair: Pair | None) -> str:
    gained = round(sum(episode.rewards[:done]), 9) + 0.0
    if episode.apart:
        return f"mean return {gained / max(done, 1):.2f}"
    return pair.words(gained) if pair is not None else f"return {gained:g}"
