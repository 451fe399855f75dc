"""The dial's two ends, what lies between, and the dose."""

import torch
from learner_builders import CPU, learner

from engine.learners.dial import Dial
from engine.tasks.registry import load
from engine.tasks.tabular_environment import TabularEnvironment

DATA = {"data_episodes": 512}


def dial(knobs: dict[str, object], task: str = "crossroads") -> Dial:
    made = learner("dial", TabularEnvironment(load(task), CPU), (0, 1), {**DATA, **knobs})
    assert isinstance(made, Dial)
    return made


def test_without_rl_it_is_the_return_conditioned_network_bit_for_bit() -> None:
    turned, plain = (
        dial({"rl_share": 0.0}),
        learner("rvs", TabularEnvironment(load("crossroads"), CPU), (0, 1), DATA),
    )
    for _ in range(5):
        mine, theirs = turned.update(), plain.update()
        assert torch.equal(mine["loss"], theirs["loss"])
        assert torch.equal(mine["dose"], torch.zeros(2))
    asked = torch.tensor([0.0, 1.0])
    assert torch.equal(turned.policy_table(asked), plain.policy_table(asked))


def test_pure_rl_does_not_see_the_data() -> None:
    few, many = dial({"rl_share": 1.0}), dial({"rl_share": 1.0, "data_episodes": 64})
    for _ in range(5):
        assert torch.equal(few.update()["loss"], many.update()["loss"])


def test_pure_rl_finds_a_winning_arm_and_prediction_keeps_both() -> None:
    rewarded, predicting = (
        dial({"rl_share": 1.0}, "ties"),
        dial({"rl_share": 0.0, "data_episodes": 4096}, "ties"),
    )
    for _ in range(300):
        rewarded.update()
        predicting.update()
    asked = torch.tensor([1.0])
    won = rewarded.policy_table(asked)[:, 0, 0, 0, :2].sum(dim=1)
    assert won.min() > 0.98
    kept = predicting.policy_table(asked)[:, 0, 0, 0, :2]
    assert (kept.amax(dim=1) - kept.amin(dim=1)).max() < 0.06  # half of 2,048 winners errs by .011


def test_the_mixture_of_losses_is_linear_in_the_share() -> None:
    losses = [dial({"rl_share": share}).update()["loss"] for share in (1.0, 0.25)]
    prediction = dial({"rl_share": 0.0}).update()["loss"]
    torch.testing.assert_close(losses[1], 0.25 * losses[0] + 0.75 * prediction)


def test_rl_is_added_to_a_trained_predictor_and_its_dose_is_counted_from_there() -> None:
    turned = dial({"rl_share": 1.0, "prediction_updates": 20})
    plain = learner("rvs", TabularEnvironment(load("crossroads"), CPU), (0, 1), DATA)
    for _ in range(20):
        assert turned.update()["dose"].max() == 0
        plain.update()
    asked = torch.tensor([1.0])
    assert torch.equal(turned.policy_table(asked), plain.policy_table(asked))
    assert turned.update()["dose"].abs().max() < 1e-6  # measured before the first step of RL is taken
    doses = [turned.update()["dose"] for _ in range(10)]
    assert doses[-1].min() > 0
    assert doses[-1].min() > doses[0].min()


def test_the_dose_survives_a_fork() -> None:
    straight = dial({"rl_share": 1.0, "prediction_updates": 3})
    for _ in range(6):
        straight.update()
    fork = dial({"rl_share": 1.0, "prediction_updates": 3})
    fork.load(straight.state())
    assert torch.equal(straight.update()["dose"], fork.update()["dose"])
