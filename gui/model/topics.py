"""The help that declarations give: what each view, metric, knob and key is, as Markdown."""

from collections.abc import Iterable

from engine.learners.knobs import Knob
from engine.metrics.definitions import COLUMNS, HISTORY


def listed(sentences: Iterable[tuple[str, str]]) -> str:
    """A line for each name, and each name once."""
    return "\n".join(f"- **{name}** – {sentence}" for name, sentence in dict(sentences).items())


def metrics() -> str:
    """Every metric, group by group."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for column in (*COLUMNS, *HISTORY):
        unit = f", {column.unit}" if column.unit else ""
        groups.setdefault(column.group, []).append((f"{column.label}{unit}", column.help))
    return "\n\n".join(f"### {group}\n\n{listed(members)}" for group, members in groups.items())


def knobs(declared: Iterable[Knob]) -> str:
    """Every knob of the runs that are open."""
    told = listed(
        (
            knob.label,
            f"{knob.help} Allowed: {knob.range_text}."
            + ("" if knob.steerable else " Fixed when the run starts."),
        )
        for knob in declared
    )
    return told or "Choose an experiment: the knobs of its runs are explained here."


def keys(actions: Iterable[tuple[str, str]]) -> str:
    """A table: keys, and what they do."""
    rows = "\n".join(f"| {pressed} | {text} |" for pressed, text in actions if pressed)
    return f"| key | what it does |\n|---|---|\n{rows}"
