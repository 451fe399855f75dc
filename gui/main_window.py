"""The workbench: cards in splitters, one timer, and what the actions do."""

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QIcon
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from engine.errors import UserError
from gui import choosing, helping, looking
from gui.actions import make_actions
from gui.deck import GAP, Deck
from gui.describing import Spoken
from gui.dressing import Dressing
from gui.export_dialog import ExportDialog
from gui.frames import AT_ONCE, LEAST, TICK, Frames
from gui.layouts import Layouts
from gui.losses import may_be_lost
from gui.model.alarms import LEISURE
from gui.model.run_item import RunItem
from gui.model.session import Session
from gui.opening import Opening, dropped
from gui.pages import Pages
from gui.settings import Settings
from gui.text_size import base_font
from gui.theme import RESOURCES, Choice, Look
from gui.views.audit_badge import AuditBadge
from gui.views.status import StatusLine
from gui.views.toolbar import Toolbar
from gui.widgets.own_keys import keep_own_keys
from gui.widgets.words_dialog import ask_words

COMFORTABLE = QSize(1500, 940)
FRAME = QSize(16, 48)  # room for the desktop's borders and title bar: how large they are it says too late


def first_size(screen: QSize) -> QSize:
    """Of a window that was never open before: comfortable, and with its frame on the screen."""
    return COMFORTABLE.boundedTo(screen - FRAME)


