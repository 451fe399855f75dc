"""Forks: which run began from which, how the family is ordered, and what a new fork is."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.recording.files import Files
from engine.specification import Parent, RunSpecification, Value
from gui.model.run_item import RunItem

NOW = 2**31 - 1  # an update that no run has reached

if TYPE_CHECKING:
    from engine.recording.reader import Recording
    from engine.recording.schema import Checkpoint


def arrange(items: list[RunItem]) -> list[RunItem]:
    """Say of every run which of the others it began from and how deep it stands in its family.

    Returns:
        The runs in order, every fork after its parent and after its elder siblings.
    """
    for item in items:
        item.elder = _elder(item, items)
        item.depth = 0
    ordered: list[RunItem] = []

    def add(item: RunItem, depth: int) -> None:
        if item in ordered:
            return
        item.depth = depth
        ordered.append(item)
        for child in items:
            if child.elder is item:
                add(child, depth + 1)

    for item in items:
        if item.elder is None:
            add(item, 0)
    for item in items:  # a circle, which only a file made by hand can hold
        add(item, 0)
    return ordered


def _elder(item: RunItem, items: Iterable[RunItem]) -> RunItem | None:
    """The run that it was forked from: the file that it names, or one of that name in its own folder."""
    parent = item.specification.parent
    if parent is None:
        return None
    named = Path(parent.recording)
    others = [other for other in items if other is not item]
    beside = item.path.parent / named.name if item.path is not None else named
    for path in (named, beside):
        for other in others:
            if other.path is not None and other.path.absolute() == Files.of(path.absolute()).final:
                return other
    return None


def origin(item: RunItem) -> str:
    """Where a fork came from, for example `from REINFORCE at 120`; empty for a run that is none."""
    parent = item.specification.parent
    if parent is None:
        return ""
    name = item.elder.name if item.elder is not None else Path(parent.recording).stem
    return f"from {name} at {parent.step}"


def present(item: RunItem, step: int) -> bool:
    """Whether `step` is where a live run is now, or later."""
    return item.live and item.recording is not None and step >= item.last_step


def checkpoint_before(item: RunItem, step: int) -> "Checkpoint":
    """The newest checkpoint at or before `step`.

    Raises:
        UserError: where there is none.
    """
    if item.recording is None:
        raise UserError(f"{item.name} has not begun: there is nothing to fork from yet")
    found = [checkpoint for checkpoint in item.recording.checkpoints if checkpoint.step <= step]
    if not found:
        raise UserError(f"{item.name} has no checkpoint at or before update {step}")
    return max(found, key=lambda checkpoint: checkpoint.step)


def knobs_at(specification: RunSpecification, recording: "Recording", step: int) -> dict[str, Value]:
    """The knobs as they stood after `step` updates, where they are not the learner's own defaults."""
    knobs = dict(specification.knobs)
    for event in recording.events:
        if event.kind == "knob" and event.step <= step:
            knobs[str(event.data["name"])] = event.data["after"]
    return knobs


def fork_of(
    item: RunItem, step: int, names: Iterable[str], knobs: Mapping[str, Value] | None = None
) -> RunSpecification:
    """What a run is that begins from the newest checkpoint of `item` at or before `step`.

    Args:
        names: those in use already.
        knobs: as a person set them now; None for those that stood at the checkpoint.

    Raises:
        UserError: where there is no checkpoint, or its file is gone.
    """
    checkpoint = checkpoint_before(item, step)
    recording = item.recording
    assert recording is not None
    file = recording.path.with_name(checkpoint.file)
    if not file.exists():
        raise UserError(
            f"the checkpoint {checkpoint.file} of {item.name} is not beside its recording "
            f"in {recording.path.parent}; without it no run can begin there"
        )
    stood = knobs_at(item.specification, recording, checkpoint.step) if knobs is None else dict(knobs)
    return replace(
        item.specification,
        name=_free(f"{_first_name(item)} from {checkpoint.step}", set(names)),
        knobs=stood,
        parent=Parent(str(recording.path.absolute()), checkpoint.step, str(file.absolute())),
    )


def _first_name(item: RunItem) -> str:
    """The name at the root of the family, so that a fork of a fork does not carry a chain of numbers."""
    parent = item.specification.parent
    return item.name if parent is None else item.name.rpartition(" from ")[0] or item.name


def _free(name: str, names: set[str]) -> str:
    number, free = 2, name
    while free in names:
        free, number = f"{name} ({number})", number + 1
    return free
