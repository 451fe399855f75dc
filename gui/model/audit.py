"""An audit under way: its runs in processes of their own beside those on the table, and what they found."""

import os
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.audit.plan import SEEDS, UPDATES, planned
from engine.audit.probe import Probe
from engine.audit.probes import PROBES
from engine.errors import UserError
from engine.protocol import Failed, Refused, Status
from engine.specification import RunSpecification, Value
from gui.model.run_item import RunItem
from gui.model.session import Session

if TYPE_CHECKING:
    from engine.audit.finding import Finding
    from engine.launch import RunHandle

AuditState = Literal["none", "asking", "running", "ending", "done", "cancelled"]
AT_ONCE = max(2, (os.cpu_count() or 1) - 1)  # a core for the window; but while one begins another computes


class Audit:
    """At most one audit at a time. `tick` starts what waits and hears what runs; a thread reads recordings
    and judges.

    Attributes:
        state: `asking` while the engine has not yet described itself, `ending` after a cancel until the
            last process is gone.
        name: of the run whose learner is audited.
        findings: by probe name, as they come.
        failures: by probe name, why there will be no finding.
        recordings: by run name, of the runs that came to their end.
        revision: grows whenever there is something new to show.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.state: AuditState = "none"
        self.name = ""
        self.findings: dict[str, Finding] = {}
        self.failures: dict[str, str] = {}
        self.recordings: dict[str, Path] = {}
        self.revision = 0
        self.seeds, self.updates = SEEDS, UPDATES
        self._wish: tuple[str, dict[str, Value]] = ("", {})
        self._folder = session.folder
        self._runs: dict[str, RunSpecification] = {}
        self._steps: dict[str, int] = {}
        self._waiting: list[RunSpecification] = []
        self._started: dict[str, RunHandle] = {}
        self._judges: ThreadPoolExecutor | None = None
        self._judging: dict[str, Future[Finding]] = {}  # by probe name

    @property
    def told(self) -> str:
        """How far it is, in words; empty where there is none."""
        ended, runs = self.progress
        return {
            "none": "",
            "asking": "beginning",
            "running": f"{ended} of {runs} runs ended",
            "ending": "cancelled, finishing recordings",
            "done": f"{len(self.findings)} of {len(PROBES)} probes judged",
            "cancelled": f"cancelled, {len(self.findings)} of {len(PROBES)} probes judged",
        }[self.state]

    @property
    def busy(self) -> bool:
        """Whether there are processes behind it, or will be."""
        return self.state in ("asking", "running", "ending")

    @property
    def progress(self) -> tuple[int, int]:
        """Runs that have ended, and all runs."""
        return len(self._runs) - len(self._waiting) - len(self._started), len(self._runs)

    def share(self, probe: Probe) -> float:
        """How much of a probe's updates are made, 0 to 1."""
        own = [run for name, run in self._runs.items() if name.startswith(f"{probe.name}, ")]
        return sum(self._steps[run.name] for run in own) / max(1, sum(run.updates for run in own))

    def start(self, item: RunItem | None) -> None:
        """Audit this run's learner, with the knobs as they stand.

        Raises:
            UserError: when there is no run, or an audit is under way.
        """
        if item is None:
            raise UserError("nothing to audit: choose an experiment or open a recording first")
        if self.busy:
            raise UserError(f"the audit of {self.name} is not over; cancel it first")
        self.name, self._wish = item.name, (item.specification.learner, _turned(item))
        self.findings, self.failures, self.recordings = {}, {}, {}
        self._runs, self._steps, self._waiting, self._judging = {}, {}, [], {}
        self._become("asking")
        self._begin()

    def _begin(self) -> None:
        """Plan the runs, once the engine has said which learners there are."""
        catalogue = self.session.catalogue()
        if catalogue is None:
            return
        learner, knobs = self._wish
        try:
            experiment = planned(learner, knobs, seeds=self.seeds, updates=self.updates, catalogue=catalogue)
            stamp = time.strftime("%Y-%m-%d %H.%M.%S")
            self._folder = self.session.folder / f"{stamp} {experiment.name}"
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._become("none")
            raise UserError(f"cannot write recordings to {self.session.folder}: {error.strerror}") from None
        except UserError:
            self._become("none")
            raise
        self._runs = {run.name: run for run in experiment.runs}
        self._steps = dict.fromkeys(self._runs, 0)
        self._waiting = list(experiment.runs)
        self._become("running")

    def tick(self) -> None:
        """Look at the processes, start further ones, judge the probes whose runs have all ended."""
        if self.state == "asking":
            try:
                self._begin()
            except UserError as error:  # whoever began it has gone on
                self.session.message.emit(str(error))
        for name, handle in list(self._started.items()):
            ended = not handle.alive()  # asked first, so that the last words are not missed
            self._hear(name, handle)
            if ended:
                del self._started[name]
                self._ended(name, handle)
        while self.state == "running" and self._waiting and len(self._started) < AT_ONCE:
            run = self._waiting.pop(0)
            self._started[run.name] = self.session.launcher.launch(run, self._folder, hold=False)
            self.revision += 1
        self._hear_the_judge()
        under_way = self._started or self._waiting or self._judging
        if self.state in ("running", "ending") and not under_way:
            self._become("done" if self.state == "running" else "cancelled")

    def _hear(self, name: str, handle: "RunHandle") -> None:
        for report in handle.reports():
            if isinstance(report, Status):
                self._steps[name] = report.step
            elif isinstance(report, Failed | Refused):
                self.failures.setdefault(_probe(name).name, f"{name}: {report.message}")
                handle.ask_to_stop()  # one that refused waits for a person, and here is none
            self.revision += 1

    def _ended(self, name: str, handle: "RunHandle") -> None:
        self.revision += 1
        probe = _probe(name)
        if self.state != "running" or probe.name in self.failures:
            return
        if self._steps[name] < self._runs[name].updates:
            self.failures[probe.name] = f"{name}: {handle.ending or 'its process ended without a word'}"
            return
        self.recordings[name] = handle.recording
        missing = [run for run in self._runs if _probe(run) is probe and run not in self.recordings]
        if not missing:
            if self._judges is None:
                self._judges = ThreadPoolExecutor(1, thread_name_prefix="judge")
            self._judging[probe.name] = self._judges.submit(_judged, probe, dict(self.recordings))

    def _hear_the_judge(self) -> None:
        for name in [name for name, future in self._judging.items() if future.done()]:
            try:
                self.findings[name] = self._judging.pop(name).result()
            except UserError as error:
                self.failures[name] = str(error)
            self.revision += 1
        if self._judges is not None and not self._judging:
            self._judges.shutdown(wait=False)
            self._judges = None

    def cancel(self) -> None:
        """Start nothing more and ask what runs to stop; what was recorded is kept."""
        self._waiting = []
        for handle in self._started.values():
            handle.ask_to_stop()
        if self.busy:
            self._become("ending")

    def close(self) -> None:
        """Let go of its processes, which the session waits for."""
        self.cancel()
        self.session.leaving.add(list(self._started.values()))
        self._started = {}
        if self._judges is not None:
            self._judges.shutdown(wait=False, cancel_futures=True)

    def paths(self, probe: Probe) -> list[Path]:
        """The recordings of a probe's runs, as they ended."""
        return [
            self.recordings[name] for name in self._runs if _probe(name) is probe and name in self.recordings
        ]

    def _become(self, state: AuditState) -> None:
        self.state = state
        self.revision += 1


def _probe(run: str) -> Probe:
    return next(probe for probe in PROBES if run.startswith(f"{probe.name}, "))


def _turned(item: RunItem) -> dict[str, Value]:
    """The item's knobs that differ from their defaults, without the target, which the probes set."""
    stated: Mapping[str, Any] = item.specification.knobs
    values = {**stated, **item.values}
    return {
        name: value
        for name, value in values.items()
        if name != "target" and (name in stated or value != item.knobs[name].default)
    }


def _judged(probe: Probe, recordings: Mapping[str, Path]) -> "Finding":
    """What the probe's recordings say. Raises UserError where one cannot be read."""
    from contextlib import ExitStack

    from engine.audit.finding import found
    from engine.recording.reader import Recording

    with ExitStack() as stack:
        own = {name: path for name, path in recordings.items() if _probe(name) is probe}
        finding = found(
            probe, {name: stack.enter_context(Recording.open(path)) for name, path in own.items()}
        )
    if finding is None:
        raise UserError(f"{probe.title}: a recording is missing")
    return finding
