"""The one dialog of every export: what, of what, where to; how far it is; and a way to stop it."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.errors import UserError
from engine.exports import together
from engine.exports.job import Job
from engine.exports.kinds import KINDS, VIEWS, WHOLE_PAGE, Kind, Order
from engine.places import expanded
from engine.session_file import SUFFIX
from gui import exports
from gui.deck import Deck
from gui.losses import notes
from gui.widgets.short_lived import short_lived

LOOK_EVERY = 50  # milliseconds between two looks at how far it is
DEFAULT = Order("", (), Path())


class ExportDialog(QDialog):
    """Made from the table of kinds. What takes longer than a moment is written by a process of its own, so
    that the window and its runs go on; Cancel ends it and leaves no file."""

    said = Signal(str)

    def __init__(self, deck: Deck, kind: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.deck = deck
        self.job: Job | None = None
        self._notes: tuple[str, ...] = ()  # what a session's file that is being written will have
        self.setWindowTitle("Export")
        self.setMinimumWidth(520)
        self.kind = self._choice("What to write", [(one.label, one.name) for one in KINDS.values()])
        self.help = QLabel()
        self.help.setObjectName("muted")
        self.help.setWordWrap(True)
        titles = {name: view.accessibleName() for name, view in deck.figures.items()}
        self.view = self._choice("Of", [("Everything", WHOLE_PAGE), *((titles[v], v) for v in VIEWS[1:])])
        visible = exports.visible_updates(deck)
        updates = [("Every update", False)]
        if visible:
            updates.insert(0, (f"Visible: {visible[0]} to {visible[1]}", True))
        self.updates = self._choice("Updates", updates)
        self.hold = self._choice(
            "Runs that go on",
            [
                ("After one update, the newest that all have reached", False),
                ("Each as far as it has come", True),
            ],
        )
        self.rate = self._number("Frames a second", 1, 60, DEFAULT.rate)
        self.seconds = self._number("Seconds, at most", 1, 600, round(DEFAULT.seconds))
        self.episodes = self._number("Episodes, at most", 1, 10_000_000, DEFAULT.episodes)
        self._folder = Path.home()
        self.file = QLineEdit()
        self.file.setAccessibleName("File")
        self.browse = QPushButton("Choose …")
        self.browse.setAutoDefault(False)  # Enter exports
        self.browse.clicked.connect(self._browse)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress")
        self.held = QLabel()
        self.held.setObjectName("muted")
        self.held.setWordWrap(True)
        self.error = QLabel()
        self.error.setObjectName("alarm")
        self.error.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setDefault(True)
        self.buttons.accepted.connect(self.start)
        self.buttons.rejected.connect(self.reject)
        self.timer = QTimer(self)
        self.timer.setInterval(LOOK_EVERY)
        self.timer.timeout.connect(self._look)
        self._lay_out()
        self.kind.setCurrentIndex(self.kind.findData(kind))
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        self._kind_chosen()

    def _choice(self, name: str, entries: list[tuple[str, object]]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for text, data in entries:
            box.addItem(text, data)
        short_lived(box)
        return box

    def _number(self, name: str, low: int, high: int, value: int) -> QSpinBox:
        box = QSpinBox()
        box.setAccessibleName(name)
        box.setRange(low, high)
        box.setValue(value)
        short_lived(box)
        return box

    def _lay_out(self) -> None:
        self.form = QFormLayout()
        self.form.addRow("Write", self.kind)
        self.form.addRow("", self.help)
        self.fields = {
            "view": (self.view,), "range": (self.updates,), "film": (self.rate, self.seconds),
            "episodes": (self.episodes,),
        }  # fmt: skip
        for field in (box for boxes in self.fields.values() for box in boxes):
            self.form.addRow("Show" if field is self.view else field.accessibleName(), field)
        self.form.addRow(self.hold.accessibleName(), self.hold)
        line = QHBoxLayout()
        line.addWidget(self.file, 1)
        line.addWidget(self.browse)
        self.form.addRow("File", line)
        column = QVBoxLayout(self)
        column.addLayout(self.form)
        for part in (self.bar, self.held, self.error, self.buttons):
            column.addWidget(part)
        for part in (self.bar, self.held, self.error):
            part.hide()

    @property
    def chosen(self) -> Kind:
        """The kind that is chosen."""
        return KINDS[self.kind.currentData()]

    def _kind_chosen(self) -> None:
        kind = self.chosen
        selected = self.deck.session.selected
        whose = f"; of {selected.name}" if selected is not None and not kind.several else ""
        self.help.setText(f"{kind.help}{whose}")
        for choice, boxes in self.fields.items():
            for box in boxes:
                self.form.setRowVisible(box, choice in kind.choices)
        side_by_side = kind.several and not kind.picture and exports.going_on(self.deck.session) > 1
        self.form.setRowVisible(self.hold, side_by_side)
        with suppress(UserError):
            self._folder = self._out().parent
        self.file.setText(str(self._folder / exports.suggested_name(self.deck.session, kind.name)))
        self.error.hide()
        self.adjustSize()

    def _browse(self) -> None:
        kind = self.chosen
        endings = "" if kind.name == "minari" else f"{kind.name.upper()} (*.{kind.name})"
        before = self._folder
        with suppress(UserError):
            before = self._out()
        path, _ = QFileDialog.getSaveFileName(
            self, "Export", str(before), endings, options=QFileDialog.Option.DontConfirmOverwrite
        )
        if path:
            self.file.setText(path)
            self.file.setText(str(self._out()))

    def _out(self) -> Path:
        """The file to write, with its kind's ending where none was typed; a data set is a folder. A name
        alone is one in the folder that the dialog offered. Raises UserError where there is no name."""
        typed, kind = self.file.text().strip(), self.chosen.name
        path = self._folder / expanded(typed)
        folder = typed.endswith(("/", os.sep)) or (path.is_dir() and kind != "minari")
        if folder or expanded(typed).name in ("", ".."):
            raise UserError("type the name of the file to write; a folder may stand before it")
        if kind == "minari" or path.suffix.lower() == f".{kind}":
            return path
        return path.with_name(f"{path.name.rstrip('.')}.{kind}")

    def order(self) -> Order:
        """What is chosen. Raises UserError when it cannot be."""
        made = exports.order(
            self.deck,
            self.chosen,
            self._out(),
            view=self.view.currentData() if "view" in self.chosen.choices else WHOLE_PAGE,
            each=bool(self.hold.currentData()),
            visible_only="range" in self.chosen.choices and bool(self.updates.currentData()),
        )
        return replace(
            made,
            rate=self.rate.value(),
            seconds=float(self.seconds.value()),
            episodes=self.episodes.value(),
        )

    def start(self) -> None:
        """Begin; a picture is there at once."""
        self.error.hide()
        try:
            order = self.order()
            kind = order.checked()
            if not self._may_write(order.out):
                return
            if kind.picture:
                exports.picture(self.deck, order.kind, order.out, order.view)
                self._done(order)
                return
            self._notes = notes(self.deck.session)
            self.job = Job(order)
        except UserError as error:
            self._failed(str(error))
            return
        self.held.setText(together.said(order.held).capitalize())
        self._busy(True)
        self.timer.start()

    def _may_write(self, out: Path) -> bool:
        """Asked about the very file that would be written, wherever its name came from."""
        if not out.is_file():
            return True
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        question = f"{out.name} is in {out.parent} already. Replace it?"
        return QMessageBox.question(self, "Export", question, yes | no, no) == yes

    def _busy(self, busy: bool) -> None:
        for part in (
            self.kind,
            self.file,
            self.browse,
            self.go,
            self.hold,
            *(b for f in self.fields.values() for b in f),
        ):
            part.setEnabled(not busy)
        # How much there is to do is not known yet: the bar wanders, unless nothing may move.
        self.bar.setRange(0, int(self.deck.runs.look.still))
        self.bar.setVisible(busy)
        self.held.setVisible(busy and bool(self.held.text()))

    def _look(self) -> None:
        job = self.job
        if job is None:
            return
        ended = job.poll()
        self.bar.setRange(0, job.of)
        self.bar.setValue(job.done)
        if ended:
            self.timer.stop()
            self.job = None
            self._busy(False)
            if job.error:
                self._failed(job.error)
            else:
                self._done(job.order)

    def _done(self, order: Order) -> None:
        if f".{order.kind}" == SUFFIX:
            self.deck.session.saved_notes = self._notes
        of = "" if order.checked().picture else together.said(order.held)
        self.said.emit(f"Wrote {order.out}" + (f", {of}" if of else ""))
        self.accept()

    def _failed(self, message: str) -> None:
        self.error.setText(message[:1].upper() + message[1:])
        self.error.show()

    def reject(self) -> None:
        """Cancel: end what is being written, or close where nothing is."""
        if self.job is not None:
            self.timer.stop()
            self.job.cancel()
            self.job = None
            self._busy(False)
            self.said.emit("The export was cancelled; no file was left")
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing cancels."""
        self.reject()
        event.accept()
