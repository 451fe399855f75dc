"""What is put on the workbench: experiments, recordings and sessions, chosen, typed or dropped.

Live runs that would end are asked about first; what cannot be opened is said, and what is open stays.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QFileDialog, QMessageBox

from engine import experiments
from engine.errors import UserError
from engine.experiments import Experiment
from engine.session_file import SUFFIX
from engine.tasks import task_file
from gui import sessions
from gui.model.aside import aside

if TYPE_CHECKING:
    from gui.main_window import MainWindow

ENDINGS = (".h5", SUFFIX, *task_file.ENDINGS)  # of what can be opened


class Opening:
    """Opens things in a window."""

    def __init__(self, window: "MainWindow") -> None:
        self._window, self._session, self._settings = window, window.session, window.settings

    def choose_experiment(self, name: str) -> bool:
        """Put an experiment on the table, by name or path. Returns whether it is there now."""
        try:
            experiment = experiments.load(name)
        except UserError as error:
            QMessageBox.warning(self._window.dialogs, "Supertask", str(error))
            return False
        return self.put_on(experiment, name)

    def put_on(self, experiment: Experiment, name: str) -> bool:
        """Put this on the table; `name` opens it again, next time. Returns whether it is there now: live runs
        are asked about first."""
        if not self.may_close("Another experiment ends the runs that are live."):
            self._window.show_what_is_open()
            return False
        self._settings.experiment = name
        self._session.choose(experiment)
        self._window.hurry()
        return True

    def start_again(self) -> None:
        """A fresh start of the experiment that is open."""
        if self._session.experiment is not None and self.may_close(
            "Starting again ends the runs that are live."
        ):
            self._session.choose(self._session.experiment)
            self._window.guarded(self._session.running.start)()

    def may_close(self, why: str) -> bool:
        """Ask, where runs are live that would end, and a person wants to be asked."""
        if not (self._settings.asks and any(item.state == "running" for item in self._session.live)):
            return True
        buttons = QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel
        answer = QMessageBox.question(
            self._window.dialogs, "Supertask", f"{why} Their recordings are kept.", buttons
        )
        return answer == QMessageBox.StandardButton.Ok

    def open_alone(self, paths: list[Path]) -> None:
        """These recordings in the plots, in place of what is there."""

        def open_() -> None:
            if self.may_close("The recordings replace the live runs."):
                for path in paths:
                    _admit(path)
                self._session.replace_by(paths)
                for path in paths:
                    self._settings.opened(path)

        self._window.guarded(open_)()

    def open_recording(self, path: Path) -> None:
        """Show a recording beside those open."""

        def open_() -> None:
            if self._session.experiment is not None and not self.may_close(
                "A recording replaces the live runs."
            ):
                return
            opened = [i for i in self._session.items if i.recording is not None and i.recording.path == path]
            if opened:
                self._session.select(opened[0])
                self._window.say(f"{path.name} is open already: selected")
                return
            _admit(path)
            self._session.open(path)
            self._settings.opened(path)

        self._window.guarded(open_)()

    def open_session(self, path: Path) -> None:
        """Show a session in place of what is open."""

        def open_() -> None:
            if self.may_close("A session replaces what is open."):
                sessions.open_(self._window, path)
                self._settings.opened(path)

        self._window.guarded(open_)()

    def open_file(self, path: Path) -> None:
        """A session, an experiment or a recording, by the file's ending."""
        if path.suffix == SUFFIX:
            self.open_session(path)
        elif task_file.is_path(str(path)):
            self.choose_experiment(str(path))
        else:
            self.open_recording(path)

    def ask_open(self) -> None:
        """Choose recordings in a dialog."""
        recent = self._settings.recent
        folder = self._session.folder
        start = str(recent[0].parent if recent else folder if folder.exists() else Path.home())
        paths, _ = QFileDialog.getOpenFileNames(
            self._window.dialogs,
            "Open recordings or a session",
            start,
            f"Recordings and sessions (*.h5 *{SUFFIX})",
        )
        for path in paths:
            self.open_file(Path(path))

    def ask_experiment(self) -> None:
        """Choose an experiment's or a task's file in a dialog."""
        path, _ = QFileDialog.getOpenFileName(
            self._window.dialogs, "Open experiment or task", "", "Experiments and tasks (*.toml *.npz)"
        )
        if path:
            self.choose_experiment(path)

    def drop(self, data: QMimeData) -> None:
        """Open the files that were dropped."""
        for path in dropped(data):
            self.open_file(path)


def dropped(data: QMimeData) -> list[Path]:
    """The files in what is dragged that can be opened."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.toLocalFile().endswith(ENDINGS)]


def _admit(path: Path) -> None:
    from engine.recording.gatekeeper import admit  # here: the app starts without HDF5

    aside(admit, path)
