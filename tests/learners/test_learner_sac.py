"""Discrete SAC: its memory and its bootstrap by hand, and where it comes to rest in closed form."""

import math

import numpy as np
import pytest
import torch
from learner_builders import CPU, bandit, learner

from engine.learners.knobs import turned
from engine.learners.memory import Memory, Transitions, transitions
from engine.learners.sac import SAC
from engine.tasks.dataset import Trajectories
from engine.tasks.environment import Environment
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import TabularEnvironment


def sac(environment: Environment, seeds: tuple[int, ...], knobs: dict[str, object]) -> SAC:
    made = learner("sac", environment, seeds, knobs)
    assert isinstance(made, SAC)
    return made


def episodes_of(lengths: list[list[int]], truncated: list[list[bool]], first: int = 0) -> Trajectories:
    """Episodes [S, E]: observation and reward of a step are `first` + 10 episode + time, nonsense after."""
    number, longest = torch.tensor(lengths), max(map(max, lengths))
    time = torch.arange(longest).expand(*number.shape, longest)
    mask = time < number[..., None]
    value = first + 10 * torch.arange(number.shape[1])[:, None] + time
    return Trajectories(
        observations=torch.where(mask, value, 9999),
        actions=torch.where(mask, time % 2, 3),
        rewards=torch.where(mask, value, 0).float(),
        probabilities=torch.full((*mask.shape, 4), 0.25),
        mask=mask,
        final=value[..., 0] + 1000,
        truncated=torch.tensor(truncated),
        outcome=torch.full(number.shape, -1),
    )


def test_a_step_leads_to_the_next_and_the_last_to_where_it_ended_or_was_cut() -> None:
    found, counts = transitions(episodes_of([[1, 3]], [[False, True]]))
    assert counts.tolist() == [[True, False, False, True, True, True]]
    assert found.following[counts].tolist() == [1000, 11, 12, 1010]
    assert found.ended[counts].tolist() == [True, False, False, False]  # a cut is no end
    assert found.times[counts].tolist() == [0, 0, 1, 2]


def test_the_memory_is_a_ring_of_each_seeds_own_steps() -> None:
    environment = TabularEnvironment(load("crossroads"), CPU)
    memory = Memory(environment, 2, 4)
    memory.add(episodes_of([[1, 2], [3, 2]], [[False] * 2] * 2))  # 3 steps, and 5: one more than fit
    memory.add(episodes_of([[2, 0], [1, 0]], [[False] * 2] * 2, first=50))
    assert memory.written.tolist() == [5, 6]
    held = memory.state()["observations"]
    assert sorted(held[0].tolist()) == [10, 11, 50, 51]
    assert sorted(held[1].tolist()) == [2, 10, 11, 50]
    drawn = memory.drawn(Streams((0, 1), "test", CPU), 200)
    assert drawn.observations[0].unique().tolist() == [10, 11, 50, 51]
    assert torch.equal(drawn.observations.float(), drawn.rewards)  # whole rows, not mixtures


@pytest.mark.parametrize("reference", ["base", "uniform"])
def test_what_follows_is_worth_the_lower_critic_less_what_the_policy_costs(reference: str) -> None:
    environment = TabularEnvironment(load("crossroads"), CPU)
    made = sac(environment, (0,), {"reference": reference, "kl_weight": 0.5, "discount": 0.9})
    with torch.no_grad():  # heads start at zero weights: a critic says its bias everywhere
        made.slow.twins[0].head.bias.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        made.slow.twins[1].head.bias.copy_(torch.tensor([4.0, 3.0, 2.0, 1.0]))
    batch = Transitions(
        observations=torch.tensor([[24, 24]]),
        following=torch.tensor([[17, 17]]),
        times=torch.tensor([[2, 2]]),
        actions=torch.tensor([[0, 0]]),
        rewards=torch.tensor([[7.0, 7.0]]),
        ended=torch.tensor([[False, True]]),
    )
    # The lower of both is (1, 2, 2, 1), and the policy uniform: 1.5. Its entropy is worth β ln 4 on top;
    # relative to the base, which it is, it costs nothing.
    value = 1.5 if reference == "base" else 1.5 + 0.5 * math.log(4)
    assert made.worth_after(batch)[0].tolist() == pytest.approx([7 + 0.9 * value, 7.0])


