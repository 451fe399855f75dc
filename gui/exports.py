"""Writing what is visible: pictures, figures for print, numbers, the recording itself."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.errors import UserError
from engine.exports.kinds import Order
from gui.drawing import draw
from gui.model.session import Session

if TYPE_CHECKING:
    from gui.main_window import MainWindow

Kind = Literal["png", "svg", "csv", "h5"]


def suggested_name(session: Session, kind: Kind) -> str:
    """A file name to start from."""
    if kind in ("csv", "h5") and session.selected is not None:
        stem = session.selected.name
    else:
        stem = session.experiment.name if session.experiment is not None else "recordings"
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in stem.lower()).strip("-") + f".{kind}"


def export(window: "MainWindow", kind: Kind, path: Path) -> str:
    """Write one file and say in words what it is. Raises UserError when it cannot be written."""
    try:
        if kind in ("png", "svg"):
            draw(window.deck.board, path, kind)
            return f"Wrote what is visible to {path}"
        item = window.session.selected
        if item is None or item.recording is None:
            raise UserError("nothing to export yet: run an experiment or open a recording first")
        if kind == "csv":
            from engine.exports.job import carry_out

            carry_out(Order("csv", (item.recording.path,), path))
            return f"Wrote the metrics of {item.name} to {path}"
        if item.recording.live:
            raise UserError(f"{item.name} is still being recorded; stop it (Ctrl+.) and copy it then")
        shutil.copyfile(item.recording.path, path)
        return f"Copied the recording of {item.name} to {path}"
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror or error}") from None
