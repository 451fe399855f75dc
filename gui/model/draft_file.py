"""An experiment's text as it is being written: where it is kept, and what is wrong with it."""

import re
from collections.abc import Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

import tomlkit
from PySide6.QtCore import QObject, Signal
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item

from engine import experiment_check, experiments, toml_text
from engine.errors import UserError
from engine.experiments import Experiment
from engine.exports.whole import whole
from engine.toml_text import Place, StatementError
from gui.model.text_history import TextHistory

NEW = """\
title = "A new experiment"
summary = ""
task = "crossroads"
seeds = 4
updates = 300
measure_every = 1

[[runs]]
name = "REINFORCE"
learner = "reinforce"

[[runs]]
name = "RvS"
learner = "rvs"
knobs = { target = 1 }
"""


class DraftFile(QObject):
    """A TOML document, and the file that it is or will be.

    Attributes:
        path: its file, or where it would be saved.
        saved: the text on disk as far as it is known; empty for one that was never saved.
        problems: what is wrong, each with its place.
        fault: why the file on disk cannot be followed; the document is then what it said before.
    """

    changed = Signal()

    def __init__(self, folder: Path, catalogue: Mapping[str, Any]) -> None:
        super().__init__()
        self.folder, self.catalogue = folder, catalogue
        self.problems: list[StatementError] = []
        self.begin()

    @property
    def text(self) -> str:
        """The experiment's file."""
        return tomlkit.dumps(self.document)

    @property
    def unsaved(self) -> bool:
        """Whether a person changed something that no file says."""
        return self.text != self._taken

    def begin(self) -> None:
        """A new experiment."""
        self._take(NEW, free_path(self.folder, "a-new-experiment"), saved="")

    def open(self, path: Path) -> None:
        """Edit a file. Raises UserError when it cannot be read, or is not TOML."""
        text = _read(path)
        self._take(text, path, saved=text)

    def copy(self, path: Path) -> None:
        """Edit a copy of one that ships, or of any file: beside it, so that what it names is found. Around a
        task's own file a new experiment is made."""
        if path.suffix == ".npz" or "kind" in toml_text.parse(_read(path), path.name):
            self.begin()
            self.document["task"] = str(path.absolute())
            self.look()
            return
        ships = path.parent == experiments.FOLDER
        self._take(_read(path), free_path(self.folder if ships else path.parent, path.stem), saved="")

    def follow(self) -> bool:
        """The file changed on disk: take it, unless there are unsaved changes here. Returns whether the
        form says what the file says."""
        try:
            text = _read(self.path)
            if text == self.saved:
                self.fault = ""
            elif self.unsaved:
                self.fault = f"{self.path.name} was changed elsewhere, and here: saving replaces what it says"
            else:
                self._take(text, self.path, saved=text)
        except UserError as error:
            self.fault = str(error)
        self.changed.emit()
        return not self.fault

    def _take(self, text: str, path: Path, saved: str) -> None:
        try:
            experiment_check.problems(text, path, self.catalogue)  # says where what is not TOML goes wrong
            self.document = tomlkit.parse(text)
        except TOMLKitError as error:
            raise UserError(f"{path.name}: not TOML: {error}") from None
        self.path, self.saved, self.fault, self._taken = path, saved, "", text
        self._history = TextHistory(text)
        self.look()

    def undo(self) -> None:
        """Take the last change back: of a field all that was typed in it in a row."""
        if self._history.undo():
            self._show_again()

    def redo(self) -> None:
        """Make it again."""
        if self._history.redo():
            self._show_again()

    def _show_again(self) -> None:
        self.document = tomlkit.parse(self._history.now)
        self.look()

    def resume(self, text: str, path: Path) -> None:
        """Go on with changes that were not saved. Raises UserError when the text is none of an experiment."""
        self._take(text, path, saved=_read(path) if path.exists() else "")
        self._taken = self.saved

    @property
    def suggested(self) -> Path:
        """Where to save it: its own file, or for a new one a free name made of its title."""
        if self.saved:
            return self.path
        title = re.sub(r"\W+", "-", self.stated(("title",)).lower()).strip("-")
        return free_path(self.path.parent, title or self.path.stem)

    def save(self, path: Path) -> None:
        """Write the file. Raises UserError when it cannot be written."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}") from None
        with whole(path) as partial:
            partial.write_text(self.text, encoding="utf-8")
        self.path, self.saved, self.fault, self._taken = path, self.text, "", self.text
        self.look()

    def experiment(self) -> Experiment:
        """To be run. Raises UserError where something is wrong."""
        return experiments.read(self.text, self.suggested)

    def look(self, changed: Place | None = None) -> None:
        """See what is wrong, after a change at one place, or at several."""
        self._history.note(self.text, changed)
        self.problems = experiment_check.problems(self.text, self.path, self.catalogue)
        self.changed.emit()

    def stated(self, place: Place) -> str:
        """What the text says in a place, as it is written there; empty where it says nothing."""
        holder: Any = self.document
        for part in place:
            try:
                holder = holder[part]
            except (KeyError, IndexError, TypeError):
                return ""
        if isinstance(holder, str):
            return str(holder)
        return holder.as_string() if isinstance(holder, Item) else str(holder)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path.name}: not a text file; expected an experiment in TOML") from None
    except OSError as error:
        raise UserError(f"{path.name}: cannot be read ({error.strerror})") from None


def free_path(folder: Path, stem: str) -> Path:
    """A path in a folder that nothing has."""
    names = chain([f"{stem}.toml"], (f"{stem}-{number}.toml" for number in count(2)))
    return next(folder / name for name in names if not (folder / name).exists())
