"""When something is drawn: thirty times a second, for which it is looked a little more often, and the effect
of a change as soon as it is there."""

from collections.abc import Callable

from gui.deck import Deck
from gui.model.latency import Latency

TICK = 27  # milliseconds between two looks at the runs, and two pictures
PROMPT = 5  # the same while the effect of a change is awaited, between two pictures for that alone
AWAITED = 30  # milliseconds for which a picture of everything waits for such an effect
SOON = 60  # milliseconds after the hand within which it does
LEAST = 4  # milliseconds that Qt has for everything else
AT_ONCE = 5  # views of a picture that are drawn in one turn of the loop: to paint them is most of the work


class Frames:
    """Of one window.

    Attributes:
        next: when the next picture of everything may be drawn, seconds.
    """

    def __init__(self, deck: Deck, latency: Latency) -> None:
        self._deck, self._latency = deck, latency
        self.next = 0.0

    def peeks(self, now: float) -> bool:
        """Whether at `now` only the effect of a change is looked for: the next picture of everything is not
        due."""
        return not self._latency.arrived and not self._due(now)

    def draw(self, now: float, refresh: Callable[[], bool]) -> bool:
        """Draw what is due at `now`; `refresh` draws everything. Returns whether that drew anything.

        An effect that has come is drawn alone: it is painted before the other views are. While it is awaited
        they are drawn less often, for they would keep the window from seeing it, and its run from a core.
        """
        if self._latency.arrived and self._deck.show_effect():
            return False
        if not self._due(now):
            return False
        if not self._deck.behind:
            self.next = now + TICK / 1000
        return refresh()

    def _due(self, now: float) -> bool:
        if self._deck.behind:  # one that has begun is drawn to its end
            return True
        latency = self._latency
        soon = not latency.arrived and latency.since(now) < SOON / 1000
        return not latency.busy or now >= self.next + (AWAITED / 1000 if soon else 0)

    def pause(self, began: float, now: float) -> int:
        """Milliseconds from `now` until the next look, where this one began at `began`."""
        if self._deck.behind:
            return LEAST
        until = began + PROMPT / 1000 if self._latency.busy else self.next
        return max(LEAST, round(1000 * (until - now)))
