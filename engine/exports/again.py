"""How to make a run again: the commands, and the file that they read."""

import json
from collections.abc import Mapping
from typing import Any

from engine.exports.snapshot import Snapshot


def commands(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Pairs of a sentence and what to type, or what to put into a file.

    Of a run that started from a checkpoint, that learned from another run's episodes, or whose seeds are
    not the first few, only its recording can be made again: no experiment file says all of it.
    """
    specification = snapshot.layout.provenance["specification"]
    name = snapshot.path.stem
    turned = any(event.kind == "knob" for event in snapshot.events)
    replay = (
        "From the recording: the run is made again, every turn of a knob at its update, and each number is "
        "compared bit for bit (on a CPU).",
        f"python main.py replay {_quoted(snapshot.path.name)}",
    )
    seeds = specification.get("seeds", [])
    partial = (
        not specification.get("task")
        or specification.get("parent")
        or specification.get("data")
        or list(seeds) != list(range(len(seeds)))
    )
    if partial:
        return [replay]
    without = ", without what was turned by hand while it ran" if turned else ""
    found = [(f"Without the recording{without}: save this as {name}.toml …", experiment(specification, name))]
    if specification.get("task_text"):
        found.append((f"… and its task as {name}-task.toml beside it …", specification["task_text"]))
    found.append(("… and type:", f"python main.py run {_quoted(name + '.toml')} --out again"))
    return [replay, *found]


def experiment(specification: Mapping[str, Any], name: str) -> str:
    """The TOML of an experiment with this one run."""
    task = f"{name}-task.toml" if specification.get("task_text") else specification["task"]
    counts = ("updates", "measure_every", "policy_every", "checkpoint_every")
    lines = [
        f"title = {json.dumps(specification['name'], ensure_ascii=False)}",
        f"task = {json.dumps(task)}",
        f"seeds = {len(specification['seeds'])}",
        *(f"{count} = {specification[count]}" for count in counts if count in specification),
        "",
        "[[runs]]",
        f"name = {json.dumps(specification['name'], ensure_ascii=False)}",
        f"learner = {json.dumps(specification['learner'])}",
    ]
    if specification.get("knobs"):
        knobs = ", ".join(f"{key} = {json.dumps(value)}" for key, value in specification["knobs"].items())
        lines.append(f"knobs = {{ {knobs} }}")
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    return word if word.replace("-", "").replace(".", "").replace("_", "").isalnum() else f'"{word}"'
