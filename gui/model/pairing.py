"""Two runs at the cursor, held against each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine import numbers
from engine.compare.metrics import Comparison, compared
from engine.compare.policies import Spread, between, shared_places, spread
from engine.compare.side import Side, obstacle
from engine.compare.specification import Difference, differences
from engine.errors import UserError
from gui.model.asked import Asked, asked
from gui.model.run_item import RunItem
from gui.model.session import Session


@dataclass(frozen=True)
class Policies:
    """What both do in the places they share, for one seed of each.

    Attributes:
        probes: [P] names of the places; `numbers` [P] of them among A's probes.
        a, b: [P, A].
        tv: [P] total variation, 0 to 1; `forth` and `back` KL(A‖B) and KL(B‖A), nats.
        spread: over seeds.
    """

    probes: tuple[str, ...]
    numbers: NDArray[np.int64]
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    tv: NDArray[np.float64]
    forth: NDArray[np.float64]
    back: NDArray[np.float64]
    spread: Spread


@dataclass(frozen=True)
class Pairing:
    """A and B at the cursor.

    Attributes:
        obstacle: why no differences are formed; empty where they are.
        differences: in what they were told.
        metrics: what came out.
        asked: what either does, and what it was asked.
        places: the seeds that are shown, by their place in each run.
        policies: their difference; None where `apart` says why there is none.
    """

    obstacle: str
    differences: list[Difference]
    metrics: list[Comparison]
    asked: tuple[Asked, Asked]
    places: tuple[int, int]
    policies: Policies | None
    apart: str


def pairing(session: Session, a: RunItem, b: RunItem) -> Pairing | None:
    """Two runs at the session's cursor, or at their newest row before it; None while one has none."""
    rows = [item.row_at(session.cursor.step) for item in (a, b)]
    if min(rows) < 0:
        return None
    sides = [Side(item.specification, item.recording.layout, tuple(item.recording.events)) for item in (a, b)]
    why = obstacle(*sides)
    seeds = sides[0].layout.seeds, sides[1].layout.seeds
    found = [list(numbers.at_row(item.recording, row)) for item, row in zip((a, b), rows, strict=True)]
    first, second = (asked(session, item, row) for item, row in zip((a, b), rows, strict=True))
    places = _shown_seeds(seeds, session.seed)
    policies, apart = None, ""
    try:
        policies = _policies(sides, (first, second), places)
    except UserError as error:
        apart = str(error)
    told = differences(*sides)
    metrics = compared(*found, seeds, comparable=not why)
    return Pairing(why, told, metrics, (first, second), places, policies, apart)


def _shown_seeds(seeds: tuple[tuple[int, ...], tuple[int, ...]], place: int) -> tuple[int, int]:
    """The place of the same seed in both, where B has it; else of the one that comes as late."""
    ours = min(place, len(seeds[0]) - 1)
    if seeds[0][ours] in seeds[1]:
        return ours, seeds[1].index(seeds[0][ours])
    return ours, min(ours, len(seeds[1]) - 1)


def _policies(sides: list[Side], found: tuple[Asked, Asked], seeds: tuple[int, int]) -> Policies:
    """Raises UserError where there is no difference to be had."""
    places = shared_places(*sides)
    if found[0].learned is None or found[1].learned is None:
        raise UserError("no difference of policies: one of them is not recorded here")
    ours, theirs = found[0].learned[:, places.a], found[1].learned[:, places.b]
    a, b = ours[seeds[0]], theirs[seeds[1]]
    names = tuple(sides[0].layout.probes[place] for place in places.a)
    among = spread(ours, theirs, (sides[0].layout.seeds, sides[1].layout.seeds))
    return Policies(names, places.a, a, b, *between(a, b), among)