@pytest.mark.parametrize(("name", "cut"), [("MountainCar-v0", True), ("CartPole-v1", False)])
def test_a_cut_is_bootstrapped_and_an_end_is_not(name: str, cut: bool) -> None:
    environment = GymnasiumEnvironment(name, CPU)
    made = sac(environment, (0,), {"episodes": 2, "gradient_steps": 1, "memory": 1000})
    made.update()
    held = made.memory.state()
    steps = int(held["written"][0])
    assert steps == 400 if cut else steps < 400
    assert int(held["ended"][0, :steps].sum()) == (0 if cut else 2)
    environment.close()


def test_each_loss_moves_its_own_weights_only() -> None:
    made = sac(TabularEnvironment(load("crossroads"), CPU), (0,), {"temperature": "fixed", "episodes": 8})
    made.update()
    batch = made.memory.drawn(made.streams, 64)
    loss, _ = made._losses(batch)
    gradients = torch.autograd.grad(loss.sum(), made.optimiser.parameters)
    critics = sum(1 for network in made.critics.twins for _ in network.parameters())
    with torch.no_grad():
        wanted = made.worth_after(batch)
    for number, critic in enumerate(made.critics.twins):
        chosen = critic(batch.observations, batch.times).gather(-1, batch.actions[..., None])[..., 0]
        own = torch.autograd.grad((chosen - wanted).square().mean() / 2, list(critic.parameters()))
        found = gradients[number * critics // 2 : (number + 1) * critics // 2]
        assert all(torch.allclose(a, b, atol=1e-7) for a, b in zip(own, found, strict=True))
    assert gradients[-1].abs().max() == 0  # a fixed temperature stays
    slow = list(made.slow.parameters())
    assert all(g is None for g in torch.autograd.grad(made._losses(batch)[0].sum(), slow, allow_unused=True))


def test_the_slow_critics_go_their_share_of_the_way() -> None:
    made = sac(TabularEnvironment(load("ties"), CPU), (0, 1), {"target_rate": 0.25, "gradient_steps": 1})
    before = made.slow_weights.weights.clone()
    assert torch.equal(before, made.optimiser.weights[:, : before.shape[1]])  # they start as the critics
    made.update()
    expected = 0.75 * before + 0.25 * made.optimiser.weights[:, : before.shape[1]]
    assert torch.allclose(made.slow_weights.weights, expected, atol=1e-7)
    assert torch.equal(
        made.slow.twins[1].head.weight, made.slow_weights.weights[:, -260:-4].reshape(2, 64, 4)
    )


@pytest.mark.parametrize("reference", ["base", "uniform"])
def test_one_choice_ends_at_its_closed_form(reference: str) -> None:
    base, pays = np.array([0.8, 0.1, 0.1]), np.array([1.0, 0.0, 0.5])
    knobs = {"reference": reference, "kl_weight": 0.5, "batch": 64, "learning_rate": 0.01}
    made = sac(bandit(list(pays), list(base), 0.5), (0, 1), knobs)
    for _ in range(30):
        made.update()
    expected = (base if reference == "base" else 1.0) * np.exp(pays / 0.5)
    found = made.policy_table(torch.zeros(1))[:, 0, 0, 0].numpy()
    # The rewards do not vary, so that critics become exact and expectations over actions already are.
    assert np.abs(found - expected / expected.sum()).max() < 2e-3


@pytest.mark.parametrize("reference", ["base", "uniform"])
def test_a_tuned_temperature_settles_at_the_divergence_wanted(reference: str) -> None:
    wanted = 0.3
    knobs = {"temperature": "tuned", "wanted_divergence": wanted, "kl_weight": 2.0, "reference": reference}
    made = sac(TabularEnvironment(load("ties"), CPU), (0, 1), {**knobs, "learning_rate": 0.02, "batch": 64})
    for update in range(70):
        if update == 40:
            made.knobs = turned(made.knobs, "learning_rate", 0.002)
        found = made.update()
    assert found["reference_divergence"].tolist() == pytest.approx([wanted] * 2, abs=0.01)
    # The winning arms hold w = 1 / (1 + exp(−1/β)) in all, and KL = ln 2 − H(w).
    low, high = 0.1, 2.0
    for _ in range(50):
        middle = (low + high) / 2
        w = 1 / (1 + math.exp(-1 / middle))
        divergence = math.log(2) + w * math.log(w) + (1 - w) * math.log(1 - w)
        low, high = (middle, high) if divergence > wanted else (low, middle)
    assert found["temperature"].tolist() == pytest.approx([low] * 2, rel=0.05)
