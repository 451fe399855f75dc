"""A run's specification: plain data that survives JSON, and refuses numbers that make no sense."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UserError
from engine.specification import DEVICES, Parent, RunSpecification, Source

FULL = RunSpecification(
    name="a run",
    task="drawn",
    learner="rvs",
    knobs={"target": 1.5, "batch": 64, "on": True, "way": "left"},
    seeds=(3, 1, 7),
    updates=12,
    task_text='kind = "grid"\nmap = """\nβ"""\n',
    measure_every=2,
    policy_every=3,
    checkpoint_every=4,
    device="cpu",
    threads=2,
    lossless=True,
    parent=Parent("runs/a.h5", 100, "runs/a.step-00000100.safetensors"),
    data=Source(RunSpecification("b", "drawn", "ppo", seeds=(3, 1)), ((4, "clip_range", 0.1),), "b.h5"),
    base=Source(RunSpecification("c", "drawn", "ppo", seeds=(3, 1)), own=64),
    place=2,
)


def test_every_field_survives_json() -> None:
    defaults = RunSpecification("x", "crossroads", "ppo")
    for field in dataclasses.fields(FULL):  # so that a new field cannot be left out of this test
        assert getattr(FULL, field.name) != getattr(defaults, field.name), field.name
    assert RunSpecification.from_json(FULL.to_json()) == FULL
    assert "\n" not in FULL.to_json()


@given(
    seeds=st.lists(st.integers(0, 2**31), min_size=1, max_size=8, unique=True),
    knobs=st.dictionaries(st.text(), st.floats(allow_nan=False) | st.booleans() | st.text()),
    updates=st.integers(1, 10**9),
)
def test_round_trip(seeds: list[int], knobs: dict[str, float | bool | str], updates: int) -> None:
    made = RunSpecification("x", "t", "l", knobs=knobs, seeds=tuple(seeds), updates=updates)
    assert RunSpecification.from_json(made.to_json()) == made


@pytest.mark.parametrize("what", ["updates", "measure_every", "policy_every", "checkpoint_every", "threads"])
@pytest.mark.parametrize("value", [0, -1])
def test_counts_start_at_one(what: str, value: int) -> None:
    with pytest.raises(UserError, match=rf"^{what} is {value}; allowed: whole numbers from 1$"):
        dataclasses.replace(FULL, **{what: value})


@pytest.mark.parametrize("seeds", [(), (1, 1), (-1, 2)])
def test_seeds_are_some_distinct_and_not_negative(seeds: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="allowed: at least one, distinct, none negative"):
        dataclasses.replace(FULL, seeds=seeds)


def test_devices() -> None:
    with pytest.raises(UserError, match=rf"'tpu' is unknown.*; allowed: {', '.join(DEVICES)}"):
        dataclasses.replace(FULL, device="tpu")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        "{}",
        '{"seeds": [0]}',
        '{"seeds": 3}',
        '{"seeds": [0], "colour": 1}',
        json.dumps({**json.loads(FULL.to_json()), "updates": "many"}),
        json.dumps({**json.loads(FULL.to_json()), "parent": {"recording": "x"}}),
    ],
)
def test_what_is_no_specification_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UserError, match="not a run specification") as refused:
        RunSpecification.from_json(text)
    assert "\n" not in str(refused.value)
