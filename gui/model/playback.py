"""Where an episode is while it is played: a place in time that moves at a speed, stops, and begins again."""

from dataclasses import dataclass

SPEEDS = (0.5, 1.0, 2.0, 4.0)  # times the ordinary
SLOWEST, LONGEST = 4.0, 8.0  # steps a second at the ordinary speed, and seconds that a whole episode takes
REST = 1.2  # seconds for which the end is shown before another begins


@dataclass
class Playback:
    """Attributes:
    length: steps.
    position: steps done, and the part of the next that is done; 0 … `length`.
    playing: whether it moves.
    factor: one of SPEEDS.
    """

    length: int = 0
    position: float = 0.0
    playing: bool = True
    factor: float = 1.0
    _moment: float | None = None
    _rested: float = 0.0

    @property
    def speed(self) -> float:
        """Steps a second."""
        return self.factor * max(SLOWEST, self.length / LONGEST)

    @property
    def over(self) -> bool:
        """Whether the end has been reached."""
        return self.position >= self.length

    @property
    def rested(self) -> bool:
        """Whether the end has been shown long enough."""
        return self.over and self._rested >= REST

    def begin(self, length: int) -> None:
        """Another episode, from its beginning."""
        self.length, self.position, self._moment, self._rested = length, 0.0, None, 0.0

    def finish(self) -> None:
        """To the end at once."""
        self.position = float(self.length)

    def pause(self) -> None:
        """Time passes, and nothing moves."""
        self._moment = None

    def rest(self) -> None:
        """The end is shown once more for as long."""
        self._rested = 0.0

    def advance(self, moment: float) -> None:
        """Move on to what is due at a moment, in seconds of any clock that does not go back."""
        passed = 0.0 if self._moment is None else moment - self._moment
        self._moment = moment
        if self.over:
            self._rested += passed
        self.position = min(float(self.length), self.position + passed * self.speed)
