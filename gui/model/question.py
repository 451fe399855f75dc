"""What would the selected run do for a target between the recorded ones: its worker is asked."""

import time
from typing import TYPE_CHECKING

from engine.protocol import PolicyQuery

if TYPE_CHECKING:
    from gui.model.session import Session

ASK_EVERY = 0.1  # seconds between two questions about one target, while its run goes on
PATIENCE = 2.0  # seconds until a question that is not answered is asked again


class Question:
    """At most one at a time is under way."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._under_way: int | None = None
        self._asked = 0.0

    def forget(self) -> None:
        """Nobody waits for the answer any more."""
        self._under_way = None

    def answered(self, request: int) -> None:
        """The answer to a request is there, or it was refused."""
        if request == self._under_way:
            self._under_way = None

    def ask(self) -> None:
        """Ask, where something is not known that is looked at."""
        session, now = self._session, time.perf_counter()
        item, target = session.selected, session.target
        if item is None or target is None or not item.live or not item.conditioned or item.handle is None:
            return
        if self._under_way is not None and now - self._asked < PATIENCE:
            return
        if not session.cursor.following or item.recording is None:
            return
        if session.recorded_target(item) is not None:
            return
        fresh = item.answer is not None and item.answer.target == target
        if fresh and (item.answer.step >= item.last_step or now - self._asked < ASK_EVERY):
            return
        self._under_way = session.launcher.next_id()
        self._asked = now
        item.handle.send(PolicyQuery(self._under_way, target))
