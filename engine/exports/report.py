"""One run as one page of HTML: what it was, what came of it, and how to make it again. The page needs no
other file and no network, follows the reader's light or dark, and prints."""

import html
import json
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from engine.exports.again import commands
from engine.exports.chart import Line, chart
from engine.exports.kinds import Order, Progress
from engine.exports.opened import opened
from engine.exports.snapshot import Snapshot
from engine.exports.whole import whole
from engine.recording.reader import Recording
from engine.recording.schema import Event, MetricColumn

PAGE = Path(__file__).resolve().parents[2] / "resources" / "report.html"
POINTS = 320  # columns of pixels that a curve is drawn for
DRIFT = ("drift", "asked", "collateral")
DRAWN = (
    "return",
    "success",
    "effective_modes",
    "action_entropy",
    "supertask_score",
    "calibration_error",
    "loss",
)
TABLE = ("return", *DRIFT, "effective_modes")
STYLES = ("one", "two", "three")


def write(order: Order, progress: Progress) -> None:
    """Write the report as `order` says.

    Raises:
        UserError: when the recording cannot be read or the file cannot be written.
    """
    with opened(order) as (recording,), whole(order.out) as path:
        snapshot = Snapshot(recording, order.first, order.last)
        path.write_text(_page(recording, snapshot, progress), encoding="utf-8")


def _page(recording: Recording, snapshot: Snapshot, progress: Progress) -> str:
    layout, provenance = snapshot.layout, snapshot.layout.provenance
    specification = dict(provenance["specification"])
    shown = {column.name: column for column in layout.columns if column.kind != "error"}
    ends = {name: _end(snapshot, name) for name in shown}
    parts = [name for name in DRAWN if name in shown]
    figures = []
    for number, name in enumerate(parts):
        figures.append(_figure(recording, snapshot, [shown[name]]))
        if name == "return" and all(part in shown for part in DRIFT):
            figures.append(_figure(recording, snapshot, [shown[part] for part in DRIFT]))
        progress(number + 1, len(parts))
    task = layout.catalogue.get("task", {})
    learner = layout.catalogue.get("learner", {})
    state = "The run was going on when this was written. " if snapshot.live else ""
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        title=_text(specification.get("name", snapshot.name)),
        lead=_text(
            f"{learner.get('label', specification.get('learner', ''))} on {specification.get('task', '')}, "
            f"{len(layout.seeds)} seed{'s'[: len(layout.seeds) != 1]}, "
            f"updates {snapshot.steps[0]} to {snapshot.last_step}. {state}"
        ),
        about=_text(f"{learner.get('help', '')} {task.get('help', '')}".strip()),
        figures="".join(f"<figure>{figure}</figure>" for figure in figures if figure),
        drift=_seeds(snapshot, [shown[name] for name in TABLE if name in shown], ends),
        numbers=_table(
            ("metric", "mean over seeds", "lowest", "highest", "unit", "kind", "definition"),
            (
                (column.label, *_spread(ends[name]), column.unit, column.kind, column.help)
                for name, column in shown.items()
            ),
            numeric=(1, 2, 3),
        ),
        events=_table(
            ("update", "seconds", "what"),
            ((event.step, f"{event.seconds:.1f}", _said(event)) for event in snapshot.events),
            numeric=(0, 1),
        ),
        checkpoints=_table(
            ("update", "file", "SHA-256"),
            ((c.step, c.file, c.sha256) for c in snapshot.checkpoints),
            numeric=(0,),
        ),
        again="".join(
            f"<p>{_text(words)}</p><pre>{_text(text)}</pre>" for words, text in commands(snapshot)
        ),
        provenance=_table(
            ("what", "value"),
            ((name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
             for name, value in provenance.items() if name != "specification"),
        ),
        specification=_text(json.dumps(specification, indent=2, ensure_ascii=False)),
        file=_text(snapshot.path.name),
    )  # fmt: skip


def _figure(recording: Recording, snapshot: Snapshot, columns: list[MetricColumn]) -> str:
    """Curves of metrics of one unit; vertical marks where something was turned."""
    lines = []
    for column, style in zip(columns, STYLES, strict=False):
        curve = recording.curve(column.name, float(snapshot.steps[0]), float(snapshot.last_step), POINTS)
        inside = (curve.x >= snapshot.steps[0]) & (curve.x <= snapshot.last_step)
        if inside.any():
            arrays = (values[inside] for values in (curve.x, curve.line, curve.low, curve.high))
            label = "total" if column.name == "drift" else column.label.lower().removesuffix(" drift")
            lines.append(Line(label, style, *arrays))
    turned = [event.step for event in snapshot.events if event.kind == "knob"]
    title = columns[0].label if len(columns) == 1 else "Drift"
    return chart(title, columns[0].unit, lines, turned)


def _end(snapshot: Snapshot, name: str) -> list[float]:
    """[S] a metric in the last row in which it was measured; NaN where it never was."""
    values = snapshot.metric(name)
    measured = np.flatnonzero(~np.isnan(values).all(axis=1))
    row = values[measured[-1]] if measured.size else np.full(values.shape[1], np.nan)
    return [float(value) for value in row]


def _spread(values: list[float]) -> tuple[str, str, str]:
    finite = [value for value in values if np.isfinite(value)]
    if not finite:
        return "not estimable", "", ""
    return tuple(_number(value) for value in (float(np.mean(finite)), min(finite), max(finite)))  # type: ignore[return-value]


def _seeds(snapshot: Snapshot, columns: list[MetricColumn], ends: dict[str, list[float]]) -> str:
    """What each seed came to, and their mean."""
    heads = ("seed", *(f"{c.label}, {c.unit}" if c.unit else c.label for c in columns))
    rows: list[tuple[object, ...]] = [
        (seed, *(_number(ends[column.name][place]) for column in columns))
        for place, seed in enumerate(snapshot.layout.seeds)
    ]
    rows.append(("mean", *(_spread(ends[column.name])[0] for column in columns)))
    return _table(heads, rows, numeric=tuple(range(1, len(heads))))


def _number(value: float) -> str:
    return f"{value + 0.0:.4f}" if np.isfinite(value) else "infinite" if value == value else "not estimable"


def _said(event: Event) -> str:
    """An event in words."""
    data = event.data
    match event.kind:
        case "knob":
            return f"{data.get('label', data['name'])}: {data['before']} → {data['after']}"
        case "control":
            return str(data.get("action", ""))
        case _:
            return f"{event.kind}: " + ", ".join(f"{name} {value}" for name, value in data.items())


def _table(heads: tuple[str, ...], rows: Iterable[tuple[Any, ...]], numeric: tuple[int, ...] = ()) -> str:
    def cell(tag: str, place: int, value: object) -> str:
        kind = ' class="number"' if place in numeric else ""
        return f"<{tag}{kind}>{_text(value)}</{tag}>"

    body = [
        f"<tr>{''.join(cell('td', place, value) for place, value in enumerate(row))}</tr>" for row in rows
    ]
    if not body:
        return "<p>None.</p>"
    head = "".join(cell("th", place, value) for place, value in enumerate(heads))
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'
    )


def _text(value: object) -> str:
    return html.escape(str(value))
