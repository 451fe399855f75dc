"""What an inspection has found so far."""

from dataclasses import dataclass
from typing import Any

from engine.markup import harmless, markup_in


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong: its kind in one word, the member, and what is allowed in plain words."""

    kind: str
    where: str
    words: str

    def __str__(self) -> str:
        return printable(f"{self.where[:200]}: {self.words}" if self.where else self.words)


class StopError(Exception):
    """What follows cannot be looked at."""


class Findings:
    """The defects of one file, in the order in which they were found."""

    def __init__(self) -> None:
        self.defects: list[Defect] = []

    def fault(self, kind: str, where: str, words: str) -> None:
        """Note a defect; what is not touched by it is still looked at."""
        self.defects.append(Defect(kind, where, words))

    def words(self, value: Any, where: str) -> None:
        """Note a defect if plain data that a person will see has markup in it."""
        markup = markup_in(value)
        if markup:
            self.fault("markup", where, f"holds words that a window would take for HTML: {markup[:80]!r}")

    def stop_if_any(self) -> None:
        """Go no further if there is a defect. Raises StopError."""
        if self.defects:
            raise StopError


def printable(text: str) -> str:
    """What a file chose to say, without what would move a cursor, begin a line or be taken for HTML."""
    seen = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return harmless(seen)


def line(error: BaseException) -> str:
    """The first line of what an error says, or its name."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
