"""What the window has to say to an export: which recordings, what is visible of them, and a name."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMargins

from engine.errors import UserError
from engine.exports import together
from engine.exports.kinds import KINDS, WHOLE_PAGE, Kind, Order
from gui import sessions
from gui.drawing import MARGIN, draw
from gui.model.session import Session
from gui.shown import Shown

if TYPE_CHECKING:
    from gui.deck import Deck

MOST_PIXELS, LEAST_PIXELS = 8000, 200


def suggested_name(session: Session, kind: str) -> str:
    """A file name to start from."""
    if not KINDS[kind].several and session.selected is not None:
        stem = session.selected.name
    else:
        stem = session.experiment.name if session.experiment is not None else "recordings"
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in stem.lower()).strip("-")
    return f"{plain}-v0" if kind == "minari" else f"{plain}.{kind}"


def visible_updates(deck: "Deck") -> tuple[int, int] | None:
    """First and last update that the curves show; None where they are not drawn against the update, or
    where nobody chose a range."""
    plot = deck.returns.plot
    if deck.returns.against != "update" or not plot.zoomed:
        return None
    left, right, _, _ = plot.visible
    first, last = max(0, math.ceil(left)), math.floor(right)
    return (first, last) if first <= last else None


def going_on(session: Session) -> int:
    """How many of its runs go on, each at an update of its own."""
    recordings = [item.recording for item in session.items if item.recording is not None]
    return sum(step is not None for step in together.held_at(recordings))


def order(
    deck: "Deck", kind: Kind, path: Path, *, view: str, visible_only: bool, each: bool = False
) -> Order:
    """What the window shows, as an order that another process can carry out.

    Args:
        each: runs that go on as far as each has come, and not all after one update.

    Raises:
        UserError: when there is no recording yet.
    """
    session = deck.session
    recorded = [item for item in session.items if item.recording is not None and item.recording.rows]
    if not kind.several:
        recorded = [item for item in recorded if item is session.selected]
    if not recorded:
        raise UserError("nothing to export yet: run an experiment or open a recording first")
    if kind.name == "supertask":
        shown = sessions.described(deck, recorded)
    else:
        shown = Shown.of(deck, recorded).as_data()
    updates = visible_updates(deck) if visible_only else None
    margins = QMargins(*[MARGIN if view == WHOLE_PAGE else 0] * 4)
    size = (deck.board if view == WHOLE_PAGE else deck.figures[view]).size().grownBy(margins)
    return Order(
        kind.name,
        tuple(item.recording.path for item in recorded),
        path,
        held=together.held_at([item.recording for item in recorded], each=each),
        first=updates[0] if updates else None,
        last=updates[1] if updates else None,
        view=view,
        theme=deck.returns.look.theme.name,
        width=min(max(size.width(), LEAST_PIXELS), MOST_PIXELS),
        height=min(max(size.height(), LEAST_PIXELS), MOST_PIXELS),
        shown=shown,
    )


def picture(deck: "Deck", kind: str, path: Path, view: str = WHOLE_PAGE) -> None:
    """Write what is on the screen, at once. Raises UserError when it cannot be written."""
    draw(deck.board if view == WHOLE_PAGE else deck.figures[view], path, kind)
