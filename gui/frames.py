"""When something is drawn: thirty times a second, for which it is looked a little more often, and the effect
of a change as soon as it is there."""

from collections.abc import Callable

from gui.deck import Deck
from gui.model.latency import Latency

TICK = 27  # milliseconds between two looks at the runs, and two pictures
PROMPT = 5  # the same while the effect of a change is awaited, between two pictures for that alone
LEAST = 4  # milliseconds that Qt has for everything else


class Frames:
    """Of one window.

    Attributes:
        next: when the next picture of everything is due, seconds.
    """

    def __init__(self, deck: Deck, latency: Latency) -> None:
        self._deck, self._latency = deck, latency
        self.next = 0.0

    def peeks(self, now: float) -> bool:
        """Whether at `now` only the effect of a change is looked for: the next picture of everything is not
        due."""
        return self._latency.busy and not self._latency.arrived and now < self.next

    def draw(self, now: float, refresh: Callable[[], bool]) -> bool:
        """Draw what is due at `now`; `refresh` draws everything. Returns whether that drew anything.

        An effect that has come is drawn alone: it is painted before the other views are. While it is awaited
        they are drawn no more often than at other times, for they would keep the window from seeing it.
        """
        if self._latency.arrived and self._deck.show_effect():
            return False
        if self._latency.busy and now < self.next:
            return False
        self.next = now + TICK / 1000
        return refresh()

    def pause(self, spent: float) -> int:
        """Milliseconds until the next look, where this one took `spent` seconds."""
        wanted = PROMPT if self._latency.busy else TICK
        return max(LEAST, round(wanted - 1000 * spent))
