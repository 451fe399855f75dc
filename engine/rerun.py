"""Making a recorded run again, with the commands it was given, and holding every number against the file.

A run is a function of its specification, its seeds and its command log. This is where that is put to the
test.
"""

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from engine.errors import UserError
from engine.provenance import PACKAGES, versions
from engine.recording.comparison import Comparison, Difference, Differs
from engine.recording.files import Files
from engine.recording.gatekeeper import admit
from engine.recording.reader import Recording
from engine.recording.schema import Checkpoint, Event, Layout
from engine.run import NotFinite, Run, Sink
from engine.specification import DataSet, Parent, RunSpecification, Source

Progress = Callable[[int, int], None]  # rows that matched, of how many


@dataclass(frozen=True)
class Verdict:
    """What came of a replay.

    Attributes:
        rows: that matched, of `recorded`.
        policies, returns, checkpoints: that matched.
        begun_from: for a fork, what its first state was read from; empty for the others.
        difference: the first; None when every number matches.
        versions: packages that are not what the run was recorded with: name, then, now.
    """

    file: Path
    rows: int
    recorded: int
    metrics: int
    policies: int
    returns: int
    checkpoints: int
    seeds: tuple[int, ...]
    begun_from: str
    difference: Difference | None
    versions: tuple[tuple[str, str, str], ...]

    @property
    def matches(self) -> bool:
        """Whether every number does."""
        return self.difference is None

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        difference = self.difference.as_data() if self.difference else None
        return {**vars(self), "file": str(self.file), "matches": self.matches, "difference": difference}

    def __str__(self) -> str:
        began = f" It began from {self.begun_from}." if self.begun_from else ""
        if self.difference is None:
            return (
                f"{self.file}: all {self.rows} rows match, bit for bit: {self.metrics} metrics, "
                f"{self.policies} policies, {self.returns} return distributions, "
                f"{self.checkpoints} checkpoints, seeds {', '.join(map(str, self.seeds))}.{began}"
            )
        said = f"{self.file}: {self.rows} of {self.recorded} rows match; then {self.difference}.{began}"
        changed = ", ".join(f"{name} {then}, here {now}" for name, then, now in self.versions)
        return f"{said} Recorded with {changed}." if changed else said


class _Rerun(Run):
    """A run that is held against its recording instead of being recorded."""

    def __init__(self, specification: RunSpecification, comparison: Comparison) -> None:
        self._comparison = comparison
        super().__init__(specification, comparison.recording.path)

    def _open_journal(self, layout: Layout) -> Sink:
        self._comparison.begin(layout)
        return self._comparison

    def checkpoint(self) -> None:
        """Where the recording has one of this step, its bytes have to come out the same. None is written."""
        if any(recorded.step == self.step for recorded in self._comparison.recording.checkpoints):
            if self._checkpointed != self.step:
                self._comparison.checkpoint(
                    Checkpoint(self.step, "", hashlib.sha256(self.state_bytes()).hexdigest())
                )
            self._checkpointed = self.step

    def state_bytes(self) -> bytes:
        """The checkpoint that could be written now."""
        state = {name: tensor.detach().cpu().contiguous() for name, tensor in self.learner.state().items()}
        return save(state)

    def obey(self, event: Event) -> None:
        """Give the command that an event tells of. What does not change numbers is passed over."""
        data = event.data
        if event.kind == "knob":
            try:
                self.set_knob(
                    str(data["name"]),
                    data["after"],
                    measure=bool(data.get("measured")),
                    arrived=0.0,
                    closely=data.get("closely"),
                    act=str(data.get("act", "")),
                )
            except UserError as error:
                raise Differs(
                    Difference(
                        "command", -1, event.step, -1, str(data["name"]), None, str(data["after"]), str(error)
                    )
                ) from None
        elif event.kind == "control" and data.get("action") == "extend":
            self.extend()
        elif event.kind == "control" and data.get("action") == "look closer":
            self.look_closer()


def rerun(path: Path, seeds: tuple[int, ...] = (), progress: Progress = lambda *_: None) -> Verdict:
    """Make the run recorded at `path` again and compare every row.

    Args:
        seeds: compare only these of its seeds. All of them are run: sums over floats may end on another
            bit when fewer stand beside each other.

    Raises:
        UserError: when the file is refused or cannot be read, has no specification or lacks a seed, or
            when a fork's beginning is nowhere to be found.
    """
    admit(path)
    with Recording.open(path) as recording:
        held = recording.layout.seeds
        missing = sorted(set(seeds) - set(held))
        if missing:
            raise UserError(f"{path}: has no seed {missing[0]}; allowed: {', '.join(map(str, held))}")
        chosen = tuple(seed for seed in held if not seeds or seed in seeds)
        comparison, difference, began = _comparison(recording, chosen), None, ""
        with _threads(), tempfile.TemporaryDirectory() as folder:
            try:
                began, _ = _followed(comparison, Path(folder), progress)
            except Differs as differs:
                difference = differs.difference
        return Verdict(
            recording.path, comparison.rows, recording.rows, len(recording.layout.columns),
            comparison.policies, comparison.returns, comparison.checkpoints, chosen, began, difference,
            _changed(recording),
        )  # fmt: skip


