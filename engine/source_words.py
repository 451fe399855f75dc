"""What `data = …` and `base = …` name: another run, or the run that a recording is of. Needs no torch."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from engine.errors import UserError
from engine.specification import RunSpecification, Source


def run_named(word: str) -> str:
    """The run that `run: NAME` names; "" where the word names none."""
    return word.removeprefix("run:").strip() if word.startswith("run:") else ""


def leads_to(goal: str, start: str, sources: Mapping[str, set[str]]) -> bool:
    """Whether the run `start` is, or is made from, the run `goal`; `sources` are what each is made from."""
    reached, waiting = set[str](), {start}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= sources.get(name, set()) - reached
    return goal in reached


def recorded_source(path: Path) -> Source:
    """The run that a recording is of, as data for a predictor: its specification and what was turned.

    Raises:
        UserError: when there is no such recording.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise UserError(f"recording {path}: {error.strerror}") from None
    return _recorded_source(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=16)  # a form reads its experiment again with every key
def _recorded_source(path: Path, _changed: int, _size: int) -> Source:
    from engine.recording.gatekeeper import admit  # here: the app starts without HDF5
    from engine.recording.reader import Recording

    admit(path)
    with Recording.open(path) as recording:
        run = RunSpecification.from_json(json.dumps(recording.layout.provenance["specification"]))
        turns = tuple(
            (event.step, str(event.data["name"]), event.data["after"])
            for event in recording.events
            if event.kind == "knob"
        )
        made = recording.last_step - (run.parent.step if run.parent else 0)
    return Source(replace(run, updates=max(1, made)), turns, str(path))
