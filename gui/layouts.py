"""Where the cards stand, as text: for layouts that a person names, and for sessions that travel."""

import base64
import binascii
from collections.abc import Mapping

from PySide6.QtCore import QByteArray

from gui.deck import Deck
from gui.settings import Settings


def taken(deck: Deck) -> dict[str, str]:
    """Where every splitter stands."""
    return {s.objectName(): base64.b64encode(s.saveState().data()).decode() for s in deck.splitters}


def put(deck: Deck, layout: Mapping[str, str]) -> None:
    """Put the cards there. A layout is a comfort: what is broken in it leaves them where they are."""
    for splitter in deck.splitters:
        try:
            state = base64.b64decode(layout.get(splitter.objectName(), ""), validate=True)
        except (binascii.Error, ValueError):
            continue
        splitter.restoreState(QByteArray(state))


class Layouts:
    """The layouts that a person has named, and the one at first."""

    def __init__(self, deck: Deck, settings: Settings) -> None:
        self.deck, self.settings = deck, settings
        self._first = taken(deck)

    @property
    def names(self) -> list[str]:
        """In the order of the alphabet."""
        return sorted(self.settings.layouts, key=str.lower)

    def save(self, name: str) -> None:
        """Keep how the cards stand now; a layout of that name is replaced."""
        self.settings.layouts = {**self.settings.layouts, name: taken(self.deck)}

    def choose(self, name: str) -> None:
        """Put the cards as they were kept."""
        put(self.deck, self.settings.layouts[name])

    def delete(self, name: str) -> None:
        """Forget it; the cards stay."""
        self.settings.layouts = {n: layout for n, layout in self.settings.layouts.items() if n != name}

    def reset(self) -> None:
        """As it was at first."""
        put(self.deck, self._first)
