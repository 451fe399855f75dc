"""What the window has to say to an export: which recordings, what is visible of them, and a name."""

import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.exports.kinds import KINDS, WHOLE_PAGE, Kind, Order
from gui.drawing import draw
from gui.model.session import Session
from gui.shown import Shown

if TYPE_CHECKING:
    from gui.deck import Deck

MOST_PIXELS, LEAST_PIXELS = 8000, 200


def suggested_name(session: Session, kind: str) -> str:
    """A file name to start from."""
    of_one_run = kind == "h5" or not KINDS[kind].several
    if of_one_run and session.selected is not None:
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


def order(deck: "Deck", kind: Kind, path: Path, *, view: str, visible_only: bool) -> Order:
    """What the window shows, as an order that another process can carry out.

    Raises:
        UserError: when there is no recording yet.
    """
    session = deck.session
    recorded = [item for item in session.items if item.recording is not None]
    if not kind.several:
        recorded = [item for item in recorded if item is session.selected]
    if not recorded:
        raise UserError("nothing to export yet: run an experiment or open a recording first")
    shown = replace(
        Shown.of(deck),
        selected=recorded.index(session.selected) if session.selected in recorded else None,
        hidden=tuple(place for place, item in enumerate(recorded) if not item.visible),
    )
    updates = visible_updates(deck) if visible_only else None
    size = (deck.board if view == WHOLE_PAGE else deck.figures[view]).size()
    return Order(
        kind.name,
        tuple(item.recording.path for item in recorded),
        path,
        first=updates[0] if updates else None,
        last=updates[1] if updates else None,
        view=view,
        theme=deck.returns.look.theme.name,
        width=min(max(size.width(), LEAST_PIXELS), MOST_PIXELS),
        height=min(max(size.height(), LEAST_PIXELS), MOST_PIXELS),
        shown=shown.as_data(),
    )


def picture(deck: "Deck", kind: str, path: Path, view: str = WHOLE_PAGE) -> None:
    """Write what is on the screen, at once. Raises UserError when it cannot be written."""
    draw(deck.board if view == WHOLE_PAGE else deck.figures[view], path, kind)


def copy(session: Session, path: Path) -> str:
    """Copy the selected run's recording and say so. Raises UserError when that cannot be."""
    item = session.selected
    if item is None or item.recording is None:
        raise UserError("nothing to copy yet: run an experiment or open a recording first")
    if item.recording.live:
        raise UserError(f"{item.name} is still being recorded; stop it (Ctrl+.) and copy it then")
    try:
        shutil.copyfile(item.recording.path, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
    return f"Copied the recording of {item.name} to {path}"
