"""The exact gradient: against finite differences, and where its two geometries end."""

import numpy as np
import pytest
import torch
from learner_builders import CPU, learner, two_doors

from engine.errors import UserError
from engine.learners.exact_gradient import ExactGradient
from engine.oracles.evaluation import ExactEvaluator
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.registry import load
from engine.tasks.tabular_environment import TabularEnvironment


def exact(task: str, knobs: dict[str, object]) -> ExactGradient:
    made = learner("exact_gradient", TabularEnvironment(load(task), CPU), (0,), knobs)
    assert isinstance(made, ExactGradient)
    return made


@pytest.mark.parametrize(("geometry", "kept"), [("vanilla", (0.9995, 0.0005)), ("natural", (0.6, 0.4))])
def test_ties_from_an_uneven_start(geometry: str, kept: tuple[float, float]) -> None:
    knobs = {"geometry": geometry, "learning_rate": 5.0 if geometry == "vanilla" else 0.5}
    trained = exact("ties(a=0.06,b=0.04,c=0.45,d=0.45)", knobs)
    for _ in range(4000 if geometry == "vanilla" else 100):
        trained.update()
    policy = trained.policy_table(torch.zeros(1))[0, 0, 0, 0]
    assert policy[:2].sum() > 0.999
    # The design's figures have four digits; what is still on the losing arms is below .001.
    assert policy[:2].tolist() == pytest.approx(kept, abs=1e-3)


def test_it_is_the_gradient_of_the_exactly_evaluated_return() -> None:
    environment = two_doors()
    trained = learner("exact_gradient", environment, (0,), {"learning_rate": 1.0})
    assert isinstance(trained, ExactGradient)
    evaluator = ExactEvaluator(environment.task)
    weights = torch.randn(1, 12, generator=torch.Generator().manual_seed(3)) / 2

    def mean(logits: torch.Tensor) -> float:
        trained.optimiser.load({"weights": logits})
        return float(evaluator.evaluate(trained.policy_table(torch.zeros(1))[:, 0].double().numpy()).mean[0])

    trained.optimiser.load({"weights": weights})
    expected = trained.update()["expected_return"].item()
    gradient = trained.optimiser.weights - weights
    assert expected == pytest.approx(mean(weights), abs=1e-6)
    step = 1e-2  # central differences err by its square; float32 logits by 1e-7 / step
    for place in range(12):
        moved = torch.zeros_like(weights)
        moved[0, place] = step
        slope = (mean(weights + moved) - mean(weights - moved)) / (2 * step)
        assert gradient[0, place].item() == pytest.approx(slope, abs=1e-4)


def test_natural_steps_are_the_advantage_up_to_a_constant_in_each_state() -> None:
    environment = two_doors()
    trained = learner("exact_gradient", environment, (0,), {"learning_rate": 1.0, "geometry": "natural"})
    trained.update()
    step = trained.optimiser.weights.reshape(4, 3).numpy()  # from zeros
    # By hand, at the base (.5, .2, .3): leaving 1 by action 2 pays 1, leaving 2 by actions 0 or 1 does.
    q = np.array([[0.3, 0.3, 0.7], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    advantage = q - q.mean(axis=1, keepdims=True)
    assert np.allclose(step[:3] - step[:3].mean(axis=1, keepdims=True), advantage, atol=1e-5)
    assert np.all(step[3] == 0)  # nobody acts at the end


def test_the_entropy_bonus_is_part_of_what_is_climbed() -> None:
    trained = exact("ties", {"entropy_bonus": 0.5, "learning_rate": 1.0, "geometry": "natural"})
    for _ in range(200):
        trained.update()
    # max Σ π r + β H: π ∝ exp(r / β), as in the KL oracle at β = .5 from a uniform base.
    assert trained.policy_table(torch.zeros(1))[0, 0, 0, 0].tolist() == pytest.approx(
        [0.4404, 0.4404, 0.0596, 0.0596], abs=1e-4
    )


def test_it_wants_a_table() -> None:
    cartpole = GymnasiumEnvironment("CartPole-v1", CPU)
    with pytest.raises(UserError, match="no table of states; allowed: tabular tasks"):
        learner("exact_gradient", cartpole, (0,))
    cartpole.close()
