"""Sessions that travel: what is open, as it is looked at, into one file and back."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import session_file
from engine.session_file import SavedRun, SessionFile
from gui.layouts import put, taken
from gui.losses import notes
from gui.model.aside import aside
from gui.model.run_item import RunItem

if TYPE_CHECKING:
    from gui.deck import Deck
    from gui.main_window import MainWindow

UNPACKED = "sessions"  # folder, among the recordings, that sessions are laid out in


def described(deck: "Deck", items: Sequence[RunItem]) -> dict[str, Any]:
    """How a window shows these runs, as the data of a :class:`SessionFile`."""
    session = deck.session
    return asdict(
        SessionFile(
            runs=tuple(SavedRun("", item.name, item.visible, item.note, item.index) for item in items),
            cursor=None if session.cursor.following else session.cursor.step,
            selected=items.index(session.selected) if session.selected in items else 0,
            target=session.target,
            seed=session.seed,
            notes=session.notes,
            curves=(deck.returns.metric_name, deck.modes.metric_name),
            against=deck.returns.against,
            layout=taken(deck),
        )
    )


def open_(window: "MainWindow", path: Path) -> None:
    """Show what a session holds, as it was left, in place of what is open.

    Raises:
        UserError: where it is not one, or a recording in it cannot be read; what is open stays.
    """
    session, deck = window.session, window.deck
    saved, files = aside(session_file.unpack, path, session.folder / UNPACKED)
    from engine.recording.gatekeeper import admit  # here: the app starts without HDF5

    for file in files:
        aside(admit, file)
    session.replace_by(files)
    for item, run in zip(session.items_by_path(files), saved.runs, strict=True):
        item.name, item.note = run.name, run.note
        item.visible = bool(run.visible)
        item.index = run.index if run.index >= 0 else item.index
    session.notes = saved.notes
    session.saved_notes = notes(session)
    if files:
        session.select(session.items_by_path(files)[min(max(saved.selected, 0), len(files) - 1)])
    session.seed = max(saved.seed, 0)
    session.target = saved.target if saved.target is not None else session.target
    if saved.cursor is not None:
        session.cursor.put(saved.cursor)
    if len(saved.curves) == 2:
        deck.show_curves(saved.curves, saved.against)
    put(deck, saved.layout)
    session.revision += 1
    window.toolbar.show_experiment("", path.stem)