class MainWindow(QMainWindow):
    """Puts the views together; every word and number in them comes from the session."""

    def __init__(self, session: Session, look: Look, settings: Settings) -> None:
        QApplication.setFont(base_font(look.text_size))  # a window that is not shown yet keeps its font
        super().__init__()
        self.dressing = Dressing(look, self)
        self.session, self.look, self.settings = session, look, settings
        self.setWindowTitle("Supertask")
        self.setWindowIcon(QIcon(str(RESOURCES / "icons" / "supertask.svg")))
        self.setAcceptDrops(True)
        self.setMinimumSize(900, 600)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.timeout.connect(self._tick)
        self.dialogs = QWidget(self)  # what they belong to: they wear what it wears
        self.dialogs.hide()
        self.export_dialog: ExportDialog | None = None
        self.must_end = False
        self.deck = Deck(session, look)
        self.frames = Frames(self.deck, session.latency)
        self.opening = Opening(self)
        self.layouts = Layouts(self.deck, settings)
        self.spoken = Spoken(self.deck)
        self.pages = Pages(self)
        self.actions_by_name = make_actions(self)
        self.toolbar = Toolbar(session, look, self.actions_by_name)
        self.toolbar.chosen.connect(self.opening.choose_experiment)
        self._lay_out()
        self.badge = AuditBadge(self.deck.audit.audit)
        self.statusBar().addPermanentWidget(self.badge)
        self.status = StatusLine(self.statusBar(), session, [self.deck.returns, self.deck.modes])
        self._connect()
        self._dress()
        self.timer.start(TICK)

    def _lay_out(self) -> None:
        root = self.pages.workbench
        root.setObjectName("workbench")
        column = QVBoxLayout(root)
        column.setContentsMargins(GAP + 2, 4, GAP + 2, 2)
        column.setSpacing(GAP)
        column.addWidget(self.toolbar)
        column.addWidget(self.deck.board, 1)
        root.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setCentralWidget(self.pages)
        root.setFocus()
        self.resize(first_size(self.screen().availableGeometry().size()))

    def _dress(self) -> None:
        for part, redraw in self.deck.parts:
            self.dressing.add(part, redraw)
        self.dressing.add(self.toolbar, self.toolbar.refresh)
        for rest in (self.menuBar(), self.statusBar(), self.dialogs):
            self.dressing.add(rest)

    def _connect(self) -> None:
        session = self.session
        session.message.connect(self.say)
        session.items_changed.connect(self.show_what_is_open)
        session.cursor.changed.connect(self.hurry)
        session.family_changed.connect(self.hurry)
        session.steering.undo.changed.connect(self.hurry)
        for view in (self.deck.runs, self.deck.timeline, self.deck.changes):
            view.fork_wanted.connect(self.fork_at)
        self.deck.runs.note_wanted.connect(self.ask_notes)
        self.deck.runs.compare_wanted.connect(partial(looking.compare_with, self))
        self.deck.compare.leave_wanted.connect(partial(looking.toggle_compare, self))
        self.deck.intro.run_wanted.connect(self.guarded(session.running.toggle))
        self.deck.recordings.chosen.connect(self.opening.open_file)
        self.deck.recordings.alone.connect(self.opening.open_alone)
        self.deck.recordings.said.connect(self.say)
        self.deck.recordings.remember(self.settings)
        self.deck.changes.undo_wanted.connect(self.undo)
        self.deck.changes.choice.back_wanted.connect(self.set_back)
        self.deck.changes.choice.fork_wanted.connect(session.forking.fork_from_before)
        self.deck.changes.redo_wanted.connect(self.redo)
        self.deck.audit.start_wanted.connect(self.start_audit)
        self.deck.audit.leave_wanted.connect(self.toggle_audit)
        self.deck.audit.chosen.connect(self.opening.open_alone)
        self.badge.show_wanted.connect(self.toggle_audit)
        self.deck.objective.scope.toggled.connect(self.hurry)
        keep_own_keys(self)

    # At every look

    def _tick(self) -> None:
        began = time.perf_counter()
        if self.frames.peeks(began):
            self.session.peek()
        elif self.dressing.busy or not self.deck.behind:  # the rest of a picture shows the same moment
            self.session.tick()
            self.deck.audit.audit.tick()
            self.deck.timeline.advance()
        drawn = self.frames.draw(began, self.refresh)
        if drawn and not self.deck.behind:
            self.status.frame()
        self.session.alarms.leisure = 0.0 if drawn else LEISURE
        self.status.refresh()
        self.spoken.refresh()
        self.timer.start(self.frames.pause(began, time.perf_counter()))

    def refresh(self) -> bool:
        """Redraw what changed. Returns whether anything did."""
        if self.dressing.busy:
            return False
        self.toolbar.refresh()
        self.badge.refresh(seen=self.deck.front == "audit")
        return self.deck.refresh(AT_ONCE)

    def hurry(self, *_: object) -> None:
        """Something was touched: do not wait for the whole tick."""
        if self.timer.isActive() and self.timer.remainingTime() > LEAST:
            self.timer.start(LEAST)

    def show_what_is_open(self) -> None:
        """The toolbar's words, the curves and the first page, for what has just been opened."""
        experiment = self.session.experiment
        self.deck.front = "plots"  # what was opened is what is to be seen; the audit goes on, see the badge
        self.deck.intro.describe(experiment, self.session)
        if experiment is not None:
            self.deck.show_curves(experiment.curves, experiment.against)
            self.toolbar.show_experiment(self.pages.opened, experiment.title)
        else:
            count = len(self.session.items)
            words = f"{count} recording{'s'[: count != 1]}" if count else "Choose an experiment"
            self.toolbar.show_experiment("", words)
        self.deck.timeline.playing = False
        self.deck.see_everything()

    # What the actions do

    def say(self, text: str) -> None:
        """One line in the status bar, for a while."""
        self.statusBar().showMessage(text, 8000)

    def guarded(self, function: Callable[..., object]) -> Callable[[], None]:
        """The function, with a person's mistakes answered in words."""

        def run() -> None:
            try:
                function()
            except UserError as error:
                QMessageBox.warning(self.dialogs, "Supertask", str(error))
            self.hurry()

        return run

    def start_audit(self) -> None:
        """Put the selected run's learner through the audit, or show the one that is under way."""
        audit = self.deck.audit.audit
        self.deck.front = "audit"
        if not audit.busy:
            self.guarded(lambda: audit.start(self.session.selected))()

    def toggle_audit(self) -> None:
        """The audit in place of the plots, and back."""
        self.deck.front = "plots" if self.deck.front == "audit" else "audit"
        self.hurry()

    def ask_notes(self, item: RunItem | None = None) -> None:
        """Write about a run, or about the whole session. Saved with the session."""
        about, words = (self.session.notes, "this session") if item is None else (item.note, item.name)
        written = ask_words("Notes", f"Notes on {words}, kept in the session's file:", about, self.dialogs)
        if written is not None:
            self.session.note(written, item)

    def ask_export(self, kind: str) -> None:
        """What to write and where to, in a dialog beside which the window goes on."""
        if self.export_dialog is not None:
            self.export_dialog.close()
            self.export_dialog.deleteLater()
        self.export_dialog = ExportDialog(self.deck, kind, self.dialogs)
        self.export_dialog.said.connect(self.say)
        self.export_dialog.show()

    def undo(self) -> None:
        """Take the last change back. Where runs have learned with it, ask which way first; called while that
        is asked, set it back."""
        choice = self.deck.changes.choice
        if not choice.isHidden() or not choice.offer(self.session.steering.undo.last):
            self.set_back()

    def set_back(self) -> None:
        """Put the knob back to where it was before the last change, and say what that was."""
        self.say(self.session.steering.undo.undo())
        self.hurry()

    def redo(self) -> None:
        """Make it again and say what it was."""
        self.say(self.session.steering.undo.redo())
        self.hurry()

    def fork(self, *, as_now: bool = False) -> None:
        """Fork the selected run where it is looked at."""
        item = self.session.selected
        if item is None:
            raise UserError("nothing to fork: run an experiment or open a recording first")
        self.session.forking.fork_at(item, self.session.cursor.step, as_now=as_now)

    def fork_at(self, item: RunItem, step: int, as_now: bool) -> None:
        """Fork a run at an update, from a menu."""
        self.session.select(item)
        self.guarded(lambda: self.session.forking.fork_at(item, step, as_now=as_now))()

    def show_palette(self) -> None:
        """Find an action by typing."""
        choosing.offer(self, self.actions_by_name.values())

    def show_help(self) -> None:
        """What the words and pictures mean, in a window of its own."""
        helping.show(self)

    def toggle_theme(self) -> None:
        """Light to dark and back."""
        self.look.toggle()
        self.settings.theme = self.look.choice

    def choose_theme(self, choice: Choice) -> None:
        """A theme, or the system's."""
        self.look.choose(choice)
        self.settings.theme = choice

    # The window itself

    def restore(self) -> None:
        """Where a person left window and cards."""
        geometry = self.settings.kept("window")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self.deck.restore(self.settings)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout; let the workers finish their recordings. What would be lost is asked about."""
        if not (self.must_end or may_be_lost(self)):
            event.ignore()
            return
        self.settings.keep("window", self.saveGeometry())
        self.deck.keep(self.settings)
        self.pages.keep()
        self.dismiss()
        event.accept()

    def end(self) -> None:
        """Close without a question: the system wants the program to end."""
        self.must_end = True
        self.close()

    def dismiss(self) -> None:
        """Let go of the runs and the files; the window is not used again."""
        self.timer.stop()
        self.hide()
        self.deck.audit.audit.close()
        self.deck.recordings.library.close()
        if self.export_dialog is not None:
            self.export_dialog.close()
        self.session.close()
        self.session.leaving.wait()  # nothing is seen of it: the window is hidden

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Recordings and experiments may be dropped."""
        if dropped(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.opening.drop(event.mimeData())
