"""Best of n, the exact gradient, and rounds of one's own data."""

import itertools
import math

import numpy as np
import pytest
from exhaustive import bandit

from engine.errors import UserError
from engine.oracles import answers, iterated
from engine.oracles.best_of_n import best_of_n
from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.policy_gradient import policy_gradient
from engine.oracles.reference import Reference
from engine.tasks import registry


@pytest.mark.parametrize(("n", "bound"), [(1, 0.0), (4, 0.6363), (16, 1.8351)])
def test_the_bound_of_the_design(n: int, bound: float) -> None:
    kept = best_of_n(Reference(registry.load("gaussian-error")), n)
    assert kept.bound == pytest.approx(bound, abs=5e-5)
    assert kept.drift <= kept.bound + 1e-12
    # 81 levels have few ties: what is left of the bound is within a tenth of it.
    assert kept.drift == pytest.approx(kept.bound, rel=0.1, abs=1e-9)


def test_best_of_three_by_enumeration() -> None:
    """Every triple of episodes of a small task with chance, the best kept, ties shared."""
    reference = Reference(registry.load("gambling"))
    joint = reference.evaluator.base_joint
    episodes = [(float(reference.evaluator.values[r]), o, joint[r, o]) for r, o in np.argwhere(joint > 0)]
    returns: dict[float, float] = {}
    outcomes = np.zeros(joint.shape[1])
    for three in itertools.product(episodes, repeat=3):
        chance = math.prod(p for _, _, p in three)
        best = max(value for value, _, _ in three)
        winners = [outcome for value, outcome, _ in three if value == best]
        returns[best] = returns.get(best, 0.0) + chance
        for outcome in winners:
            outcomes[outcome] += chance / len(winners)
    kept = best_of_n(reference, 3)
    for value, p in returns.items():
        assert kept.returns[reference.evaluator.values == value] == pytest.approx([p], abs=1e-12)
    assert kept.outcomes == pytest.approx(outcomes, abs=1e-12)


def test_the_joint_of_return_and_outcome_has_the_right_margins() -> None:
    reference = Reference(registry.load("levels"))
    joint = reference.evaluator.base_joint
    assert joint.sum(axis=1) == pytest.approx(reference.base.returns, abs=1e-12)
    assert joint.sum(axis=0) == pytest.approx(reference.base.outcomes, abs=1e-12)


def test_the_exact_gradient_by_finite_differences() -> None:
    reference = Reference(registry.load("frozen-lake"))
    task = reference.task
    random = np.random.default_rng(4)
    logits = random.normal(size=(1, task.horizon, *task.base.shape)) / 2

    def softmax(z: np.ndarray) -> np.ndarray:
        weight = np.exp(z)
        return weight / weight.sum(axis=-1, keepdims=True)

    found = policy_gradient(task, softmax(logits))
    evaluator = ExactEvaluator(task)
    assert found.value == pytest.approx(evaluator.evaluate(softmax(logits)).mean, abs=1e-12)
    steepest = np.argsort(-np.abs(found.vanilla[0]).ravel())[:5]
    for place in [*steepest.tolist(), *random.integers(0, logits.size, 5).tolist()]:
        step = np.zeros(logits.size)
        step[place] = 1e-5
        moved = [
            evaluator.evaluate(softmax(logits + sign * step.reshape(logits.shape))).mean[0]
            for sign in (1, -1)
        ]
        assert found.vanilla.ravel()[place] == pytest.approx((moved[0] - moved[1]) / 2e-5, abs=1e-9)


@pytest.mark.parametrize(("geometry", "kept"), [("vanilla", (0.9995, 0.0005)), ("natural", (0.6, 0.4))])
def test_exact_ascent_on_ties_from_an_uneven_start(geometry: str, kept: tuple[float, float]) -> None:
    task = bandit([1, 1, 0, 0], [0.25] * 4)
    start = int(task.start.argmax())
    logits = np.zeros((1, 1, *task.base.shape))
    logits[0, 0, start] = np.log([0.06, 0.04, 0.45, 0.45])
    for _ in range(5_000 if geometry == "vanilla" else 200):
        weight = np.exp(logits - logits.max(axis=-1, keepdims=True))
        policy = weight / weight.sum(axis=-1, keepdims=True)
        logits = logits + getattr(policy_gradient(task, policy), geometry) * (
            4.0 if geometry == "vanilla" else 0.2
        )
    assert policy[0, 0, start, :2] == pytest.approx(kept, abs=1e-3)


@pytest.mark.parametrize(
    ("alpha", "scores"), [(0.6, (0.6, 0.52, 0.52)), (0.9, (0.9, 0.82, 0.82)), (1.0, (1.0, 1.0, 1.0))]
)
def test_rounds_on_echo(alpha: float, scores: tuple[float, ...]) -> None:
    answer = answers.iterated(registry.load(f"echo(alpha={alpha})"), 1.0, 2)
    assert isinstance(answer["scores"], dict)
    assert list(answer["scores"].values()) == pytest.approx(scores, abs=1e-9)
    assert answer["mean"] == pytest.approx(scores[-1], abs=1e-9)


def test_rounds_from_the_base_begin_at_the_conditional_oracle() -> None:
    task = registry.load("coin")
    first = iterated.rounds(task, np.array([0.0, 1.0]), 0)[0]
    assert first[1] == pytest.approx([0.5, 0.5])
    with pytest.raises(UserError, match="rounds are exact for tasks of one choice"):
        answers.iterated(registry.load("levels"), 1.0, 2)
    with pytest.raises(UserError, match="nobody ever gathers 7; allowed: 0, 1"):
        answers.iterated(registry.load("echo"), 7.0, 1)
