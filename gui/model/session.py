"""What is open and what is being looked at: the runs, the cursor, the selection, the target."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from engine.errors import UserError
from engine.protocol import Acknowledged, PolicyAnswer, Refused, Report
from gui.model.alarms import Alarm, Alarms
from gui.model.aside import aside
from gui.model.changes import NoteChange
from gui.model.cursor import Cursor
from gui.model.family import arrange
from gui.model.forking import Forking
from gui.model.knob_board import KnobBoard, Scope
from gui.model.latency import Latency
from gui.model.launcher import Launcher
from gui.model.leaving import Leaving
from gui.model.placing import free_index
from gui.model.question import Question
from gui.model.run_item import RunItem
from gui.model.running import Running
from gui.model.steering import Steering

if TYPE_CHECKING:
    from engine.experiments import Experiment
    from engine.launch import CatalogueRequest


class Session(QObject):
    """Everything the views show. One `tick` asks every run for what is new.

    Attributes:
        target: the return that is asked for, in every view at once; None where nothing can be asked.
        seed: which replicate the policy view shows.
        revision: grows whenever a run has something new.
    """

    items_changed = Signal()
    family_changed = Signal()  # a run joined those that are open, which stay as they are
    message = Signal(str)
    heard = Signal(object, object)  # a run, and what its worker said

    def __init__(self, folder: Path, launcher: Launcher) -> None:
        super().__init__()
        self.folder = folder
        self.launcher = launcher
        self.experiment: Experiment | None = None
        self.items: list[RunItem] = []
        self.selected: RunItem | None = None
        self.cursor = Cursor()
        self.alarms = Alarms()
        self.board = KnobBoard()
        self.forking = Forking(self)
        self.latency = Latency()
        self.steering = Steering(self)
        self.question = Question(self)
        self.running = Running(self)
        self.leaving = Leaving()
        self.scope: Scope = "all"
        self.target: float | None = None
        self.seed = 0
        self.notes = ""  # a person's own words about all of it
        self.saved_notes: tuple[str, ...] = ()  # these and those on the runs, as a session's file has them
        self.revision = 0
        self._arrivals = 0  # how often that was for what the runs recorded or said
        self._catalogue: dict[str, Any] | None = None
        self._catalogue_request: CatalogueRequest | None = None

    # What is open

    def choose(self, experiment: "Experiment") -> None:
        """Put an experiment on the table, ready to run."""
        self._clear()
        self.experiment = experiment
        self.catalogue()
        for run in experiment.runs:
            self.items.append(RunItem(run, free_index(run, run.oracle, self.items), run.oracle))
        self._describe()
        self._opened()

    def open(self, path: Path, until: int | None = None) -> RunItem:
        """Add a recording to what is shown, as it was after an update if one is given. Raises UserError when
        it is not one; then what is open stays."""
        item = aside(RunItem.recorded, path, 0, until)
        if self.experiment is not None:
            self._clear()
        item.index = free_index(item.specification, item.oracle, self.items)
        self.items = arrange([*self.items, item])
        self._opened()
        return item

    def replace_by(self, paths: list[Path]) -> None:
        """Show these recordings and nothing else. Raises UserError when one cannot be read; then what is
        open stays."""
        items: list[RunItem] = []
        try:
            for path in paths:
                item = aside(RunItem.recorded, path, 0)
                item.index = free_index(item.specification, item.oracle, items)
                items.append(item)
        except UserError:
            for item in items:
                item.close()
            raise
        self._clear()
        self.items = arrange(items)
        self._opened()

    def items_by_path(self, paths: list[Path]) -> list[RunItem]:
        """The runs of these recordings, in this order."""
        known = {item.path.absolute(): item for item in self.items if item.path is not None}
        return [known[path.absolute()] for path in paths]

    def _opened(self) -> None:
        if self.selected not in self.items:
            learners = [item for item in self.items if not item.oracle]
            self.selected = (learners or self.items or [None])[0]  # type: ignore[list-item]
        self.rebuild()
        self._find_target()
        self.alarms.look(self.items)
        self.cursor.arrived(max((item.last_step for item in self.items), default=0))
        self.revision += 1
        self.items_changed.emit()

    def close(self) -> None:
        """Close everything that is open. Workers finish their recordings by and by: see `leaving`."""
        self._clear()
        self._opened()

    def _clear(self) -> None:
        """Nothing is open; whoever calls this says what is open instead, or that nothing is."""
        self.leaving.add([item.handle for item in self.items if item.handle is not None])
        for item in self.items:
            item.close()
        self.items, self.experiment, self.selected, self.target = [], None, None, None
        self.notes = ""
        self.question.forget()
        self.steering.forget()
        self.latency.forget()
        self.forking.checkpoints.forget()
        self.cursor.reset()

    def select(self, item: RunItem) -> None:
        """Look at this run where only one can be shown."""
        if item is not self.selected:
            self.selected = item
            self.question.forget()
            if self.scope == "selected":
                self.rebuild()
            self.revision += 1

    def attend(self, alarm: Alarm) -> None:
        """Look at a collapse: its run, the seed that fell first, and the update at which it began."""
        self.select(alarm.item)
        self.seed = alarm.seed
        alarm.item.visible = True
        self.cursor.put(alarm.step)
        self.revision += 1

    def note(self, text: str, item: RunItem | None = None) -> None:
        """A person's words on a run, or on all of it. Can be taken back."""

        def write(words: str) -> None:
            if item is None:
                self.notes = words
            else:
                item.note = words
            self.revision += 1

        whose, before = ("this session", self.notes) if item is None else (item.name, item.note)
        self.steering.undo.write(NoteChange(whose, before, text, write))

    def show(self, item: RunItem, visible: bool) -> None:
        """Show or hide a run everywhere."""
        item.visible = visible
        self.revision += 1

    def set_scope(self, scope: Scope) -> None:
        """Whether the sliders steer every run or the selected one."""
        self.scope = scope
        self.rebuild()

    def rebuild(self) -> None:
        """Make the sliders anew."""
        self.board.rebuild(self.items, self.selected, self.scope)

    @property
    def touched(self) -> int:
        """Grows with what is new, but for what the runs recorded or said."""
        return self.revision - self._arrivals

    @property
    def shown(self) -> list[RunItem]:
        """The runs that are not hidden."""
        return [item for item in self.items if item.visible]

    @property
    def live(self) -> list[RunItem]:
        """The runs with a worker behind them."""
        return [item for item in self.items if item.live]

    def _find_target(self) -> None:
        if self.target is None:
            for item in self.items:
                if "target" in item.values and not item.target_open:
                    self.target = float(item.values["target"])
                    return

    # At every look

    def tick(self) -> None:
        """Hear the workers, read what is new, send what waits."""
        with self._noticing(self.items):
            self._hear(self.items)
            self.running.end_the_deaf()
            self._read()
            self.steering.flush()
            self.forking.fork_what_waited()
            if self.alarms.look(self.items):
                self.revision += 1
            if self._describe():
                self.rebuild()
            self._find_target()
            self.question.ask()
            self.latency.look()

    def peek(self) -> None:
        """Look for the effect of a change, where it is awaited from, and for nothing else."""
        awaited = self.latency.awaited
        with self._noticing(awaited):
            self._hear(awaited)
            for item in awaited:
                if item.recording is not None:
                    item.refresh()
            self.steering.flush()
            self.question.ask()
            self.latency.look()

    @contextmanager
    def _noticing(self, items: list[RunItem]) -> Iterator[None]:
        """What is new of these runs meanwhile is told to whoever shows them."""
        before, states = sum(item.revision for item in items), [item.knows for item in items]
        yield
        if states != [item.knows for item in items]:
            self.rebuild()
        if sum(item.revision for item in items) != before:
            self.revision += 1
            self._arrivals += 1
        self.cursor.arrived(max((item.last_step for item in self.items), default=0))

    def _hear(self, items: list[RunItem]) -> None:
        for item in items:
            for report in item.reports():
                self._heard(item, report)

    def _read(self) -> None:
        """What is new in the recordings. One is opened at a time: that takes as long as a frame."""
        opened = False
        for item in self.items:
            if item.recording is not None:
                item.refresh()
            elif not opened:
                opened = item.refresh()

    def _heard(self, item: RunItem, report: Report) -> None:
        if isinstance(report, Acknowledged):
            self.latency.acknowledged(report.id, report.rows)
            self.forking.checkpoints.acknowledged(report.id, report.step)
        elif isinstance(report, PolicyAnswer):
            self.latency.answered(report.id)
            self.question.answered(report.id)
        elif isinstance(report, Refused):
            self.latency.refused(report.id)
            self.forking.checkpoints.refused(report.id)
            self.question.answered(report.id)
            self.message.emit(f"{item.name}: {report.message}")
        self.heard.emit(item, report)

    def _describe(self) -> bool:
        """Give runs that have no recording yet the knobs that the catalogue knows. Returns whether any did
        not have them."""
        catalogue = None if self._catalogue_request is None else self.catalogue()
        if catalogue is None:
            return False
        described = False
        for item in self.items:
            learner = catalogue["learners"].get(item.specification.learner)
            if learner is not None and not item.knobs:
                item.describe(learner["knobs"])
                described = True
        return described

    def catalogue(self) -> dict[str, Any] | None:
        """The engine described as data; None until it has answered."""
        if self._catalogue_request is None:
            self._catalogue_request = self.launcher.request_catalogue()
        if self._catalogue is None:
            try:
                self._catalogue = self._catalogue_request.poll()
            except UserError as error:  # asked anew when it is needed again
                self._catalogue_request = None
                self.message.emit(str(error))
        return self._catalogue

    def recorded_target(self, item: RunItem) -> int | None:
        """Index of the target if the recording holds it exactly, else None."""
        if item.recording is None or self.target is None:
            return None
        index = item.nearest_target(self.target)
        near = abs(item.recording.layout.targets[index] - self.target) < 1e-6 * max(1.0, abs(self.target))
        return index if near or not item.conditioned else None
