"""One of two runs that are compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.recording.schema import Event, Layout
from engine.specification import RunSpecification


@dataclass(frozen=True)
class Side:
    """What a recording says of a run.

    Attributes:
        specification: what the run is.
        layout: shapes, metrics, knobs and versions.
        events: what was turned while it ran.
    """

    specification: RunSpecification
    layout: Layout
    events: Sequence[Event] = ()


def same_task(a: Side, b: Side) -> bool:
    """Whether both learn the same task, a person's own by its whole text."""
    one, other = a.specification, b.specification
    return (one.task, one.task_text) == (other.task, other.task_text)


def obstacle(a: Side, b: Side) -> str:
    """What keeps two runs from being compared, in words; empty where they can be."""
    one, other = a.specification, b.specification
    if same_task(a, b):
        return ""
    if one.task == other.task:
        return f"Both tasks are called {one.task}, but their texts differ: no differences are formed."
    return (
        f"The tasks differ ({one.task or 'unknown'}, {other.task or 'unknown'}): returns, drifts and "
        "policies are not of the same thing, and no differences are formed."
    )
