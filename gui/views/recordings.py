"""The library: recordings in folders, searched and sorted, starred, tagged and named, opened by Enter."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QMenu, QMessageBox, QToolButton

from engine.errors import UserError
from engine.session_file import SUFFIX
from gui.model.library.labels import Label, tags_in
from gui.model.library.query import HELP, ORDERS, Row
from gui.model.library.shelf import Library
from gui.model.library.undo import LabelUndo
from gui.model.session import Session
from gui.settings import Settings
from gui.theme import Look
from gui.trash import discard
from gui.views.recording_delegate import RecordingDelegate
from gui.views.recordings_list import RecordingsList
from gui.views.recordings_model import RecordingsModel
from gui.views.view import View
from gui.widgets.elided import ElidedLabel
from gui.widgets.menus import emptied, inner_menu

NOTHING = "Runs are kept here, each in a file.\nDrop files or folders here to open or to add them."
AROUND = 56  # pixels around title and order
NO_MATCH = "No recording matches.\n\n" + HELP


class RecordingsView(View):
    """A search field over a list, with a menu for order and folders."""

    help = (
        "every run is kept in a file. Search by words, tags and stars. In the list Enter opens one "
        "beside what is open, S stars it, T tags it, F2 names it; Ctrl+Z takes that back."
    )

    chosen = Signal(Path)  # to open beside what is open
    alone = Signal(list)  # paths to open in place of what is open
    said = Signal(str)
    _finished = Signal(str)  # from a thread

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__("Recordings", session, look)
        self.library = Library(session.folder)
        self.settings: Settings | None = None
        self.model = RecordingsModel()
        self.model.tags_typed.connect(self._tags_typed)
        self.model.name_typed.connect(self._name_typed)
        self._finished.connect(self._heard_of_finished)
        self.undo = LabelUndo()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: words, star, tag:…")
        self.search.setToolTip(HELP)
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search recordings")
        self.search.setAccessibleDescription(HELP)
        self.search.textChanged.connect(self._searched)
        self.search.installEventFilter(self)
        self.delegate = RecordingDelegate(self.model, look, self.library.known_tags)
        self.delegate.star_clicked.connect(lambda row: self._star([self.model.found[row]]))
        self.list = RecordingsList()
        self.list.setModel(self.model)
        self.list.setItemDelegate(self.delegate)
        self.list.doubleClicked.connect(lambda _: self.open_chosen())
        self.list.customContextMenuRequested.connect(self._menu)
        self.list.asked.connect(self._asked)
        self.list.takes_back = self.undo.can
        self.list.installEventFilter(self)
        self.nothing = QLabel(NOTHING)
        self.nothing.setObjectName("muted")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.trouble = ElidedLabel()
        self.trouble.setObjectName("alarm")
        self.arrange = QToolButton()
        self.arrange.setObjectName("flat")
        self.arrange.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.arrange.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.arrange.setMenu(QMenu(self.arrange))
        self.arrange.menu().aboutToShow.connect(self._fill_menu)
        self.header.addWidget(self.arrange)
        for part, stretch in ((self.search, 0), (self.trouble, 0), (self.nothing, 1), (self.list, 1)):
            self.body.addWidget(part, stretch)
        self.setAcceptDrops(True)
        self._seen = 0
        self._name_order()

    def remember(self, settings: Settings) -> None:
        """Order and folders as they were, and from now on kept there."""
        self.settings = settings
        self.library.set_folders(settings.library_folders)
        if settings.library_order in ORDERS:
            self.model.sort_by(settings.library_order)
        self._name_order()

    def depends(self) -> tuple[object, ...]:
        """What was found, whether rows may move, and which runs have spent their budget."""
        self.library.set_home(self.session.folder)
        self.library.poll()
        return self.library.revision, self.list.resting, self._done()

    def _done(self) -> frozenset[Path]:
        holding = (item for item in self.session.items if item.state == "holding")
        return frozenset(item.handle.recording for item in holding if item.handle is not None)

    def redraw(self) -> None:
        """Show what was found; not while a hand is over the list, under which no row may move."""
        if self._seen != self.library.revision and (self.list.resting or not self.model.rows):
            self._seen = self.library.revision
            self._change(partial(self.model.show_rows, self.library.rows))
        if self.model.done != self._done():
            self.model.done = self._done()
            self.list.viewport().update()
        self._tell()

    def _change(self, change: Callable[[], None]) -> None:
        """Change what the list shows; what was chosen stays chosen, and the list where it was scrolled."""
        current, chosen = self.list.currentIndex(), self.chosen_rows()
        now = [self.model.found[current.row()]] if current.isValid() else []
        scrolled = self.list.verticalScrollBar().value()
        change()
        if not self.list.currentIndex().isValid() and now:
            selection = self.list.selectionModel()
            for place in self.model.places(now):
                selection.setCurrentIndex(self.model.index(place), QItemSelectionModel.SelectionFlag.NoUpdate)
            for place in self.model.places(chosen):
                selection.select(self.model.index(place), QItemSelectionModel.SelectionFlag.Select)
            self.list.verticalScrollBar().setValue(scrolled)
        self._tell()

    def _tell(self) -> None:
        """Counts, and what is wrong."""
        library, shown = self.library, len(self.model.found)
        count = len(self.model.rows)
        words = f"{count:,}" if shown == count else f"{shown:,} of {count:,}"
        self.note.setText("looking …" if library.looking else words if count else "")
        missing = [f"Missing: {folder}" for folder in library.missing]
        troubles = missing + library.problems
        self.trouble.setText("⚠ " + "  ⚠ ".join(troubles))
        self.trouble.setVisible(bool(troubles))
        self.nothing.setText(NO_MATCH if count else NOTHING)
        self.nothing.setVisible(not shown and not library.looking)
        self.list.setVisible(bool(shown))
        self.search.setVisible(bool(count))

    # What is chosen, and what is done with it

    def chosen_rows(self) -> list[Row]:
        """The selected recordings, in the list's order."""
        places = sorted(index.row() for index in self.list.selectionModel().selectedIndexes())
        return [self.model.found[place] for place in places]

    def look_for(self) -> None:
        """Type what to look for."""
        (self.search if self.model.rows else self.list).setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def open_chosen(self) -> None:
        """Beside what is open."""
        for row in self.chosen_rows():
            self.chosen.emit(row.entry.path)

    def _asked(self, what: str) -> None:
        rows = self.chosen_rows()
        if what in ("undo", "redo"):
            self._show_labels((self.undo.undo if what == "undo" else self.undo.redo)(self.library.rows))
        elif not rows:
            return
        elif what == "open":
            self.open_chosen()
        elif what == "open_alone":
            self.alone.emit([row.entry.path for row in rows])
        elif what == "finish":
            left = [row.entry.path for row in rows if row.entry.left]
            Thread(target=self._finish, args=(left,), name="finishing recordings", daemon=True).start()
        elif what == "star":
            self._star(rows)
        elif what in ("tag", "rename"):
            self.model.edits = "tags" if what == "tag" else "name"
            self.list.edit(self.list.currentIndex())
        else:
            self._delete(rows)

    def _finish(self, paths: list[Path]) -> None:
        """In a thread: each is finished by a process of its own, from its journal."""
        from engine.recording.recovery import recover

        told = []
        for path in paths:
            try:
                told.append(
                    f"Finished {path.stem}" if recover(path) else f"{path.stem} has nothing to finish"
                )
            except UserError as error:
                told.append(str(error))
        self._finished.emit("; ".join(told))

    def _heard_of_finished(self, words: str) -> None:
        self.said.emit(words)
        self.library.look_again()

    def _star(self, rows: list[Row]) -> None:
        """Star them; where all have one, take it away."""
        star = not all(row.label.star for row in rows)
        self._label([(row, replace(row.label, star=star)) for row in rows])

    def _name_typed(self, place: int, text: str) -> None:
        """Nothing, or the file's own name, is no name of a person's."""
        row = self.model.found[place]
        name = " ".join(text.split())
        self._label([(row, replace(row.label, name="" if name == row.entry.name else name))])

    def _tags_typed(self, place: int, text: str) -> None:
        """What was added and taken away in one row is so in every chosen one."""
        row = self.model.found[place]
        typed = tags_in(text)
        added = [tag for tag in typed if tag not in row.label.tags]
        gone = [tag for tag in row.label.tags if tag not in typed]
        rows = self.chosen_rows()
        changes = [(row, replace(row.label, tags=typed))]
        for other in rows if row in rows else []:
            if other is not row:
                kept = [tag for tag in other.label.tags if tag not in gone and tag not in added]
                changes.append((other, replace(other.label, tags=(*kept, *added))))
        self._label(changes)

    def _label(self, changes: list[tuple[Row, Label]]) -> None:
        self.undo.made(changes)
        self._show_labels(changes)

    def _show_labels(self, changes: list[tuple[Row, Label]]) -> None:
        self.library.label(changes)
        self._seen = self.library.revision
        self._change(partial(self.model.show_rows, self.library.rows))

    def _delete(self, rows: list[Row]) -> None:
        opened = {item.path for item in self.session.items if item.path is not None}
        held = [row for row in rows if row.entry.live or row.entry.path in opened]
        if held:
            self.said.emit(f"{held[0].name} is in use: a live or open recording stays where it is")
            return
        what = f"“{rows[0].name}”" if len(rows) == 1 else f"{len(rows)} recordings"
        question = f"Move {what}, with checkpoints, to the system's trash?"
        if QMessageBox.question(self, "Supertask", question) == QMessageBox.StandardButton.Yes:
            failed = [row.name for row in rows if not discard(row.entry.path)]
            if failed:
                self.said.emit(f"{', '.join(failed)}: cannot be moved to the trash, and is kept")
            self.library.look_again()

    # Menus

    def _menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        rows = self.chosen_rows()
        if not rows or not (index.isValid() or self.list.hasFocus()):
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        starred = all(row.label.star for row in rows)
        for words, keys, what in (
            ("Open beside what is open", "Enter", "open"),
            ("Open alone", "Ctrl+Enter", "open_alone"),
            *((("Finish", "", "finish"),) if any(row.entry.left for row in rows) else ()),
            ("", "", ""),
            ("Remove star" if starred else "Star", "S", "star"),
            ("Tags …", "T", "tag"),
            ("Rename …", "F2", "rename"),
            ("", "", ""),
            ("Show in folder", "", "show"),
            ("Move to trash …", "Del", "delete"),
        ):
            if not words:
                menu.addSeparator()
                continue
            function = self._show_in_folder if what == "show" else partial(self._asked, what)
            menu.addAction(f"{words}\t{keys}", function)
        menu.popup(self.list.viewport().mapToGlobal(place))

    def _show_in_folder(self) -> None:
        folder = self.chosen_rows()[0].entry.path.parent
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _fill_menu(self) -> None:
        menu = emptied(self.arrange.menu())
        group = QActionGroup(menu)
        for order, words in ORDERS.items():
            action = QAction(words, group, checkable=True, checked=order == self.model.order)
            action.triggered.connect(partial(self.sort_by, order))
            menu.addAction(action)
        menu.addSeparator()
        for folder in self.library.folders:
            missing = " (missing)" if folder in self.library.missing else ""
            below = inner_menu(menu, f"{folder.name or folder}{missing}")
            below.addAction(str(folder)).setEnabled(False)
            below.addAction("Remove from the library", partial(self.remove_folder, folder))
        more = QAction("Add folder …", menu)
        more.triggered.connect(self.ask_folder)
        menu.addAction(more)

    def sort_by(self, order: str) -> None:
        """Put the list in one of `ORDERS`."""
        self._change(partial(self.model.sort_by, order))
        self._name_order()
        if self.settings is not None:
            self.settings.library_order = order

    def _name_order(self) -> None:
        words = ORDERS[self.model.order]
        long = f"{words} ▾"
        taken = self.title.sizeHint().width() + self.fontMetrics().horizontalAdvance(long)
        self.arrange.setText(long if taken + AROUND < self.width() else "▾")
        self.arrange.setToolTip(f"Order and folders; now: {words.lower()}")
        self.arrange.setAccessibleName(f"Order and folders of the recordings: {words}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The order is named where there is room beside the title."""
        super().resizeEvent(event)
        self._name_order()

    def _searched(self, text: str) -> None:
        self._change(partial(self.model.search, text))

    # Folders

    def ask_folder(self) -> None:
        """Choose a folder in a dialog, and list what is in it as well."""
        path = QFileDialog.getExistingDirectory(self, "Add a folder to the library", str(Path.home()))
        if path:
            self.add_folder(Path(path))

    def add_folder(self, folder: Path) -> None:
        """List what is in it as well, from now on."""
        self._set_folders([*self.library.folders, folder])

    def remove_folder(self, folder: Path) -> None:
        """List it no more; its files stay as they are."""
        self._set_folders([each for each in self.library.folders if each != folder])

    def _set_folders(self, folders: list[Path]) -> None:
        self.library.set_folders(folders)
        if self.settings is not None:
            self.settings.library_folders = self.library.folders

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Recordings, sessions and folders may be dropped; not what is dragged out of the list itself."""
        if event.source() is not self.list and any(map(_welcome, event.mimeData().urls())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Folders are added, files opened."""
        for url in filter(_welcome, event.mimeData().urls()):
            path = Path(url.toLocalFile())
            if path.is_dir():
                self.add_folder(path)
            else:
                self.chosen.emit(path)
        event.acceptProposedAction()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """From the search field down into the list; Escape empties it, from the list too."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            moves = watched is self.search and self.model.found
            if moves and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.list.setFocus(Qt.FocusReason.TabFocusReason)
                if not self.chosen_rows():
                    self.list.setCurrentIndex(self.model.index(0))
                return True
            if event.key() == Qt.Key.Key_Escape and (watched is self.search or self.search.text()):
                self.search.clear()
                return True
        return super().eventFilter(watched, event)


def _welcome(url: QUrl) -> bool:
    path = url.toLocalFile()
    return path.endswith((".h5", SUFFIX)) or Path(path).is_dir()
