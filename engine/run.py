"""One run: update, measure, append, for as long as its worker says. A function of its specification,
its seeds and its command log.

Everything a person may ask of a run is a method here; each leaves the run at the safe point.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from engine import devices
from engine.catalogue import describe_learner
from engine.episode import Episode
from engine.errors import UserError
from engine.evaluation import Evaluation, schedule
from engine.evaluation.showing import shown
from engine.learners.base import Learner
from engine.learners.knobs import knobs_of, turned
from engine.provenance import provenance
from engine.readout import Readout
from engine.recording import disk
from engine.recording.files import Files
from engine.recording.journal import JournalWriter, mebibytes
from engine.recording.schema import Checkpoint, Event, Layout, Row
from engine.replay import make_learner
from engine.specification import RunSpecification, Value


class NotFinite(ArithmeticError):  # noqa: N818
    """In every seed some number of a learner became NaN or infinite. The message is for a person."""


class Sink(Protocol):
    """What a run's records go to: its journal, or what compares them with one."""

    def row(self, row: Row) -> None: ...
    def event(self, event: Event) -> None: ...
    def checkpoint(self, checkpoint: Checkpoint) -> None: ...
    def close(self) -> None: ...
    @property
    def obstacle(self) -> str | None: ...
    @property
    def row_bytes(self) -> int: ...