def specification_of(recording: Recording) -> RunSpecification:
    """What the recording says it was a run of.

    Raises:
        UserError: when it does not say, or says it badly.
    """
    data = recording.layout.provenance.get("specification")
    if not isinstance(data, dict):
        raise UserError(f"{recording.path}: names no specification, so there is nothing to run again")
    return RunSpecification.from_data(data)


def _comparison(recording: Recording, seeds: tuple[int, ...]) -> Comparison:
    specification = specification_of(recording)
    places = [recording.layout.seeds.index(seed) for seed in seeds]
    return Comparison(recording, places, lossless=specification.lossless)


def _followed(
    comparison: Comparison, folder: Path, progress: Progress, until: int | None = None
) -> tuple[str, bytes]:
    """Run it, up to `until` if that is given; says where a fork began, and the state at the end.

    Raises:
        Differs: at the first number that is another.
        UserError: as :func:`rerun`.
    """
    recording = comparison.recording
    specification = specification_of(recording)
    if specification.device == "auto":  # it ran on the CPU, or it would say so
        specification = replace(specification, device="cpu")
    default = {knob["name"]: knob["default"] for knob in recording.layout.catalogue.get("knobs", [])}
    if "target" in default:  # older runs asked for what was declared, whether or not the task had it
        specification = replace(specification, knobs={"target": default["target"], **specification.knobs})
    began = ""
    here = recording.path.parent
    if specification.data:
        specification = replace(specification, data=_moved(specification.data, here))
    if specification.base:
        specification = replace(specification, base=_moved(specification.base, here))
    if specification.parent:
        began, checkpoint = _beginning(recording, specification.parent, folder)
        specification = replace(
            specification, parent=replace(specification.parent, checkpoint=str(checkpoint))
        )
    run = _Rerun(specification, comparison)
    events = iter(recording.events)
    event = next(events, None)
    last = int(recording.steps.max()) if recording.rows else run.step
    while True:
        if run.step == until:
            return began, run.state_bytes()
        while event is not None and event.step <= run.step:
            run.obey(event)
            event = next(events, None)
        progress(comparison.rows, recording.rows)
        if run.step >= last:
            break
        with contextlib.suppress(NotFinite):  # it went on afterwards, as the recording shows
            run.update()
        run.checkpoint()
    if until is not None:
        raise UserError(f"{recording.path}: ends at update {last}, before the fork at {until}")
    if not comparison.done:
        row = comparison.rows
        raise Differs(Difference("rows", row, int(recording.steps[row]), recorded="a row", replayed=None))
    return began, b""


def _beginning(recording: Recording, parent: Parent, folder: Path) -> tuple[str, Path]:
    """What a fork began from, in words, and its checkpoint. The checkpoint itself if it is
    there (its own first one is the same); else the parent is made again up to the step of the fork.

    Raises:
        UserError: when none of them is there.
        Differs: when the parent's recording does not replay.
    """
    here = recording.path.parent
    own = [checkpoint for checkpoint in recording.checkpoints if checkpoint.step == parent.step]
    named = Path(parent.checkpoint)
    for candidate in (named, here / named.name, *(here / checkpoint.file for checkpoint in own)):
        if not candidate.is_file():
            continue
        if own and hashlib.sha256(candidate.read_bytes()).hexdigest() != own[0].sha256:
            continue  # another file of the same name
        return f"checkpoint {candidate.name}", candidate
    for candidate in (Path(parent.recording), here / Path(parent.recording).name):
        files = Files.of(candidate)
        if files.final.exists() or files.part.exists():
            admit(files.final)
            with Recording.open(files.final) as elder:
                comparison = _comparison(elder, elder.layout.seeds)
                _, state = _followed(comparison, folder, lambda *_: None, until=parent.step)
            made = folder / f"{files.name}.step-{parent.step:08d}.safetensors"
            made.write_bytes(state)
            return f"its parent {files.final.name}, made again up to update {parent.step}", made
    raise UserError(
        f"{recording.path}: a fork of {Path(parent.recording).name} at update {parent.step}, and neither its "
        f"checkpoint {named.name} nor its parent is there; put one of them beside it"
    )


def _moved(source: Source | DataSet, here: Path) -> Source | DataSet:
    """The source whose own beginning, if it is a fork, is looked for beside the recording as well."""
    if isinstance(source, DataSet):
        return source
    run = source.run
    if run.data:
        run = replace(run, data=_moved(run.data, here))
    if run.base:
        run = replace(run, base=_moved(run.base, here))
    if run.parent and not Path(run.parent.checkpoint).is_file():
        beside = here / Path(run.parent.checkpoint).name
        run = replace(run, parent=replace(run.parent, checkpoint=str(beside)))
    return replace(source, run=run)


def _changed(recording: Recording) -> tuple[tuple[str, str, str], ...]:
    then: dict[str, str] = recording.layout.provenance.get("packages", {})
    now = versions()
    return tuple((name, then[name], now[name]) for name in PACKAGES if then.get(name, now[name]) != now[name])


@contextlib.contextmanager
def _threads() -> Iterator[None]:
    """A run sets the number of threads of the whole process; put it back."""
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)
