"""Every setting on one page, a line each. What is chosen holds at once: there is nothing to confirm."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.places import recordings_folder
from gui.layouts import Layouts
from gui.log import log_file
from gui.motion import system_holds_still
from gui.text_size import SIZES, scaled

if TYPE_CHECKING:
    from gui.main_window import MainWindow

THEMES = (("As the system", "system"), ("Light", "light"), ("Dark", "dark"))
GIGABYTE = 1e9


class SettingsDialog(QDialog):
    """Escape closes it. The window behind it goes on."""

    def __init__(self, window: "MainWindow", layouts: Layouts) -> None:
        super().__init__(window.dialogs)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Settings")
        self.window_, self.settings, self.look = window, window.settings, window.look
        self.layouts = layouts
        self.theme = self._choice("Theme", THEMES, self._theme_chosen)
        self.text_size = self._choice("Text size", [(f"{n} %", n) for n in SIZES], self._size_chosen)
        self.still = QCheckBox("Reduce motion")
        self.still.clicked.connect(self._hold_still)
        self.asks = QCheckBox("Ask before another experiment ends live runs")
        self.asks.clicked.connect(self._ask)
        self.folder = self._path("Folder of recordings")
        self.free = self._words("")
        self.layout_names = QComboBox()
        self.layout_names.setAccessibleName("Layout")
        self.layout_names.activated.connect(self._layout_chosen)
        self.delete = self._button("Delete", "Forget this layout; the cards stay", self._delete_layout)
        self.log = self._path("Log file")
        self.log.setText(str(log_file()))
        self.store = self._path("File of the settings")
        self.store.setText(self.settings.store.fileName())
        self._lay_out()
        self.show_state()

    def _lay_out(self) -> None:
        page = QWidget()
        page.setObjectName("clear")
        self.column = QVBoxLayout(page)
        self.column.setContentsMargins(4, 2, 12, 2)
        self.column.setSpacing(4)
        self._line("Theme", (self.theme,), "Colours of the window and of exported pictures.")
        self._line("Text size", (self.text_size,), "All text of the window, and the rows and axes around it.")
        self._line(
            "",
            (self.still,),
            "Nothing blinks, slides or wanders. Play and live runs go on: P and Space stop them.",
        )
        self._line("", (self.asks,), "Their recordings are kept either way.")
        choose = self._button("Choose …", "Another folder for recordings", self.choose_folder)
        self._line("Recordings", (self.folder, choose, self._shows(self.folder)), self.free)
        save = self._button("Save as …", "Keep how the cards stand now under a name", self._save_layout)
        reset = self._button("Reset", "Put the cards as they were at first", self._reset_layout)
        self._line(
            "Layout",
            (self.layout_names, save, self.delete, reset),
            "How large each card is. The last one is there again the next time.",
        )
        self._line("Log", (self.log, self._shows(self.log)), "What went wrong in the app, and when.")
        forget = self._button("Reset everything …", "All settings as on the first day", self.ask_forget)
        self._line(
            "All settings",
            (self.store, forget),
            "Reset also forgets layouts, recent files and what was not saved in the form. Recordings stay.",
        )
        self.column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        outer.addWidget(scroll, 1)
        outer.addWidget(buttons)
        wanted = scaled(660, self.font()), scaled(600, self.font())
        room = self.window_.size()
        self.resize(min(wanted[0], room.width() - 40), min(wanted[1], room.height() - 40))

    # The parts of a line

    def _line(self, title: str, controls: tuple[QWidget, ...], help_: str | QLabel) -> None:
        label = QLabel(title)
        label.setObjectName("title")
        label.setBuddy(controls[0])
        row = QHBoxLayout()
        row.setSpacing(6)
        for control in controls:
            row.addWidget(control, 1 if isinstance(control, QLineEdit) else 0)
        if not isinstance(controls[0], QLineEdit):
            row.addStretch(1)
        words = self._words(help_) if isinstance(help_, str) else help_
        controls[0].setAccessibleDescription(words.text())
        if title:
            self.column.addWidget(label)
        self.column.addLayout(row)
        self.column.addWidget(words)
        self.column.addSpacing(8)

    def _words(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setObjectName("muted")
        label.setWordWrap(True)
        return label

    def _choice(self, name: str, entries: object, chosen: Callable[[], None]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        for text, value in entries:  # type: ignore[attr-defined]
            box.addItem(text, value)
        box.activated.connect(chosen)
        return box

    def _path(self, name: str) -> QLineEdit:
        line = QLineEdit()
        line.setReadOnly(True)
        line.setAccessibleName(name)
        return line

    def _button(self, text: str, tip: str, pressed: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        button.setAutoDefault(False)
        button.clicked.connect(pressed)
        return button

    def _shows(self, line: QLineEdit) -> QPushButton:
        button = self._button("Show", "Open its folder", lambda: show_in_folder(Path(line.text())))
        button.setAccessibleName(f"Show in folder: {line.accessibleName()}")
        return button

    # What is chosen

    def show_state(self) -> None:
        """Say what holds now."""
        self.theme.setCurrentIndex(self.theme.findData(self.look.choice))
        self.text_size.setCurrentIndex(self.text_size.findData(self.look.text_size))
        self.still.setChecked(self.look.still)
        self.asks.setChecked(self.settings.asks)
        folder = self.window_.session.folder
        self.folder.setText(str(folder))
        self.folder.setCursorPosition(0)
        self.free.setText(f"New runs are written here. {free_space(folder)} Older recordings stay.")
        self.folder.setAccessibleDescription(self.free.text())
        chosen = self.layout_names.currentText()
        self.layout_names.clear()
        self.layout_names.addItems(self.layouts.names)
        self.layout_names.setPlaceholderText("none is named" if not self.layouts.names else "choose one")
        self.layout_names.setCurrentIndex(self.layout_names.findText(chosen))
        self.layout_names.setEnabled(bool(self.layouts.names))
        self.delete.setEnabled(self.layout_names.currentIndex() >= 0)

    def _theme_chosen(self) -> None:
        self.window_.choose_theme(self.theme.currentData())

    def _size_chosen(self) -> None:
        self.settings.text_size = self.text_size.currentData()
        self.look.size_text(self.settings.text_size)

    def _hold_still(self, still: bool) -> None:
        self.settings.still = still
        self.look.hold_still(still)

    def _ask(self, asks: bool) -> None:
        self.settings.asks = asks

    def choose_folder(self) -> None:
        """Another folder for recordings, in a dialog."""
        folder = QFileDialog.getExistingDirectory(self, "Recordings", self.folder.text())
        if folder and not os.access(folder, os.W_OK):
            QMessageBox.warning(self, "Settings", f"cannot write to {folder}; allowed: a folder of yours")
        elif folder:
            self.settings.recordings = self.window_.session.folder = Path(folder)
            self.show_state()

    def _layout_chosen(self) -> None:
        self.layouts.choose(self.layout_names.currentText())
        self.delete.setEnabled(True)

    def _save_layout(self) -> None:
        ask_name(self, self.layouts)
        self.show_state()

    def _delete_layout(self) -> None:
        self.layouts.delete(self.layout_names.currentText())
        self.show_state()

    def _reset_layout(self) -> None:
        self.layouts.reset()
        self.layout_names.setCurrentIndex(-1)
        self.show_state()

    def ask_forget(self) -> None:
        """Everything as on the first day, if a person means it."""
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        question = "Put every setting back, and forget layouts and recent files?"
        if QMessageBox.question(self, "Settings", question, yes | no, no) == yes:
            self.forget()

    def forget(self) -> None:
        """Everything as on the first day."""
        self.settings.forget()
        self.window_.session.folder = recordings_folder()
        self.look.choose("system")
        self.look.size_text(100)
        self.look.hold_still(system_holds_still())
        self._reset_layout()


def ask_name(parent: QWidget, layouts: Layouts) -> None:
    """Keep how the cards stand under a name that is asked for."""
    name, kept = QInputDialog.getText(parent, "Save layout", "Name of this layout:")
    if kept and name.strip():
        layouts.save(name.strip())


def show_in_folder(path: Path) -> None:
    """Open the folder that holds a file, or the folder itself."""
    folder = path if path.is_dir() else path.parent
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def free_space(folder: Path) -> str:
    """How much room is left where a folder is, or will be."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), None)
    try:
        free = shutil.disk_usage(there or folder).free
    except OSError:
        return "How much room is left there is not known."
    return f"{free / GIGABYTE:,.1f} GB are free there."
