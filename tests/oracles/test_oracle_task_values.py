"""The design's values for the tasks beyond the grids, to 1e-9 where they are exact, else to their digits."""

import itertools
import math

import numpy as np
import pytest

from engine.oracles import answers
from engine.oracles.reference import Reference
from engine.tasks import registry


def strings() -> dict[int, float]:
    """P(number of zeros) of the base, by going through all 6^8 strings with a count for each last letter."""
    step = np.array([[math.exp(-min(abs(i - j), 6 - abs(i - j))) for j in range(6)] for i in range(6)])
    step /= step.sum(axis=1, keepdims=True)
    chance: dict[tuple[int, int], float] = {(letter, int(letter == 0)): 1 / 6 for letter in range(6)}
    for _ in range(7):
        following: dict[tuple[int, int], float] = {}
        for (last, zeros), p in chance.items():
            for letter in range(6):
                key = letter, zeros + (letter == 0)
                following[key] = following.get(key, 0.0) + p * step[last, letter]
        chance = following
    law = dict.fromkeys(range(9), 0.0)
    for (_, zeros), p in chance.items():
        law[zeros] += p
    return law


def test_tokens() -> None:
    law = strings()
    task = registry.load("tokens")
    base = answers.base(task)
    assert base["mean"] == pytest.approx(1.3333333333, abs=1e-9)
    assert base["mean"] == pytest.approx(sum(n * p for n, p in law.items()), abs=1e-9)
    for target, price in ((0, 0.891059), (4, 2.860552), (8, 6.837833)):
        answer = answers.conditional(task, float(target))
        assert answer["drift"] == pytest.approx(-math.log(law[target]), abs=1e-9)
        assert answer["drift"] == pytest.approx(price, abs=5e-7)
        assert answer["gold"] == pytest.approx(target if target <= 4 else 8 - target, abs=1e-9)
    for beta, mean, price in ((1.0, 5.351845, 2.158599), (0.5, 7.318409, 4.868043)):
        z = sum(p * math.exp(n / beta) for n, p in law.items())
        exact = sum(n * p * math.exp(n / beta) for n, p in law.items()) / z
        answer = answers.kl(task, beta)
        assert answer["mean"] == pytest.approx(exact, abs=1e-9)
        assert answer["drift"] == pytest.approx(exact / beta - math.log(z), abs=1e-9)
        assert (answer["mean"], answer["drift"]) == pytest.approx((mean, price), abs=5e-7)


def test_gambling() -> None:
    task = registry.load("gambling")
    lucky = answers.conditional(task, 5.0)
    assert lucky["mean"] == pytest.approx(-5, abs=1e-9)
    assert lucky["effective_outcomes"] == pytest.approx(1, abs=1e-9)
    careful = Reference(task).conditional(1.0)
    assert careful.outcomes == pytest.approx([0, 1 / 3, 2 / 3, 0], abs=1e-9)
    assert float(careful.mean) == pytest.approx(-1 / 6, abs=1e-9)
    base = answers.base(task)
    assert (base["mean"], base["best"]) == pytest.approx((-13 / 6, 1), abs=1e-9)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.4, 0.7])
def test_coin(alpha: float) -> None:
    reference = Reference(registry.load(f"coin(alpha={alpha})"))
    asked = reference.conditional(1.0)
    assert asked.outcomes == pytest.approx([0.5, 0.5, 0], abs=1e-9)
    assert float(asked.mean) == pytest.approx(0.5, abs=1e-9)
    assert reference.best_return == pytest.approx(max(alpha, 1 - alpha), abs=1e-9)


def test_stitch() -> None:
    task = registry.load("stitch")
    one, two = answers.conditional(task, 1.0), answers.conditional(task, 2.0)
    assert (one["mean"], one["supported"]) == (pytest.approx(1, abs=1e-9), True)
    assert two["supported"] is False
    assert two["best"] == pytest.approx(2, abs=1e-9)


def test_ties() -> None:
    policy = Reference(registry.load("ties")).kl(0.5)
    share = policy.occupancy[0]
    weight = np.exp(np.array([2.0, 2.0, 0.0, 0.0]))
    assert share == pytest.approx(weight / weight.sum(), abs=1e-9)
    assert share == pytest.approx([0.4404, 0.4404, 0.0596, 0.0596], abs=5e-5)


def test_hypergrid() -> None:
    task = registry.load("hypergrid")
    cells = list(itertools.product(range(8), repeat=2))
    pays = {}
    for x in cells:
        offset = [abs(c / 7 - 0.5) for c in x]
        pays[x] = 0.1 + 0.5 * all(0.25 < o <= 0.5 for o in offset) + 2.0 * all(0.3 < o < 0.4 for o in offset)
    assert task.reward[:64, -1, 0] == pytest.approx(list(pays.values()), abs=1e-9)
    modes = [value for value in pays.values() if value > 2]
    assert len(modes) == len(task.outcome_names) == 4
    assert sum(modes) / sum(pays.values()) == pytest.approx(0.464, abs=5e-4)


def test_only_a_heavy_tail_turns_over() -> None:
    """Gold of the KL oracle as its leash gets longer."""
    for name, turns in (("gaussian-error", False), ("bounded-error", False), ("heavy-error", True)):
        task = registry.load(name)
        gold = np.array([float(answers.kl(task, beta)["gold"]) for beta in (10, 3, 1, 0.5, 0.2, 0.1)])  # type: ignore[arg-type]
        assert gold[1] > gold[0]
        assert bool(np.any(np.diff(gold) < -0.01)) == turns, name
