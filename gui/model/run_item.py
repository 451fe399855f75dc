"""One run as the app sees it: a recording, and while it lives the worker that writes it."""

import json
import math
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.learners.knobs import Knob
from engine.protocol import Busy, Failed, PolicyAnswer, Refused, Report, State, Status, Waiting
from engine.specification import RunSpecification, Value
from gui.model.series import Series
from gui.model.silence import LONG, Silence

if TYPE_CHECKING:
    from engine.history import History, Judged
    from engine.launch import RunHandle
    from engine.recording.reader import Recording

TELL_SECONDS = 1.0
LIVE_STATES = ("starting", "running", "paused", "holding")


class RunItem:
    """A row of the runs list.

    Attributes:
        state: the worker's; `recorded` for a run that is only a file, `ready` for one not yet begun.
        revision: grows whenever there is something new to draw.
        message: why it failed or paused of its own accord; empty while all is well.
        busy: what its worker is at, where that takes long; None where it says something else.
        stopping: it was asked to stop, and will at its next safe point.
        values: the knobs as they stand now, by name; `knobs` what they are.
        elder: the run that it was forked from, where that is open; `depth` in its family, 0 at the root.
    """

    def __init__(self, specification: RunSpecification, index: int, oracle: bool) -> None:
        self.specification = specification
        self.name = specification.name
        self.index = index  # among the learners, or among the oracles: decides the colour
        self.oracle = oracle
        self.state: State | str = "ready"
        self.visible = True
        self.handle: RunHandle | None = None
        self.recording: Recording | None = None
        self.knobs: dict[str, Knob] = {}
        self.values: dict[str, Value] = {}
        self.answer: PolicyAnswer | None = None
        self.updates_per_second = 0.0
        self.device = ""
        self.message = ""
        self.busy: Busy | None = None
        self.stopping = False
        self.abrupt = False  # its worker ended and did not say why
        self._forced = False  # a person had it ended by force
        self.traceback = ""
        self.revision = 0
        self.newest = 0.0  # time.perf_counter() when the last row was seen
        self.note = ""  # a person's own words
        self.elder: RunItem | None = None
        self.depth = 0
        self.silence = Silence()
        self._series: dict[str, Series] = {}
        self._history: History | None = None
        self._told = 0.0  # when what the history says was last given out to be drawn

    @classmethod
    def recorded(cls, path: Path, index: int, until: int | None = None) -> "RunItem":
        """A run from a file, as it was after an update if one is given. Raises UserError when it is not a
        recording."""
        from engine.recording.reader import Recording

        recording = Recording.open(path, until)
        try:
            return cls._of(recording, path, index)
        except BaseException:
            recording.close()
            raise

    @classmethod
    def _of(cls, recording: "Recording", path: Path, index: int) -> "RunItem":
        data = recording.layout.provenance.get("specification")
        specification = (
            RunSpecification.from_json(json.dumps(data))
            if data
            else RunSpecification(name=path.stem, task="", learner="")
        )
        oracle = recording.layout.catalogue.get("learner", {}).get("kind") == "oracle"
        item = cls(specification, index, oracle)
        item.state = "recorded"
        item._take(recording)
        return item

    @property
    def path(self) -> Path | None:
        """Where its recording is, or will be; None before it begins."""
        if self.recording is not None:
            return self.recording.path
        return self.handle.recording if self.handle is not None else None

    @property
    def base(self) -> tuple[str, str]:
        """What its base belongs to: the task, whose numbers in brackets may give it another one."""
        return self.specification.task, self.specification.task_text

    @cached_property
    def tabular(self) -> bool:
        """Whether its task is a table."""
        from engine.tasks import registry

        return bool(self.specification.task_text) or registry.known(self.specification.task)

    @property
    def live(self) -> bool:
        """True while a worker stands behind it."""
        return self.handle is not None and self.state in LIVE_STATES

    @property
    def conditioned(self) -> bool:
        """Whether it can be asked for a return."""
        return "target" in self.knobs

    @property
    def targets(self) -> tuple[float, ...]:
        """The returns it is recorded for; none before there is a recording, or where it cannot be asked."""
        if self.recording is None or not self.conditioned:
            return ()
        return tuple(t for t in self.recording.layout.targets if math.isfinite(t))

    @property
    def target_open(self) -> bool:
        """Whether nobody knows yet which return it will ask for: it chooses one that its task has as it
        begins, where none was stated."""
        if self.recording is not None or not self.conditioned or "target" in self.specification.knobs:
            return False
        return self.values["target"] == self.knobs["target"].default

    @property
    def knows(self) -> tuple[str, bool, bool]:
        """What the sliders depend on: its state, its knobs, its range of targets."""
        return self.state, bool(self.knobs), self.recording is not None

    @property
    def last_step(self) -> int:
        """The newest step recorded; 0 before the first."""
        return 0 if self.recording is None else self.recording.last_step

    def describe(self, knobs: list[dict[str, Any]]) -> None:
        """Learn which knobs it has; the specification's values stand where it gives them."""
        if self.knobs:
            return
        self.knobs = {data["name"]: Knob.from_data(data) for data in knobs}
        self.values = {name: k.default for name, k in self.knobs.items()}
        self.values.update(self.specification.knobs)

    def learns_by(self, name: str) -> bool:
        """Whether a turn of this knob changes what it learns, and not only how it acts."""
        learner = {} if self.recording is None else self.recording.layout.catalogue.get("learner", {})
        untaught = learner.get("from_data") or learner.get("kind") == "oracle"  # by its own acting
        return name in self.knobs and not (untaught and self.knobs[name].acts)

    @property
    def rests(self) -> bool:
        """Whether it is live and makes no updates."""
        return self.state in ("paused", "holding")

    def waits_with(self, name: str) -> bool:
        """Whether a turn of this knob is seen only once it learns again: it rests now."""
        return self.rests and not self.knobs[name].acts

    def reports(self) -> list[Report]:
        """What the worker said since the last call, already taken into account here."""
        if self.handle is None or self.state not in LIVE_STATES:
            return []
        alive = self.handle.alive()  # asked first, so that the last words are not missed
        said = self.handle.reports()
        self.revision += self.silence.look(bool(said), self.state == "starting")
        for report in said:
            self.busy = report if isinstance(report, Busy) else None
            if isinstance(report, Busy):
                self.revision += 1
            elif isinstance(report, Status):
                self.state = report.state
                self.updates_per_second = report.updates_per_second
                self.device = report.device
                self.revision += 1
            elif isinstance(report, PolicyAnswer):
                self.answer = report
                self.revision += 1
            elif isinstance(report, Waiting) or (isinstance(report, Refused) and report.id == 0):
                # It rests of its own accord.
                self.message = report.message
                self.revision += 1
            elif isinstance(report, Failed):
                self._failed(report.message, report.traceback)
        if not alive and self.state == "starting" and self.stopping:
            self.state = "finished"  # as it was asked to: nothing is lost
            self.revision += 1
        elif not alive and self.state in LIVE_STATES:
            self.abrupt = True
            how = "ended by force" if self._forced else self.handle.ending
            self._failed(how or "the worker ended without a word", "")
        return said

    @property
    def progress(self) -> str:
        """What it is at, where that takes long: before its first row at once, else after a while."""
        if self.busy is None or not self.live:
            return ""
        if self.state == "starting":
            return self.busy.words
        return f"{self.busy.words or 'busy'}, for {self.busy.seconds:.0f} s" if self.slow else ""

    @property
    def slow(self) -> bool:
        """Whether its worker is at one thing for so long that it may never be done."""
        return self.live and self.busy is not None and self.busy.seconds > LONG

    @property
    def trouble(self) -> str:
        """Why it failed, rests or does not answer; empty while all is well."""
        if self.abrupt:
            return f"{self.message}; {self.way_on}"
        if self.held_up and self.busy is not None:
            return f"{self.busy.held_up}. Stop ends it"
        return self.message or (self.silence.words if self.live else "")

    @property
    def held_up(self) -> bool:
        """Whether its environment has the word, and has had it for so long that it may never answer."""
        return self.live and self.busy is not None and bool(self.busy.held_up)

    def end(self) -> None:
        """End its worker by force; what it has recorded is kept."""
        if self.handle is not None and not self._forced:
            self._forced = True
            self.handle.end()

    @property
    def way_on(self) -> str:
        """What is left of a run whose worker is gone: its newest checkpoint, which may be found later."""
        steps = [c.step for c in self.recording.checkpoints] if self.recording is not None else []
        return f"F forks from update {max(steps)}" if steps else "it has no checkpoint to fork from"

    def _failed(self, message: str, traceback: str) -> None:
        self.state, self.message, self.traceback = "failed", message, traceback
        self.updates_per_second = 0.0
        self.revision += 1

    def refresh(self) -> bool:
        """Look for new rows. Returns True when there are any."""
        if self.recording is None:
            if self.handle is None:
                return False
            from engine.recording.reader import Recording

            try:
                self._take(Recording.open(self.handle.recording))
            except (UserError, OSError):  # not there yet
                return False
            return True
        if not self.recording.live or not self.recording.refresh():
            return False
        self.newest = time.perf_counter()
        self.revision += 1
        return True

    def _take(self, recording: "Recording") -> None:
        self.recording = recording
        self._series.clear()
        self._history = None
        self.newest = time.perf_counter()
        self.revision += 1
        self.describe(list(recording.layout.catalogue.get("knobs", [])))
        self._take_target(recording)
        if self.handle is None:
            for event in recording.events:
                if event.kind == "knob" and event.data.get("name") in self.values:
                    self.values[event.data["name"]] = event.data["after"]

    def _take_target(self, recording: "Recording") -> None:
        """Where nobody stated a return and the task does not have the default, the run chose one itself."""
        stated = recording.layout.provenance.get("specification", {}).get("knobs", {})
        mine = self.specification.knobs
        if "target" in mine or "target" not in stated or "target" not in self.values:
            return
        self.specification = replace(self.specification, knobs={**mine, "target": stated["target"]})
        if self.values["target"] == self.knobs["target"].default:  # nobody turned it meanwhile
            self.values["target"] = stated["target"]

    def read_history(self, seconds: float) -> None:
        """Take in some of the rows that are new, for what is said of the run as a whole: those of a live run,
        and of another one as many as so many seconds allow."""
        if self.recording is None or not (seconds or self.recording.live):
            return
        if self._history is None:
            from engine.history import History

            self._history = History(self.recording)
        until = time.perf_counter() + seconds
        read = self._history.read()
        while time.perf_counter() < until and self._history.read():
            pass
        # Live rows are shown as they come; of a long recording's past a person hears now and then.
        if read and not self.recording.live and (self.caught_up or until > self._told + TELL_SECONDS):
            self._told = until
            self.revision += 1

    @property
    def judged(self) -> "Judged | None":
        """What all rows say, as far as they were taken in; None before there is a recording."""
        return None if self._history is None else self._history.judged()

    @property
    def caught_up(self) -> bool:
        """Whether that is all of them."""
        return self._history is not None and self._history.caught_up

    def has(self, metric: str) -> bool:
        """Whether the recording has this metric."""
        return self.recording is not None and self.recording.has(metric)

    def series(self, metric: str) -> Series:
        """Mean and range over seeds of one metric, of every row recorded so far."""
        series = self._series.get(metric)
        if series is None:
            series = self._series[metric] = Series(self.recording, metric)
        return series

    def at(self, metric: str, step: float) -> tuple[float, float, float]:
        """Mean, lowest and highest over seeds in the last measured row not after `step`.

        A row measures everything at once: what has no figure in it (asked drift that could no longer
        be estimated) is NaN here, and not the figure of an earlier row.
        """
        measured = [self.series(name).step_at(step) for name in ("return", "drift", metric) if self.has(name)]
        if not self.has(metric) or self.series(metric).step_at(step) < max(measured):
            return math.nan, math.nan, math.nan
        return self.series(metric).at(step)

    def infinite(self, metric: str, step: float) -> int:
        """In how many seeds the metric is infinite in the last measured row not after `step`: a drift is,
        where a run does what its base never does."""
        if not (self.has(metric) and self.has("return")):
            return 0
        row = self.recording.measured_at("return", step)
        return 0 if row < 0 else int(np.isinf(self.recording.at(metric, row)).sum())

    def row_at(self, step: int) -> int:
        """The last row not after `step`, -1 where there is none."""
        if self.recording is None or self.recording.rows == 0 or step < self.recording.step_of(0):
            return -1
        return self.recording.row_at(step)

    def constant(self, name: str) -> NDArray[Any] | None:
        """A named array of the recording's layout, or None."""
        return None if self.recording is None else self.recording.layout.constants.get(name)

    def nearest_target(self, target: float) -> int:
        """Index of the recorded target nearest to `target`; 0 where it cannot be asked."""
        if self.recording is None or not self.conditioned:
            return 0
        targets = np.asarray(self.recording.layout.targets)
        return 0 if np.isnan(targets).all() else int(np.nanargmin(np.abs(targets - target)))

    def close(self) -> None:
        """Let go of the file. The worker is closed by whoever launched it."""
        if self.recording is not None:
            self.recording.close()
            self.recording = None
            self._series.clear()
            self._history = None