class Run:
    """The loop's body and the one place where its state is changed.

    Attributes:
        step: updates done.
        budget: updates allowed.
        rows: recorded so far.
        path: where the finished recording will be.
        journal_path: the truth while the run lives.
    """

    def __init__(self, specification: RunSpecification, path: Path) -> None:
        """Build environment and learner, open the journal, record the state before the first update.

        Raises:
            UserError: when the specification asks for what there is not.
        """
        torch.set_num_threads(specification.threads)
        choice = devices.chosen(specification)
        specification = devices.settled(specification, choice)
        self.learner = make_learner(specification, choice.device)
        self.specification = _with_target(specification, self.learner)
        self.path = path
        self.journal_path = Files.of(path).journal
        self.budget = specification.updates
        self.step = 0
        self.device_text = choice.text(specification.threads)
        if specification.parent:
            self.step = specification.parent.step
            self.budget += self.step
        self.evaluation = Evaluation(self.learner, specification.seeds)
        self._began = time.monotonic()
        self.rows = 0
        self._checkpointed = -1  # the step of the newest checkpoint
        self._unkept = ""  # why the checkpoint of this step could not be written yet
        self._sound = True  # after the last update some seed's numbers were all finite
        self._lost = np.zeros(len(specification.seeds), dtype=bool)  # seeds of which something was not finite
        self.owes_a_closer_look = False  # it was measured at rest, without the costlier metrics
        self._journal = self._open_journal(self._layout())
        self._diagnostics: Readout | None = None  # [diagnostics, S] of the last update
        if specification.parent:
            parent = specification.parent
            self._event("fork", {"recording": parent.recording, "step": parent.step})
        self.checkpoint()
        self._record()

    def _open_journal(self, layout: Layout) -> "Sink":
        """Where the records go."""
        return JournalWriter(self.journal_path, layout, lossless=self.specification.lossless)

    def _layout(self) -> Layout:
        evaluation = self.evaluation
        return Layout(
            seeds=self.specification.seeds,
            targets=evaluation.targets,
            probes=evaluation.probe_labels,
            actions=self.learner.environment.action_names,
            columns=(*evaluation.columns, *self.learner.diagnostics),
            returns=evaluation.bins,
            constants=evaluation.constants,
            provenance=provenance(self.specification, self.device_text),
            catalogue={
                "learner": describe_learner(type(self.learner)),
                "knobs": [knob.as_data() for knob in knobs_of(self.learner.knobs)],
                "task": evaluation.task_description,
            },
        )

    def update(self) -> None:
        """One update of the learner, measured and recorded.

        Raises:
            NotFinite: when of every seed some number is not finite; the step is marked.
        """
        reported = self.learner.update()
        self._diagnostics = Readout(torch.stack(list(reported.values()))) if reported else None
        self.step += 1
        self._record()
        told = dict(zip(reported, self._diagnostics.array(), strict=True)) if self._diagnostics else {}
        broken = {name: which for name, values in told.items() if (which := ~np.isfinite(values)).any()}
        self._sound = not np.logical_or.reduce([self._lost, *broken.values()]).all()
        if self.step % self.specification.checkpoint_every == 0 and self._sound:
            self.checkpoint()
        if not self._sound:
            verb = "is" if len(broken) == 1 else "are"
            message = f"{', '.join(broken)} {verb} not finite after update {self.step}"
            self._event("alarm", {"message": message})
            but = f" but for {self._named(self._lost)}" if self._lost.any() else ""
            raise NotFinite(f"{message}; the last checkpoint is sound{but}: fork from there")
        self._mark_lost(broken)

    def _mark_lost(self, broken: Mapping[str, NDArray[np.bool_]]) -> None:
        """Mark the seeds of which something is not finite for the first time: they learn no more, and the
        others do not need them."""
        for name, which in broken.items():
            new = which & ~self._lost
            if new.any():
                message = f"{name} of {self._named(new)} is not finite after update {self.step}"
                seeds = [self.specification.seeds[place] for place in np.flatnonzero(new)]
                self._event("alarm", {"message": f"{message}; the others go on", "seeds": seeds})
                self._lost |= new

    def _named(self, which: NDArray[np.bool_]) -> str:
        """Some of the seeds in words."""
        names = [str(self.specification.seeds[place]) for place in np.flatnonzero(which)]
        return f"seed{'s'[: len(names) != 1]} {', '.join(names)}"

    def set_knob(
        self,
        name: str,
        value: Value,
        *,
        measure: bool,
        later: bool = False,
        arrived: float,
        closely: bool | None = False,
        act: str = "",
    ) -> None:
        """Turn a knob from the next update on.

        Args:
            measure: at once, where the knob changes how the policy acts, so that a turn on a run that rests
                is seen without an update; what takes longer to measure is left to :meth:`look_closer`.
            later: leave all of it to that, unless something is measured before.
            arrived: `time.monotonic()` when the command came, for the recorded latency.
            closely: measure the costlier metrics too; None for as the step has it, as old recordings do.
            act: what a hand did, by a name that is the same in every run that it was done to.

        Raises:
            UserError: for an unknown knob or a value that is not allowed; nothing has changed.
        """
        before = getattr(self.learner.knobs, name, None)
        self.learner.knobs = turned(self.learner.knobs, name, value)
        described = next(knob for knob in knobs_of(self.learner.knobs) if knob.name == name)
        measured = measure and described.acts
        data = {
            "name": name,
            "label": described.label,
            "before": before,
            "after": getattr(self.learner.knobs, name),
            "latency": time.monotonic() - arrived,
            "measured": measured,  # a replay has to measure there too
            "closely": closely,
        } | ({"act": act} if act else {})
        self._event("knob", data)
        if measured:
            self._record(closely=closely, always=True)
        if measured or (later and described.acts):
            self.owes_a_closer_look = closely is False and self._sound  # NaN has no closer look

    def look_closer(self) -> None:
        """Measure a resting run once more, with the costlier metrics."""
        self._event("control", {"action": "look closer", "measured": True})
        self._record(closely=True, always=True)

    def policy_at(self, target: float) -> NDArray[np.float32]:
        """Action probabilities [S, P, A] at the probes for one target return. Changes nothing."""
        return self.evaluation.policy(np.array([target]))[:, 0]

    def episode(self, target: float, seed: int, number: int) -> Episode:
        """An episode of the present policy, to be seen: see :func:`shown`. Changes nothing."""
        return shown(self.learner, self.specification.seeds, seed, target, number, self.step)

    def extend(self) -> None:
        """Allow as many updates again as the specification did at first."""
        self.budget += self.specification.updates

    def note_control(self, action: str) -> None:
        """Record that the loop was paused, resumed, stepped, extended or stopped."""
        self._event("control", {"action": action})

    def note_wait(self, seconds: float) -> None:
        """Record that the run had to wait for space."""
        self._event("note", {"text": f"waited {seconds:.0f} s for space on a full disk"})

    def checkpoint(self) -> None:
        """Write everything a fork needs beside the recording, and say so in it. Atomic, once a step. On a
        full disk it stays owed: see :meth:`obstacle`.

        Raises:
            UserError: where no seed's numbers are finite; nothing could begin from them.
        """
        if self._checkpointed == self.step:
            return
        if not self._sound:
            raise UserError(f"no checkpoint of update {self.step}: its numbers are not finite")
        name = f"{self.path.stem}.step-{self.step:08d}.safetensors"
        target = self.path.with_name(name)
        partial = target.with_suffix(".partial")
        state = {key: tensor.detach().cpu().contiguous() for key, tensor in self.learner.state().items()}
        data = save(state)
        try:
            partial.write_bytes(data)
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            if not disk.is_full(error):
                raise
            self._unkept = f"{target}: {error.strerror}; {mebibytes(len(data))} are needed now"
            return
        # The journal sees to it that the file is on disk before the name is.
        self._journal.checkpoint(Checkpoint(self.step, name, hashlib.sha256(data).hexdigest()))
        self._checkpointed = self.step
        self._unkept = ""

    def obstacle(self) -> str | None:
        """Why the run has to rest: a full disk, in a line for a person. None when nothing is in the way.
        Nothing is lost meanwhile; what was owed is made up for as soon as there is space."""
        if self._unkept:
            self.checkpoint()
        why = self._journal.obstacle or self._unkept
        if not why:
            return None
        left = 2 * (self.budget - self.step) * self._journal.row_bytes  # in the journal and the recording
        more = f", and about {mebibytes(left)} to the end of its budget" if left else ""
        return f"no space left: {why}{more}. The run goes on by itself when space is freed"

    def fail(self, message: str) -> None:
        """Record why the run ended, and end its journal; what was recorded before stays."""
        self._event("failed", {"message": message})
        self._journal.close()

    def close(self) -> None:
        """Take the last checkpoint, if the state is sound, and end the journal for the recorder."""
        if self._sound:
            self.checkpoint()
        self._journal.close()

    def _record(self, *, closely: bool | None = None, always: bool = False) -> None:
        """A row of what was measured, if it is due; `closely` or not, None for as the schedule says."""
        self.owes_a_closer_look = False
        specification = self.specification
        due = self.step % specification.measure_every == 0 or self.step == self.budget or always
        metrics = np.full((len(specification.seeds), len(self._columns)), np.nan)
        policy = returns = None
        if due:
            with torch.no_grad():
                measured, policy, returns = self.evaluation.measure(
                    self.step, closely=schedule.closely(self.step) if closely is None else closely
                )
            if self.rows % specification.policy_every and not always:
                policy = None
            for name, values in measured.items():
                metrics[:, self._columns[name]] = values
        if self._diagnostics is not None:
            told = [self._columns[column.name] for column in self.learner.diagnostics]
            metrics[:, told] = self._diagnostics.array().T
        self._journal.row(Row(self.step, self._seconds(), metrics, policy, returns))
        self.rows += 1

    @cached_property
    def _columns(self) -> dict[str, int]:
        """Where each column is in a row."""
        names = [column.name for column in (*self.evaluation.columns, *self.learner.diagnostics)]
        return {name: index for index, name in enumerate(names)}

    def _event(self, kind: str, data: dict[str, object]) -> None:
        self._journal.event(Event(self.step, self._seconds(), kind, data))

    def _seconds(self) -> float:
        return time.monotonic() - self._began


def _with_target(specification: RunSpecification, learner: Learner) -> RunSpecification:
    """The specification with the return that is asked for, where that is not the declared default."""
    if "target" in specification.knobs or not learner.conditioned:
        return specification
    asked: float = learner.knobs.target
    if asked == type(learner.knobs)().target:
        return specification
    return replace(specification, knobs={**specification.knobs, "target": asked})
