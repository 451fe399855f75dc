"""PPO's gradient written out is that of automatic differentiation, whatever the knobs."""

from collections.abc import Mapping

import pytest
import torch
from learner_builders import CPU, learner

from engine.learners.ppo import PPO
from engine.learners.ppo_losses import Differentiated
from engine.learners.ppo_written_out import MOST, WrittenOut
from engine.tasks.make import make_environment

SMALL = {"environments": 3, "steps": 8, "minibatch": 12, "target_kl": 10.0, "learning_rate": 0.01}


@pytest.mark.parametrize(
    "knobs",
    [
        {"kl_in": "none"},
        {"kl_in": "loss", "kl_weight": 0.5, "entropy_bonus": 0.3},
        {"kl_in": "none", "details": "published", "activation": "tanh", "entropy_bonus": 0.01},
        {"kl_in": "loss", "clip_value": True, "clip_range": 0.05, "activation": "tanh"},
    ],
)
def test_losses_and_gradient_are_those_of_automatic_differentiation(knobs: Mapping[str, object]) -> None:
    environment = make_environment("Acrobot-v1", "", CPU)
    ppo = learner("ppo", environment, (3, 5), {**SMALL, **knobs})
    assert isinstance(ppo, PPO)
    assert isinstance(ppo.losses, WrittenOut)
    ppo.update()  # so that heads are not zero
    with torch.no_grad():
        assert ppo.collector is not None
        batch, unit, _ = ppo._batch(ppo._segment(ppo.collector)[0])
    ppo.optimiser.weights.mul_(1.1)  # away from the policy that collected, some ratios beyond the range
    expected = Differentiated(ppo.policy, ppo.value, ppo.optimiser)(batch, unit, ppo.weighing)
    found = ppo.losses(batch, unit, ppo.weighing)
    for name in ("policy", "value", "step_kl"):
        assert torch.allclose(getattr(found, name), getattr(expected, name), rtol=1e-4, atol=1e-6), name
    # Sums of 24 products in another order: a few roundings of the largest.
    tolerance = 1e-5 * float(expected.gradient.abs().max())
    assert float((found.gradient - expected.gradient).abs().max()) < tolerance
    assert float(expected.step_kl.min()) > 1e-6
    assert float(expected.gradient.abs().max()) > 1e-3


def test_what_is_not_plain_is_differentiated() -> None:
    boxes = make_environment("Pendulum-v1", "", CPU)
    assert isinstance(learner("ppo", boxes, (0,), SMALL).losses, Differentiated)
    boxes.close()


def test_what_many_observations_are_worth_is_worked_out_in_parts() -> None:
    ppo = learner("ppo", make_environment("Acrobot-v1", "", CPU), (3, 5), SMALL)
    assert isinstance(ppo, PPO)
    ppo.update()
    rows = torch.randn(2, 2 * MOST + 40, 6)
    times = torch.zeros(rows.shape[:2], dtype=torch.int64)
    with torch.no_grad():
        found = ppo.losses.worth(rows, times)
        expected = Differentiated(ppo.policy, ppo.value, ppo.optimiser).worth(rows, times)
    assert float(expected.abs().max()) > 1e-3
    assert torch.allclose(found, expected, atol=1e-6)
