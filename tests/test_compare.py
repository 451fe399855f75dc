"""Two runs held against each other, on cases worked by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.compare import metrics, policies
from engine.compare.side import Side, obstacle
from engine.compare.specification import differences
from engine.errors import UserError
from engine.metrics.interval import bootstrap_interval
from engine.numbers import Number
from engine.recording.schema import Event, Layout, MetricColumn
from engine.specification import Parent, RunSpecification

RETURN = MetricColumn("return", "Return", "reward", "Mean return.", "exact")
RATE = {"name": "rate", "label": "Learning rate", "unit": "", "default": 0.1}
KL = {"name": "kl_weight", "label": "KL weight", "unit": "reward/nat", "default": 0.0}
PACKAGES = {"torch": "2.13.0", "numpy": "2.4.6"}


def side(run: dict[str, Any] | None = None, knobs: tuple[dict[str, Any], ...] = (RATE,), **more: Any) -> Side:
    specification = RunSpecification(**{"name": "run", "task": "levels", "learner": "ppo"} | (run or {}))
    layout = Layout(
        seeds=specification.seeds,
        targets=(float("nan"),),
        probes=more.get("probes", ("x", "y")),
        actions=more.get("actions", ("left", "right")),
        columns=(RETURN,),
        returns=(0.0, 1.0),
        provenance={"packages": more.get("packages", PACKAGES), "python": "3.11"},
        catalogue={"knobs": list(knobs)},
    )
    return Side(specification, layout, more.get("events", ()))


def said(a: Side, b: Side) -> list[tuple[str, str, str]]:
    return [(difference.what, difference.a, difference.b) for difference in differences(a, b)]


def test_equal_runs_differ_in_nothing() -> None:
    assert said(side(), side({"name": "another name"})) == []


def test_only_what_differs_is_said_in_words() -> None:
    ours = side({"seeds": (0, 1, 2), "updates": 100})
    theirs = side(
        {
            "learner": "rvs",
            "seeds": (0, 7),
            "updates": 100,
            "knobs": {"rate": 0.05},
            "parent": Parent("runs/first.h5", 40, "first.step-40.safetensors"),
        },
        packages={"torch": "2.14.0", "numpy": "2.4.6"},
    )
    assert said(ours, theirs) == [
        ("Learner", "ppo", "rvs"),
        ("Seeds", "0 to 2", "0, 7"),
        ("Begins", "anew", "from first, update 40"),
        ("Learning rate", "0.1", "0.05"),
        ("torch", "2.13.0", "2.14.0"),
    ]


def test_a_default_is_a_value_and_a_knob_of_one_learner_is_absent_in_the_other() -> None:
    assert said(side({"knobs": {"rate": 0.1}}), side()) == []
    assert said(side(), side(knobs=(RATE, KL))) == [("KL weight, reward/nat", "–", "0")]


def test_what_was_turned_is_said() -> None:
    turns = [Event(step, 0.0, "knob", {"name": "rate", "after": step / 10}) for step in (2, 3)]
    words = "to 0.3 at 3, the last of 2 turns"
    assert said(side(), side(events=turns)) == [("Learning rate, turned", "never", words)]
    for turn in turns:
        turn.data["act"] = "one drag"
    assert said(side(), side(events=turns)) == [("Learning rate, turned", "never", "to 0.3 at 3")]


def test_a_drawn_task_is_its_text() -> None:
    ours, theirs = side({"task": "room", "task_text": "a"}), side({"task": "room", "task_text": "b"})
    assert said(ours, theirs) == [("Task", "room, its own text", "room, another text")]
    assert "texts differ" in obstacle(ours, theirs)


def test_what_cannot_be_compared_is_said() -> None:
    assert obstacle(side(), side()) == ""
    assert "levels, luck" in obstacle(side(), side({"task": "luck"}))


def number(*values: float, unit: str = "reward") -> Number:
    return Number(replace(RETURN, unit=unit), np.array(values))


def one(a: Number, b: Number, ours: tuple[int, ...], theirs: tuple[int, ...]) -> metrics.Comparison:
    (result,) = metrics.compared([a], [b], (ours, theirs))
    return result


def test_the_same_seeds_are_compared_seed_by_seed() -> None:
    # Differences 1, 2, 3, 4 in the order of seeds 0 to 3: the middle two are 2 and 3.
    result = one(number(10, 20, 30, 40), number(44, 33, 22, 11), (0, 1, 2, 3), (3, 2, 1, 0))
    assert (result.difference, result.way, result.seeds) == (2.5, "seed by seed", (4, 4))
    low, high = bootstrap_interval(np.array([1.0, 2.0, 3.0, 4.0]))
    assert (result.low, result.high) == (low, high)
    assert 1 <= low < 2.5 < high <= 4
    assert result.seen == "higher"


def test_a_seed_without_a_number_is_left_out_on_both_sides() -> None:
    result = one(number(1, np.nan, 5), number(2, 2, 5.5), (0, 1, 2), (0, 1, 2))
    assert (result.difference, result.seeds) == (0.75, (2, 2))


def test_other_seeds_are_drawn_by_themselves() -> None:
    a, b = np.array([0.0, 1.0, 2.0, 9.0]), np.array([5.0, 5.0, 5.0])
    result = one(number(*a), number(*b), (0, 1, 2, 3), (4, 5, 6))
    assert (result.difference, result.way, result.seeds) == (3.5, "seeds apart", (4, 3))
    # B does not vary: the interval is A's own, turned around.
    assert (result.low, result.high) == metrics.apart_interval(a, b)
    assert -4 <= result.low < 3.5 < result.high <= 5
    assert metrics.apart_interval(b, b) == (0, 0)


def test_the_interval_of_seeds_apart_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        low, high = metrics.apart_interval(random.normal(size=20), 1 + random.normal(size=20), draws=200)
        held += low <= 1 <= high
    assert 270 <= held <= 298  # 95 % of 300 are 285


@pytest.mark.parametrize(("seeds", "share"), [(4, 0.88), (8, 0.93), (20, 0.94)])
def test_few_seeds_make_the_interval_as_much_too_narrow_as_is_said(seeds: int, share: float) -> None:
    low, high = bootstrap_interval(np.random.default_rng(0).normal(size=(2000, seeds)))
    assert np.mean((low <= 0) & (high >= 0)) == pytest.approx(share, abs=0.015)
    assert f"{100 * share:.0f}" in metrics.METHOD


def test_an_exact_answer_of_one_seed_is_held_against_many() -> None:
    result = one(number(2.0), number(1.0, 1.5, 2.5), (0,), (0, 1, 2))
    assert result.way == "seeds apart"
    assert result.difference == pytest.approx(5 / 3 - 2)
    assert result.seen == "undecided"


def test_one_seed_each_has_a_difference_and_no_interval() -> None:
    for theirs in ((0,), (1,)):
        result = one(number(2.0), number(3.0), (0,), theirs)
        assert (result.difference, result.way, result.seen) == (1.0, "one seed", "none")
        assert np.isnan(result.low)


@pytest.mark.parametrize(
    ("b", "seen"),
    [((1, 1, 1), "lower"), ((2, 2, 2 + 1e-14), "same"), ((1, 2, 3), "undecided"), ((np.inf, 2, 2), "none")],
)
def test_on_which_side_the_interval_lies(b: tuple[float, ...], seen: str) -> None:
    assert one(number(2, 2, 2), number(*b), (0, 1, 2), (0, 1, 2)).seen == seen


def test_what_has_another_unit_or_is_absent_or_of_another_task_is_not_subtracted() -> None:
    seeds = (0, 1), (0, 1)
    (units,) = metrics.compared([number(1, 2)], [number(1, 2, unit="nats")], seeds)
    (absent,) = metrics.compared([number(1, 2)], [], seeds)
    (tasks,) = metrics.compared([number(1, 2)], [number(1, 2)], seeds, comparable=False)
    for result in (units, absent, tasks):
        assert result.way == "none"
        assert np.isnan(result.difference)
    assert absent.b is None
    assert tasks.b is not None


def test_probes_are_matched_by_their_names() -> None:
    places = policies.shared_places(side(probes=("x", "y", "z")), side(probes=("z", "w", "x")))
    assert (places.a.tolist(), places.b.tolist()) == ([0, 2], [2, 0])
    same = policies.shared_places(side(probes=("x", "x")), side(probes=("x", "x")))
    assert same.a.tolist() == same.b.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (side({"task": "luck"}), "tasks"),
        (side(actions=("up", "down")), "actions"),
        (side(probes=("a", "b")), "no place"),
        (side(probes=("a", "a")), "share their names"),
    ],
)
def test_why_policies_cannot_be_compared(other: Side, why: str) -> None:
    with pytest.raises(UserError, match=why):
        policies.shared_places(side(), other)


def test_distances_in_each_place() -> None:
    a = np.array([[0.5, 0.5], [1.0, 0.0], [np.nan, np.nan]])
    b = np.array([[0.25, 0.75], [0.5, 0.5], [0.5, 0.5]])
    tv, forth, back = policies.between(a, b)
    np.testing.assert_allclose(tv, [0.25, 0.5, np.nan])
    np.testing.assert_allclose(forth, [0.5 * np.log(2) + 0.5 * np.log(2 / 3), np.log(2), np.nan])
    np.testing.assert_allclose(back, [0.25 * np.log(0.5) + 0.75 * np.log(1.5), np.inf, np.nan])


def test_how_far_apart_runs_are_beside_how_far_their_seeds_are() -> None:
    a = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])  # seeds differ by 1 in the first place
    b = np.array([[[0.0, 1.0], [0.5, 0.5]]])
    result = policies.spread(a, b, ((3, 4), (4,)))  # seed 4 does the same in both
    assert (result.value, result.own[0]) == (0.0, 0.5)
    assert np.isnan([result.low, result.high, result.own[1]]).all()
    assert np.isnan(policies.spread(a, b, ((0, 1), (4,))).value)
