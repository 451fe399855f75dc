"""What a window shows, as data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from gui.deck import Deck
from gui.model.run_item import RunItem


@dataclass(frozen=True)
class Shown:
    """What the app shows of its recordings, as plain data: a figure made elsewhere looks the same.

    Attributes:
        curves, against: the two metrics drawn as curves, and what they are drawn against.
        selected: which recording, by its place; None for the first that learns.
        hidden: places of those that are not shown.
        target, seed: what is asked for, and whose policy is shown.
        ranges: left, right, bottom and top of each plot that a person zoomed, by the name of its view.
        names, indices: what each recording is called, and its index, which decides its colour; the
            recordings' own where left out.
    """

    curves: tuple[str, ...] = ("return", "effective_modes")
    against: str = "update"
    selected: int | None = None
    hidden: tuple[int, ...] = ()
    target: float | None = None
    seed: int = 0
    ranges: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """For an :class:`Order`."""
        return asdict(self)

    @classmethod
    def of(cls, deck: Deck, items: Sequence[RunItem] | None = None) -> "Shown":
        """What this window shows of some of its runs, all by default."""
        session = deck.session
        items = session.items if items is None else items
        return cls(
            (deck.returns.metric_name, deck.modes.metric_name),
            deck.returns.against,
            items.index(session.selected) if session.selected in items else None,
            tuple(place for place, item in enumerate(items) if not item.visible),
            session.target,
            session.seed,
            deck.chosen_ranges(),
            tuple(item.name for item in items),
            tuple(item.index for item in items),
        )
