"""Knobs: declared once, described as data, and refusing what they do not allow in one line."""

import json
import math
from dataclasses import dataclass

import pytest

from engine.errors import UserError
from engine.learners import knobs
from engine.learners.knobs import Knob, knob, knobs_of
from engine.learners.names import NAMES
from engine.learners.registry import LEARNERS


@dataclass(frozen=True)
class Example:
    rate: float = knob(0.1, label="Rate", help="A rate.", unit="per step", low=0.0, high=1.0)
    count: int = knob(3, label="Count", help="A count.", low=1, high=10)
    free: float = knob(0.0, label="Free", help="Any number.")
    on: bool = knob(True, label="On", help="A switch.")
    way: str = knob("left", label="Way", help="A choice.", choices=("left", "right"), steerable=False)


EVERY = [(name, each) for name, learner in LEARNERS.items() for each in knobs_of(learner.Knobs)]


def test_the_names_that_need_no_torch_are_those_of_the_registry() -> None:
    assert tuple(LEARNERS) == NAMES


def test_knobs_are_described_in_the_order_of_declaration() -> None:
    described = knobs_of(Example)
    assert [each.name for each in described] == ["rate", "count", "free", "on", "way"]
    assert [each.kind for each in described] == ["float", "int", "float", "bool", "choice"]


@pytest.mark.parametrize(("learner", "each"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_every_knob_survives_json(learner: str, each: Knob) -> None:
    text = json.dumps(each.as_data(), allow_nan=False)
    assert Knob.from_data(json.loads(text)) == each


@pytest.mark.parametrize(("learner", "each"), EVERY, ids=lambda value: getattr(value, "name", value))
def test_every_knob_is_explained_and_allows_its_default(learner: str, each: Knob) -> None:
    assert each.label
    assert each.help.endswith(".")
    assert each.validated(each.default) == each.default
    assert each.scale == "linear" or each.low > 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"rate": "0.5"}, 0.5),
        ({"rate": 1}, 1.0),
        ({"count": "4"}, 4),
        ({"count": 4.0}, 4),
        ({"on": "False"}, False),
        ({"on": 1}, True),
        ({"way": "right"}, "right"),
        ({"free": -1e300}, -1e300),
    ],
)
def test_values_become_the_knobs_type(values: dict[str, object], expected: object) -> None:
    made = knobs.make(Example, values)
    value = getattr(made, next(iter(values)))
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("rate", 1.5, "0 to 1 per step"),
        ("rate", -0.1, "0 to 1 per step"),
        ("rate", math.nan, "0 to 1 per step"),
        ("rate", math.inf, "0 to 1 per step"),
        ("rate", "fast", "0 to 1 per step"),
        ("rate", None, "0 to 1 per step"),
        ("rate", 10**400, "0 to 1 per step"),
        ("count", 2.5, "1 to 10"),
        ("count", "inf", "1 to 10"),
        ("count", 0, "1 to 10"),
        ("on", "perhaps", "true, false"),
        ("way", "up", "left, right"),
        ("way", ["left"], "left, right"),
    ],
)
def test_what_is_refused_is_named_with_what_is_allowed(name: str, value: object, allowed: str) -> None:
    with pytest.raises(UserError) as refused:
        knobs.make(Example, {name: value})
    message = str(refused.value)
    assert name in message
    assert allowed in message
    assert "\n" not in message


def test_unknown_knobs_are_answered_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"'speed'.*rate, count, free, on, way"):
        knobs.make(Example, {"speed": 1})
    with pytest.raises(UserError, match=r"'speed'.*rate, count, free, on, way"):
        knobs.turned(Example(), "speed", 1)


def test_turning_a_knob_leaves_the_others_and_the_original() -> None:
    before = Example()
    after = knobs.turned(before, "count", "7")
    assert (before.count, after.count, after.rate) == (3, 7, before.rate)


def test_a_knob_fixed_at_the_start_cannot_be_turned() -> None:
    assert knobs.make(Example, {"way": "right"}).way == "right"
    with pytest.raises(UserError, match="way is fixed when a run starts"):
        knobs.turned(Example(), "way", "right")
