"""Several runs that go on, told of at one update: the newest that all of them have reached."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.recording.reader import Recording


def held_at(recordings: "Sequence[Recording]", *, each: bool = False) -> tuple[int | None, ...]:
    """For each recording the update at which an export holds it: one for all runs that go on, the newest that
    every one of them has reached, or for `each` its own; None for a run that has ended or come to rest, which
    is told of whole."""
    reached = [recording.last_step if _goes_on(recording) else None for recording in recordings]
    shared = min((step for step in reached if step is not None), default=None)
    return tuple(reached) if each else tuple(None if step is None else shared for step in reached)


def said(held: Sequence[int | None]) -> str:
    """In words at which update that is; empty where no run goes on."""
    steps = sorted({step for step in held if step is not None})
    if not steps:
        return ""
    if len(held) == 1:
        return f"as it was after update {steps[0]}"
    where = f"update {steps[0]}" if len(steps) == 1 else f"updates {steps[0]} to {steps[-1]}"
    return f"runs that go on as they were after {where}"


def _goes_on(recording: "Recording") -> bool:
    """Whether its run may still make updates by itself: its budget is not spent, nor did its numbers stop
    being numbers in the last one."""
    if not recording.live or recording.rows == 0:
        return False
    specification: dict[str, Any] = recording.layout.provenance.get("specification") or {}
    updates = specification.get("updates")
    if updates is None:
        return True
    extended = sum(
        event.kind == "control" and event.data.get("action") == "extend" for event in recording.events
    )
    first = (specification.get("parent") or {}).get("step", 0)
    halted = any(
        event.kind == "alarm"
        and event.step == recording.last_step
        and not event.data.keys() & {"seeds", "bytes"}  # some seeds, or what of a journal could not be read
        for event in recording.events
    )
    return not halted and recording.last_step < first + int(updates) * (1 + extended)
