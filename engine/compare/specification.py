"""In what two runs differ by what they were told: only differences, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.compare.side import Side, same_task
from engine.specification import DataSet, RunSpecification, Source, Value

ABSENT = "\N{EN DASH}"  # not of this learner


@dataclass(frozen=True)
class Difference:
    """Something that two runs do not share.

    Attributes:
        what: its name, for a person.
        a, b: what it is in each, in words.
    """

    what: str
    a: str
    b: str


def differences(a: Side, b: Side) -> list[Difference]:
    """What decides the numbers of both runs and is not the same: task, learner, knobs (where it says nothing,
    their defaults), what was turned, seeds, data, budget, and the versions and machines they ran with."""
    told = [*_told(a, b), *_knobs(a, b), *_made_with(a.layout.provenance, b.layout.provenance)]
    return [difference for difference in told if difference.a != difference.b]


def _told(a: Side, b: Side) -> Iterator[Difference]:
    one, other = a.specification, b.specification
    if one.task == other.task and not same_task(a, b):
        yield Difference("Task", f"{one.task}, its own text", f"{other.task}, another text")
    else:
        yield Difference("Task", one.task, other.task)
    yield Difference("Learner", _learner(a), _learner(b))
    yield Difference("Seeds", _seeds(one.seeds), _seeds(other.seeds))
    yield Difference("Updates", f"{one.updates}", f"{other.updates}")
    yield Difference("Learns from", _data(one.data), _data(other.data))
    yield Difference("Base", _base(one), _base(other))
    yield Difference("Begins", _parent(one), _parent(other))
    yield Difference("Threads", f"{one.threads}", f"{other.threads}")


def _learner(side: Side) -> str:
    label = side.layout.catalogue.get("learner", {}).get("label")
    return str(label or side.specification.learner)


def _seeds(seeds: tuple[int, ...]) -> str:
    if len(seeds) > 2 and seeds == tuple(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))


def _data(data: Source | DataSet | None) -> str:
    if data is None:
        return "the base, or its own acting"
    if isinstance(data, DataSet):
        return f"data set {data.folder}"
    whose = f"episodes of {data.run.name}"
    return f"{whose}, {data.own} acted once trained" if data.own else whose


def _base(run: RunSpecification) -> str:
    return "the task's own" if run.base is None else f"a network cloned from {_data(run.base)}"


def _parent(run: RunSpecification) -> str:
    if run.parent is None:
        return "anew"
    name = run.parent.recording.replace("\\", "/").rpartition("/")[2].removesuffix(".h5")
    return f"from {name}, update {run.parent.step}"


def _knobs(a: Side, b: Side) -> Iterator[Difference]:
    ones, others = _declared(a), _declared(b)
    for name in {**ones, **others}:
        said = ones.get(name) or others.get(name) or {}
        label = str(said.get("label", name))
        unit = str(said.get("unit") or "")
        what = f"{label}, {unit}" if unit else label
        yield Difference(what, _set(a, ones, name), _set(b, others, name))
        yield Difference(f"{label}, turned", _turned(a, name), _turned(b, name))


def _declared(side: Side) -> dict[str, Mapping[str, Any]]:
    declared = side.layout.catalogue.get("knobs", [])
    known: dict[str, Mapping[str, Any]] = {knob["name"]: knob for knob in declared}
    return known | {name: {} for name in side.specification.knobs if name not in known}


def _set(side: Side, declared: Mapping[str, Mapping[str, Any]], name: str) -> str:
    if name not in declared:
        return ABSENT
    return _words(side.specification.knobs.get(name, declared[name].get("default", "")))


def _turned(side: Side, name: str) -> str:
    turns = [event for event in side.events if event.kind == "knob" and event.data.get("name") == name]
    if not turns:
        return "never"
    # A drag is one turn, however many values it passed.
    times = len({event.data.get("act") or number for number, event in enumerate(turns)})
    last = f"to {_words(turns[-1].data['after'])} at {turns[-1].step}"
    return last if times == 1 else f"{last}, the last of {times} turns"


def _words(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _made_with(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    ones, others = a.get("packages", {}), b.get("packages", {})
    for name in {**ones, **others}:
        yield Difference(name, str(ones.get(name, ABSENT)), str(others.get(name, ABSENT)))
    for key, what in (("python", "Python"), ("source", "Source"), ("device", "Device"), ("system", "System")):
        yield Difference(what, str(a.get(key, ABSENT)), str(b.get(key, ABSENT)))
