"""Predictors that count: their limit is the oracle, and rounds of their own data are worked by hand."""

import numpy as np
import pytest
import torch
from learner_builders import CPU, learner

from engine.errors import UserError
from engine.evaluation import Evaluation
from engine.oracles.conditional import conditional_policy
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.registry import load
from engine.tasks.tabular_environment import TabularEnvironment


def environment(name: str) -> TabularEnvironment:
    return TabularEnvironment(load(name), CPU)


def test_counts_are_the_conditional_frequencies_of_what_was_done() -> None:
    place = environment("levels")
    trained = learner("tabular_predictor", place, (0,), {"episodes": 4096})
    for _ in range(8):
        trained.update()
    levels = np.array(place.levels)
    oracle = conditional_policy(ReturnToGo(place.task), levels).policy
    table = trained.policy_table(torch.from_numpy(levels))[0].numpy()
    # At the start every one of the 32,768 episodes counts: the rarest return has 2,600 of them, so that a
    # chance of a quarter errs by less than .009 at one standard error. Four of these:
    start = int(place.task.start.argmax())
    assert np.abs(table[:, 0, start] - oracle[:, 0, start]).max() < 0.036


@pytest.mark.parametrize(
    ("name", "knobs", "updates"),
    [
        ("tabular_predictor", {"episodes": 16384}, 12),
        ("rvs", {"data_episodes": 65536}, 600),
    ],
)
def test_with_enough_data_predictors_are_the_conditional_oracle(
    name: str, knobs: dict[str, object], updates: int
) -> None:
    trained = learner(name, environment("crossroads"), (0,), knobs)
    for _ in range(updates):
        trained.update()
    measured, _, _ = Evaluation(trained, (0,)).measure(updates, closely=True)
    assert measured["supertask_score"].item() < 0.01


def test_what_was_never_seen_falls_back_to_what_usually_is_done_there_and_then_to_the_base() -> None:
    place = environment("ties")
    trained = learner("tabular_predictor", place, (0,), {"episodes": 64})
    unknown = torch.tensor([7.0])
    assert torch.allclose(trained.policy_table(unknown)[0, 0, 0, 0], torch.full((4,), 0.25))
    trained.update()
    here = trained.policy_table(unknown)[0, 0, 0, 0]
    counts = trained.counts[0, 0, 0].sum(dim=0)
    assert torch.equal(here, counts / counts.sum())
    won = trained.policy_table(torch.tensor([1.0]))[0, 0, 0, 0]
    assert torch.equal(won, trained.counts[0, 0, 0, 1] / trained.counts[0, 0, 0, 1].sum())
    assert won[2:].sum() == 0


def test_smoothing_adds_imaginary_observations_of_what_usually_is_done() -> None:
    trained = learner("tabular_predictor", environment("ties"), (0,), {"episodes": 64, "smoothing": 10.0})
    trained.update()
    won, usual = trained.counts[0, 0, 0, 1], trained.usual()[0, 0, 0]
    expected = (won + 10 * usual) / (won.sum() + 10)
    assert torch.allclose(trained.policy_table(torch.tensor([1.0]))[0, 0, 0, 0], expected)


@pytest.mark.parametrize(
    ("alpha", "rounds"), [(0.6, (0.6, 0.52, 0.52)), (0.9, (0.9, 0.82, 0.82)), (1.0, (1.0, 1.0))]
)
def test_rounds_of_its_own_data_on_echo(alpha: float, rounds: tuple[float, ...]) -> None:
    place = environment(f"echo(alpha={alpha})")
    trained = learner("iterated", place, (0,), {"episodes": 65536, "start": "sharpest"})
    for expected in rounds:
        table = trained.policy_table(torch.tensor([0.0, 1.0]))[0, :, 0, 0].numpy()
        reached = place.task.probability[0]  # [action, goal]: the goals are the branches
        score = np.mean([table[goal] @ reached[:, goal] for goal in range(2)])
        # Frequencies from 32,768 episodes a goal err by .003 at one standard error; the score less.
        assert score == pytest.approx(expected, abs=0.01)
        trained.update()


def test_a_memoryless_predictor_stitches_what_the_oracle_cannot() -> None:
    place = environment("stitch")
    trained = learner("tabular_predictor", place, (0,), {"episodes": 1024})
    trained.update()
    assert place.levels == (1.0,)
    # Asked for 2, which nobody gathered, it begins as the data do: half take the first payment. These ask
    # for the 1 that is left, as did all who took the second: 2. The others still ask for 2, and do what
    # usually is done: a half. Together 1.25; halves of 1,024 demonstrations err by .016, four times twice.
    assert trained.rollout(2.0, 2000).returns.mean().item() == pytest.approx(1.25, abs=0.13)
    measured, _, _ = Evaluation(trained, (0,)).measure(1, closely=True)
    assert measured["supertask_score"].item() < 0.001  # asked for what was seen, it needs no memory


def test_too_much_to_count_is_refused() -> None:
    cartpole = GymnasiumEnvironment("CartPole-v1", CPU)
    with pytest.raises(UserError, match="no table of states; allowed: tabular tasks"):
        learner("tabular_predictor", cartpole, (0,))
    cartpole.close()
    with pytest.raises(UserError, match=r"counts a seed for 100000 seeds; allowed: 50,000,000"):
        learner("tabular_predictor", environment("crossroads"), tuple(range(100_000)))
