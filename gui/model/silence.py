"""How long a worker has said nothing: one that runs or rests speaks five times a second, and one that is at
something that takes long once a second (see `engine.pulse`)."""

import time

PATIENCE = 10.0  # seconds
LONG = 5.0  # seconds at one thing after which that is said
BEGINNING = 90.0  # seconds for one that begins: it loads libraries and makes its task
ASLEEP = 1.0  # seconds between two looks that count at most: the machine slept, or this program was held


class Silence:
    """Of one worker. Time in which nobody listened does not count.

    Attributes:
        since: when it spoke last, as the clock of the wall said; empty while it answers.
    """

    def __init__(self) -> None:
        self.since = ""
        self._seconds = 0.0
        self._looked = time.monotonic()

    def look(self, heard: bool, begins: bool) -> bool:
        """Call at every tick. Returns whether it fell silent, or spoke again."""
        now = time.monotonic()
        passed, self._looked = now - self._looked, now
        self._seconds = 0.0 if heard else self._seconds + min(passed, ASLEEP)
        silent = self._seconds > (BEGINNING if begins else PATIENCE)
        if silent == bool(self.since):
            return False
        self.since = time.strftime("%H:%M:%S", time.localtime(time.time() - self._seconds)) if silent else ""
        return True

    @property
    def words(self) -> str:
        """What a person should know of it."""
        if not self.since:
            return ""
        return (
            f"no word from its worker since {self.since}: it hangs. "
            "Run > End what does not answer ends it; what it has recorded is kept"
        )
