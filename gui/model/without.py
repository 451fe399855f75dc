"""Why something of a run is not shown, in a line of words."""

import math
from collections.abc import Sequence

from engine.metrics.columns import NEEDS_OUTCOMES
from gui.model.run_item import RunItem


def without_drift(items: Sequence[RunItem], step: float) -> str:
    """Which of these runs have rows and no drift in the last one, and why; empty where all have it."""
    said = [
        f"{item.name} {_why(item)}"
        for item in items
        if item.has("return")
        and not math.isnan(item.at("return", step)[0])
        and not item.infinite("drift", step)
        and math.isnan(item.at("drift", step)[0])
    ]
    return f"No drift: {'; '.join(said)}" if said else ""


def _why(item: RunItem) -> str:
    if item.values.get("head") == "deterministic":
        return "has a deterministic head: one action, and no distribution to compare with the base's"
    return "cannot be compared with its base here"


def not_measured(metric: str, items: Sequence[RunItem]) -> str:
    """Why a metric is of none of these runs, with line breaks; empty where one has it."""
    known = [item for item in items if item.recording is not None]
    if any(item.has(metric) for item in known):
        return ""
    tasks = [item.recording.layout.catalogue.get("task", {}) for item in known if item.recording is not None]
    if metric in NEEDS_OUTCOMES and not any(t.get("outcomes") for t in tasks):
        names = ", ".join(dict.fromkeys(str(task.get("name", "this task")) for task in tasks))
        return f"{names} tells no outcomes apart:\nthere are no ways to count. ▾ shows another metric."
    return "Not measured on this task, or not of these learners.\n▾ shows another metric."
