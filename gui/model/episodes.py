"""The episode that is shown: who acts in it, and when another one is drawn.

A live run that is followed is asked itself. What it did earlier, and what a finished recording holds, is
shown by a process that begins from the checkpoint before the cursor. That process is started only when a
person asks for an episode: a recording may come from anywhere, and opening it runs nothing.
"""

import time
from typing import TYPE_CHECKING

from engine.episode import Episode
from engine.errors import UserError
from engine.protocol import EpisodeAnswer, EpisodeQuery, Failed, Refused, Report
from gui.model.family import checkpoint_before, fork_of
from gui.model.run_item import RunItem
from gui.model.session import Session

if TYPE_CHECKING:
    from engine.launch import Onlooker

FORGET = 60.0  # seconds after which an answer is no longer waited for
NOW = -1  # in place of a checkpoint's update: the run as it is

Source = tuple[RunItem, int]  # whose policy, and of which checkpoint's update


class Episodes:
    """One episode at a time: of the selected run and seed, at the cursor, asked for the session's target.

    Attributes:
        episode: what was drawn last for what is looked at; None before there is any.
        problem: why there is none; empty while all is well.
        source: whose policy it would be; None where nothing can act.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.episode: Episode | None = None
        self.problem = ""
        self.source: Source | None = None
        self._wanted: tuple[Source, int, float] | None = None  # with seed and target
        self._number = 0
        self._question: tuple[int, float] | None = None  # id and moment of the one under way
        self._answered = False  # what is wanted has been asked for and came
        self._onlooker: tuple[Source, Onlooker] | None = None
        session.heard.connect(self._heard)
        session.items_changed.connect(self._forget)

    @property
    def waiting(self) -> bool:
        """An answer is on its way."""
        return self._question is not None

    @property
    def ready(self) -> bool:
        """Whether somebody is there to act at once."""
        if self.source is None:
            return False
        return self.source[1] == NOW or (
            self._onlooker is not None and self._onlooker[0] == self.source and self._onlooker[1].alive()
        )

    def look(self) -> None:
        """Call while it is seen, thirty times a second: hears answers, and asks when something else is
        wanted."""
        if self._onlooker is not None:
            item, handle = self._onlooker[0][0], self._onlooker[1]
            for report in handle.reports():
                if isinstance(report, Failed):
                    self._end(report.message)
                self._heard(item, report)
            if self.waiting and not handle.alive() and self.source == self._onlooker[0] and not self.problem:
                how = handle.ending or "without a word"
                self._end(f"the process that shows episodes has ended: {how}")
        wanted, obstacle = self._now_wanted()
        if wanted != self._wanted:
            if wanted is None or self._wanted is None or wanted[0] != self._wanted[0]:
                self.episode = self._question = None  # what was asked of another is not waited for
            self._wanted, self._answered, self.problem = wanted, False, ""
        self.problem = obstacle or self.problem
        if self._question is not None and time.perf_counter() - self._question[1] > FORGET:
            self._question = None
        if wanted is not None and not (self._answered or self.problem or self.waiting) and self.ready:
            self._ask()

    def fresh(self) -> None:
        """Draw another one, with a process of its own where that is needed."""
        self.look()
        self.problem = ""
        if self.source is None or self._wanted is None or self.waiting:
            return
        self._number += 1
        if not self.ready:
            try:
                self._start(self.source)
            except UserError as error:
                self.problem = str(error)
                return
        self._ask()

    def _now_wanted(self) -> tuple[tuple[Source, int, float] | None, str]:
        """Source, seed and target; or why nothing can act."""
        session, item = self.session, self.session.selected
        self.source = None
        if item is None or item.recording is None or item.row_at(session.cursor.step) < 0:
            return None, ""
        try:
            now = item.live and session.cursor.following
            self.source = item, NOW if now else checkpoint_before(item, session.cursor.step).step
        except UserError as error:
            return None, str(error)
        seed = min(session.seed, len(item.recording.layout.seeds) - 1)
        target = session.target if item.conditioned and session.target is not None else 0.0
        return (self.source, seed, target), ""

    def _start(self, source: Source) -> None:
        item, step = source
        self._dismiss()
        self._onlooker = source, self.session.launcher.onlook(fork_of(item, step, ()))

    def _ask(self) -> None:
        assert self._wanted is not None
        (item, step), seed, target = self._wanted
        handle = item.handle if step == NOW else self._onlooker[1] if self._onlooker else None
        if handle is not None:
            query = EpisodeQuery(self.session.launcher.next_id(), target, seed, self._number)
            self._question = query.id, time.perf_counter()
            self._answered = True
            handle.send(query)

    def _heard(self, item: RunItem, report: Report) -> None:
        if self._question is None or getattr(report, "id", None) != self._question[0]:
            return
        if isinstance(report, EpisodeAnswer):
            self._question = None
            asked = self._wanted is not None and (report.episode.seed, report.episode.target)
            if self._wanted is not None and asked == self._wanted[1:] and item is self._wanted[0][0]:
                self.episode = report.episode
        elif isinstance(report, Refused):
            self._end(report.message)

    def _end(self, problem: str) -> None:
        self.problem, self._question = problem, None

    def _dismiss(self) -> None:
        if self._onlooker is not None:
            self._onlooker[1].dismiss()
            self._onlooker = None

    def _forget(self) -> None:
        """Other runs are open."""
        if self._onlooker is None or self._onlooker[0][0] not in self.session.items:
            self._dismiss()
        self.episode, self._wanted, self._question, self.problem = None, None, None, ""
