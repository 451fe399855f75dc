"""What would be lost if the window were closed now. Runs are not: recordings and last states are kept."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from gui.model.session import Session

if TYPE_CHECKING:
    from gui.main_window import MainWindow


def notes(session: Session) -> tuple[str, ...]:
    """A person's own words: on all of it, and on each run."""
    return session.notes, *(item.note for item in session.items)


def losses(window: "MainWindow") -> list[str]:
    """Each in a few words; empty where nothing would be lost."""
    session, dialog, audit = window.session, window.export_dialog, window.deck.audit.audit
    found = []
    if dialog is not None and dialog.job is not None:
        found.append(f"the export of {dialog.job.order.out.name}, which is under way")
    if audit.busy:
        found.append(f"the audit of {audit.name}, which is under way; the recordings it has made are kept")
    if any(notes(session)) and notes(session) != session.saved_notes:
        found.append("your notes, which are in no session's file yet")
    return found


def may_be_lost(window: "MainWindow") -> bool:
    """Ask, where there is something to lose."""
    lost = losses(window)
    if not lost:
        return True
    close, cancel = QMessageBox.StandardButton.Close, QMessageBox.StandardButton.Cancel
    question = "Closing loses:\n" + "".join(f"\n• {loss}" for loss in lost)
    return QMessageBox.question(window.dialogs, "Supertask", question, close | cancel, cancel) == close
