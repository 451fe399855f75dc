"""What the texts say: names, metrics, where the recording comes from, and its catalogue."""

import json
from collections.abc import Callable
from typing import Any

from engine.errors import UserError
from engine.learners.knobs import Knob
from engine.recording.inspection.contents import Contents
from engine.recording.inspection.findings import line
from engine.recording.schema import MetricColumn
from engine.specification import RunSpecification


def check_texts(contents: Contents, metrics: int) -> None:
    """They are JSON of the right kind, and describe so many `metrics`."""
    found = contents.found
    for name in ("probe", "action", "metric"):
        found.words([word.decode() for word in contents.datasets[name][...].tolist()], name)
    columns = _text(contents, "metric_columns", list)
    for column in columns or ():
        if not isinstance(column, dict) or not all(isinstance(value, str) for value in column.values()):
            return found.fault("text", "metric_columns", "describes a metric by something other than words")
        try:
            MetricColumn(**column)
        except TypeError:
            return found.fault("text", "metric_columns", f"describes a metric by {', '.join(sorted(column))}")
    names = [column["name"] for column in columns or ()]
    if columns is not None and (len(names) != metrics or len(set(names)) != len(names)):
        found.fault("text", "metric_columns", f"names {len(set(names))} metrics of {metrics}")
    if any(not (column["name"] and column["label"]) for column in columns or ()):
        found.fault("text", "metric_columns", "has a metric without a name")
    provenance, catalogue = _text(contents, "provenance", dict), _text(contents, "catalogue", dict)
    if provenance and provenance.get("specification"):
        _understood(contents, "provenance", lambda: _specified(provenance["specification"]))
    if catalogue:
        _understood(contents, "catalogue", lambda: _catalogued(catalogue))
    return None


def _text(contents: Contents, name: str, kind: type) -> Any:
    try:
        value = json.loads(contents.datasets[name][...].tobytes().decode())
    except (ValueError, RecursionError) as error:
        contents.found.fault("text", name, f"is not JSON ({line(error)})")
        return None
    if not isinstance(value, kind):
        contents.found.fault("text", name, f"is JSON, but no {'list' if kind is list else 'object'}")
        return None
    contents.found.words(value, name)
    return value


def _understood(contents: Contents, name: str, read: Callable[[], object]) -> None:
    try:
        read()
    except (UserError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        contents.found.fault("text", name, f"says what cannot be understood ({line(error)})")


def _specified(data: Any) -> None:
    try:
        specification = RunSpecification.from_json(json.dumps(data))
    except UserError:  # the app says so itself, in one line; the numbers can be read without
        return
    words = specification.name, specification.task, specification.learner
    if not all(isinstance(word, str) for word in words) or not isinstance(specification.knobs, dict):
        raise TypeError("a run's name, task, learner or knobs are of another type")


def _catalogued(data: dict[str, Any]) -> None:
    knobs = data.get("knobs", [])
    if not isinstance(knobs, list):
        raise TypeError("knobs is no list")
    for knob in knobs:
        made = Knob.from_data(knob)
        texts = made.name, made.label, made.help, made.unit, made.scale, made.only_on, *made.choices
        if not all(isinstance(text, str) for text in texts) or not all(
            isinstance(end, int | float) for end in (made.low, made.high)
        ):
            raise TypeError("a knob is described by other types than its own")
    for name in ("learner", "task"):
        if not isinstance(data.get(name, {}), dict):
            raise TypeError(f"{name} is no object")
