"""A new experiment without code: task, learners, knobs and seeds in a form; a file is what comes of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import QFileSystemWatcher, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QMessageBox,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import UserError
from engine.toml_text import Place
from gui.model.experiment_form import ExperimentDraft
from gui.theme import Look
from gui.views.run_fields import RunFields
from gui.views.task_fields import TaskFields
from gui.widgets.card import Card
from gui.widgets.elided import ElidedLabel
from gui.widgets.icons import swatch
from gui.widgets.page import Page

SETTLED = 60  # milliseconds that a file must rest before it is read: editors write in pieces


class ExperimentForm(Page):
    """The draft in fields, once it is told which: `begin`, `open`, `copy`, `resume`. `run_wanted` carries the
    experiment."""

    run_wanted = Signal(object)
    said = Signal(str)
    own_keys = (*Page.own_keys, Qt.Key.Key_S, Qt.Key.Key_Return, Qt.Key.Key_Enter)

    def __init__(self, look: Look, folder: Path, catalogue: Mapping[str, Any]) -> None:
        super().__init__()
        self.setAccessibleName("Form of an experiment")
        self.draft = ExperimentDraft(folder, catalogue)
        self.look = look
        self.shared = TaskFields(self.draft, look)
        self.shared.edited.connect(self._put)
        self.runs = QListWidget()
        self.runs.setObjectName("plain")
        self.runs.setAccessibleName("Runs of the experiment")
        self.runs.currentRowChanged.connect(lambda _row: self._show_run())
        self.fields = RunFields()
        self.fields.edited.connect(self._put)
        self._ordered: list[QWidget] = []  # as Tab goes
        self._lay_out()
        self.watcher = QFileSystemWatcher(self)
        self.settle = QTimer(self)
        self.settle.setSingleShot(True)
        self.settle.setInterval(SETTLED)
        self.settle.timeout.connect(self._follow)
        self.watcher.fileChanged.connect(lambda _path: self.settle.start())
        self.watcher.directoryChanged.connect(lambda _path: self.settle.start())
        self.draft.changed.connect(self.refresh)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(8)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        left = QWidget()
        left.setFixedWidth(390)
        side = QVBoxLayout(left)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(8)
        side.addWidget(self.shared, 64)
        side.addWidget(self._runs_card(), 36)
        middle.addWidget(left)
        middle.addWidget(self.fields, 1)
        column.addLayout(middle, 1)
        column.addLayout(self._foot())

    def _runs_card(self) -> Card:
        card = Card("Runs")
        self.add = QToolButton()
        self.add.setText("Add …")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.add)
        for name, learner in self.draft.catalogue["learners"].items():
            action = menu.addAction(learner["label"])
            action.setToolTip(learner["help"])
            action.triggered.connect(lambda _checked=False, name=name: self._added(self.draft.add_run(name)))
        menu.setToolTipsVisible(True)
        self.add.setMenu(menu)
        self.copy_run = QToolButton()
        self.copy_run.setText("Copy")
        self.copy_run.setToolTip("One more run like the chosen one")
        self.copy_run.clicked.connect(lambda: self._added(self.draft.copy_run(self.runs.currentRow())))
        self.remove = QToolButton()
        self.remove.setText("Remove")
        self.remove.setToolTip("Take the chosen run out (Delete); Ctrl+Z brings it back")
        self.remove.clicked.connect(self._remove)
        for button in (self.add, self.copy_run, self.remove):
            button.setObjectName("flat")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            card.header.addWidget(button)
        card.body.addWidget(self.runs, 1)
        return card

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.state = ElidedLabel()
        self.state.setObjectName("muted")
        row.addWidget(self.state, 1)
        self.reload = QPushButton("Take what the file says")
        self.reload.clicked.connect(lambda: self._guarded(lambda: self.draft.open(self.draft.path)))
        self.save = QPushButton("Save")
        self.save.setToolTip("Write the file (Ctrl+S)")
        self.save.clicked.connect(self.keep)
        self.save_as = QPushButton("Save as …")
        self.save_as.setToolTip("Write another file (Ctrl+Shift+S)")
        self.save_as.clicked.connect(self.ask_keep)
        self.run = QPushButton("Run")
        self.run.setObjectName("primary")
        self.run.setMinimumWidth(98)
        self.run.clicked.connect(self._run)
        self.back = QPushButton("To the workbench")
        self.back.setToolTip("Leave the form; what is in it stays (Escape)")
        self.back.clicked.connect(self.left)
        for button in (self.reload, self.save, self.save_as, self.back, self.run):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        return row

    # What is in it

    def resume(self, draft: tuple[str, str] | None) -> None:
        """Go on with what was not saved the last time: its text and path."""
        if draft is not None:
            with suppress(UserError):  # of a file that is none any more there is nothing to go on with
                self.draft.resume(draft[0], Path(draft[1]))

    def take_up(self, text: str, path: Path) -> bool:
        """Text that no file says, once more. Returns as :meth:`begin`."""
        return text == self.draft.text or self._replace(lambda: self.draft.resume(text, path))

    def begin(self) -> bool:
        """A new experiment. Returns whether there is something to be shown; what is not was told."""
        return self._replace(self.draft.begin)

    def open(self, path: Path) -> bool:
        """A person's own file. Returns as :meth:`begin`."""
        if path == self.draft.path and self.draft.saved:
            return True
        return self._replace(lambda: self.draft.open(path))

    def copy(self, path: Path) -> bool:
        """A copy of an experiment's file. Returns as :meth:`begin`."""
        return self._replace(lambda: self.draft.copy(path))

    @property
    def title(self) -> QLineEdit:
        """Its field."""
        control = self.shared.rows[0].control
        assert isinstance(control, QLineEdit)
        return control

    def begin_writing(self, typed: str) -> None:
        """In the title: what is typed, or was already, replaces it."""
        self.title.setFocus()
        self.title.selectAll()
        if typed:
            self.title.insert(typed)
            self.title.textEdited.emit(self.title.text())

    def _replace(self, take: Callable[[], None]) -> bool:
        if self.draft.unsaved:
            answer = self._asked()
            if answer != QMessageBox.StandardButton.Discard:
                return answer == QMessageBox.StandardButton.Open
        taken = self._guarded(take)
        self.runs.setCurrentRow(0)
        return taken

    def _asked(self) -> QMessageBox.StandardButton:
        """What becomes of the changes that are not saved."""
        standard = QMessageBox.StandardButton
        buttons = standard.Discard | standard.Open | standard.Cancel
        words = (
            f"{self.draft.suggested.name} in the form has changes that are not saved. "
            "Discard forgets them, Open shows them."
        )
        return QMessageBox.question(self, "Supertask", words, buttons, standard.Cancel)

    def _guarded(self, function: Callable[[], object]) -> bool:
        try:
            function()
        except UserError as error:
            QMessageBox.warning(self, "Supertask", str(error))
            return False
        return True

    def _put(self, place: Place, typed: str) -> None:
        self.draft.put(place, typed)

    def _added(self, number: int) -> None:
        self.runs.setCurrentRow(number)
        self.runs.setFocus()

    def _remove(self) -> None:
        if self.runs.currentRow() >= 0:
            self.draft.remove_run(self.runs.currentRow())

    # What is shown

    def refresh(self) -> None:
        """Every field says what the text says."""
        draft = self.draft
        self.shared.refresh()
        chosen, count = self.runs.currentRow(), len(draft.runs)
        while self.runs.count() > count:
            self.runs.takeItem(self.runs.count() - 1)
        while self.runs.count() < count:
            self.runs.addItem(QListWidgetItem())
        wrong = draft.wrong_runs
        for number, oracle in enumerate(draft.oracles):
            item = self.runs.item(number)
            index = draft.oracles[:number].count(oracle)
            item.setIcon(swatch(self.look.theme.style(index, oracle)))
            item.setText(f"{draft.run_name(number)}{'   ⚠' if number in wrong else ''}")
        if count and chosen < 0:
            self.runs.setCurrentRow(0)
        self._show_run()
        self._show_state()
        self._watch()

    def _put_in_order(self) -> None:
        """Tab goes from field to field as the eye does: down the left, down the right, along the foot. Fields
        are made anew when a run, a learner or a task is."""
        controls = [
            *(row.control for row in self.shared.in_order()),
            *(self.add, self.copy_run, self.remove, self.runs),
            *(row.control for row in self.fields.rows),
            *(self.reload, self.save, self.save_as, self.back, self.run),
        ]
        if controls != self._ordered:
            self._ordered = controls
            for one, next_ in pairwise(controls):
                QWidget.setTabOrder(one, next_)

    def _show_run(self) -> None:
        number = self.runs.currentRow()
        self.fields.show_run(self.draft, number if 0 <= number < len(self.draft.runs) else None)
        self._put_in_order()
        self.copy_run.setEnabled(number >= 0)
        self.remove.setEnabled(number >= 0)

    def _show_state(self) -> None:
        draft = self.draft
        why = draft.why_not
        first, *more = why.splitlines() or [""]
        kept = "saved" if draft.saved else "not saved yet"
        if draft.saved and draft.unsaved:
            kept = "has changes that are not saved"
        wrong = f"Cannot run. {first}{f'   (and {len(more)} more)' if more else ''}"
        words = wrong if why else f"{draft.suggested.name}, {kept}"
        self.state.setText(words)
        name = "alarm" if why else "muted"
        if self.state.objectName() != name:
            self.state.setObjectName(name)
            self.state.style().unpolish(self.state)
            self.state.style().polish(self.state)
        self.run.setEnabled(not why)
        self.run.setToolTip(f"Cannot run.\n{why}" if why else "Run it (Ctrl+Enter)")
        self.save.setEnabled(draft.unsaved or not draft.saved or bool(draft.fault))
        self.reload.setVisible(bool(draft.fault) and draft.unsaved)

    # The file

    def _watch(self) -> None:
        """The file, and its folder: editors put a new file in the old one's place; and code that it names."""
        own = (self.draft.path, self.draft.path.parent) if self.draft.saved else ()
        wanted = {str(path) for path in (*own, *self.draft.code_files()) if path.exists()}
        watched = {*self.watcher.files(), *self.watcher.directories()}
        if watched - wanted:
            self.watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self.watcher.addPaths(sorted(wanted - watched))

    def _follow(self) -> None:
        if self.draft.saved:
            self.draft.follow()
        self.draft.look()  # code that it names may have changed

    def keep(self) -> None:
        """Write the file."""
        if self._guarded(lambda: self.draft.save(self.draft.suggested)):
            self.said.emit(f"Saved {self.draft.path}")

    def ask_keep(self) -> None:
        """Choose where to write it."""
        path, _ = QFileDialog.getSaveFileName(
            self, "Save experiment", str(self.draft.suggested), "Experiments (*.toml)"
        )
        if path:
            chosen = Path(path if path.endswith(".toml") else f"{path}.toml")
            if self._guarded(lambda: self.draft.save(chosen)):
                self.said.emit(f"Saved {chosen}")

    def _run(self) -> None:
        if self.run.isEnabled():
            self._guarded(lambda: self.run_wanted.emit(self.draft.experiment()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+S saves, with Shift elsewhere; Ctrl+Enter runs; Ctrl+Z takes a change back; Delete takes a run
        out."""
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if held and event.key() == Qt.Key.Key_S:
            elsewhere = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.ask_keep if elsewhere else self.keep)()
        elif held and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run()
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.draft.undo()
        elif event.matches(QKeySequence.StandardKey.Redo) or (held and event.key() == Qt.Key.Key_Y):
            self.draft.redo()
        elif event.key() == Qt.Key.Key_Delete and self.runs.hasFocus():
            self._remove()
        else:
            super().keyPressEvent(event)
