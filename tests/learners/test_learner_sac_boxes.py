"""SAC where actions are points of a box: its bootstrap and its slopes by hand, and where it comes to rest."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from learner_builders import CPU, learner
from numpy.typing import NDArray
from scipy.optimize import minimize
from test_learner_boxes import world
from torch import Tensor

from engine.learners.knobs import turned
from engine.learners.memory import Transitions
from engine.learners.sac import SAC
from engine.learners.sac_critics import BoxCritics
from engine.tasks.environment import Environment
from engine.tasks.gymnasium_environment import GymnasiumEnvironment
from engine.tasks.make import make_environment

# The axis before squashing, fine enough that sums over it are integrals to eight digits.
POINTS = np.linspace(-12, 12, 1201)


@pytest.fixture(scope="module")
def once() -> Iterator[GymnasiumEnvironment]:
    yield from world("Once")


@pytest.fixture(scope="module")
def steer() -> Iterator[GymnasiumEnvironment]:
    yield from world("Steer")


def sac(environment: Environment, seeds: tuple[int, ...], knobs: dict[str, object]) -> SAC:
    made = learner("sac", environment, seeds, knobs)
    assert isinstance(made, SAC)
    return made


def expected(
    mean: float, deviation: float, of: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> float:
    """E f(u), u normal."""
    density = np.exp(-0.5 * ((POINTS - mean) / deviation) ** 2) / (deviation * math.sqrt(2 * math.pi))
    return float(np.trapezoid(density * of(POINTS), POINTS))


def entropy_of(mean: float, deviation: float) -> float:
    """Of tanh u: that of u and E ln(1 − tanh² u)."""
    squashing = expected(
        mean, deviation, lambda u: 2 * (math.log(2) - np.abs(u) - np.log1p(np.exp(-2 * np.abs(u))))
    )
    return 0.5 * math.log(2 * math.pi * math.e) + math.log(deviation) + squashing


def best_of_its_form(price: float) -> tuple[float, float]:
    """Mean and ln of the deviation of u that make the most of E tanh u + price · entropy."""

    def lacks(row: NDArray[np.float64]) -> float:
        mean, deviation = float(row[0]), math.exp(row[1])
        return -expected(mean, deviation, np.tanh) - price * entropy_of(mean, deviation)

    found = minimize(lacks, [0.5, -0.3], method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-9})
    return float(found.x[0]), float(found.x[1])


@pytest.mark.parametrize("reference", ["base", "uniform"])
def test_what_follows_is_worth_the_lower_critic_less_what_the_policy_costs(
    reference: str, steer: GymnasiumEnvironment
) -> None:
    made = sac(steer, (0,), {"reference": reference, "kl_weight": 0.5, "discount": 0.9})
    with torch.no_grad():  # heads start at zero weights: a critic says its bias whatever is done
        for critic, bias in zip(made.slow.twins, (3.0, 2.0), strict=True):
            critic.head.bias.fill_(bias)
    batch = Transitions(
        observations=torch.zeros(1, 2, 2),
        following=torch.ones(1, 2, 2),
        times=torch.tensor([[1, 1]]),
        actions=torch.zeros(1, 2, 2),
        rewards=torch.full((1, 2), 7 * steer.scale),
        ended=torch.tensor([[False, True]]),
    )
    # The policy starts as tanh of a standard normal on both axes; the base is uniform on the square.
    cost = -2 * entropy_of(0, 1) + (2 * math.log(2) if reference == "base" else 0)
    value = 2.0 - 0.5 / steer.scale * cost
    assert made.worth_after(batch)[0].tolist() == pytest.approx([7 + 0.9 * value, 7.0], abs=2e-4)


def test_a_cut_is_bootstrapped_and_an_end_is_not(steer: GymnasiumEnvironment) -> None:
    pendulum = make_environment("Pendulum-v1 | TimeLimit(max_episode_steps=5)", "", CPU)
    for environment, length, ends in ((pendulum, 5, 0), (steer, 3, 2)):
        made = sac(environment, (0, 1), {"episodes": 2, "gradient_steps": 1, "memory": 100, "batch": 8})
        made.gathered = []
        made.update()
        held = made.memory.state()
        assert held["written"].tolist() == [2 * length] * 2
        assert held["ended"][:, : 2 * length].sum(1).tolist() == [ends] * 2
        (episodes,) = made.gathered  # whole actions are remembered, in order
        assert torch.equal(held["actions"][:, : 2 * length], episodes.actions.flatten(1, 2))


def test_the_policys_slope_is_that_of_the_expectation(once: GymnasiumEnvironment) -> None:
    """Averaged over 20,000 draws it is the slope of ∫ π min Q over the square, by the chain rule through each
    draw, within five standard errors; the critics have none."""
    made = sac(once, (0,), {})
    critics = made.critics
    assert isinstance(critics, BoxCritics)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # critics that say something, and differently
        for twin in critics.twins:
            twin.head.weight.copy_(0.3 * torch.randn(twin.head.weight.shape, generator=generator))
    row = torch.tensor([0.4, -0.3, -0.5, 0.1])
    count = 20_000
    rows = row.expand(1, count, -1).clone().requires_grad_()
    seen = torch.full((1, count, 1), 0.2)
    times = torch.zeros(1, count, dtype=torch.int64)
    worth = critics.expected(seen, times, rows)
    (slope,) = torch.autograd.grad(worth.sum(), rows, retain_graph=True)
    still = torch.autograd.grad(worth.sum(), list(critics.parameters()), allow_unused=True)
    assert all(gradient is None for gradient in still)

    # The square in cells of u; ∂/∂row of ∫ π(u; row) Q(tanh u) du, by differentiating the density.
    line = torch.linspace(-6, 6, 121)
    points = torch.cartesian_prod(line, line)
    cell = float(line[1] - line[0]) ** 2
    context = torch.full((1, len(points), 1), 0.2), torch.zeros(1, len(points), dtype=torch.int64)
    with torch.no_grad():
        lower = torch.minimum(*(twin(*context, None, points.tanh()[None])[0, :, 0] for twin in critics.twins))
    one = row.clone().requires_grad_()
    mean, log_std = one.chunk(2)
    log_density = (-0.5 * ((points - mean) / log_std.exp()) ** 2 - log_std - 0.5 * math.log(2 * math.pi)).sum(
        1
    )
    (wanted,) = torch.autograd.grad((log_density.exp() * lower).sum() * cell, one)
    error = slope[0].std(0) / math.sqrt(count)
    assert bool(((slope[0].mean(0) - wanted).abs() < 5 * error + 1e-3).all())
    assert wanted.abs().max() > 0.02  # there is something to be right about


def test_each_loss_moves_its_own_weights_only(once: GymnasiumEnvironment) -> None:
    made = sac(once, (0, 1), {"episodes": 8, "gradient_steps": 4, "batch": 16})
    made.update()
    batch = made.memory.drawn(made.streams, 64)
    before = made.streams.state()

    def of_all() -> Tensor:
        made.streams.load(before)  # the same draws
        return made._losses(batch)[0].sum()

    gradients = torch.autograd.grad(of_all(), made.optimiser.parameters)
    made.streams.load(before)
    with torch.no_grad():
        wanted = made.worth_after(batch)
    place = 0
    for critic in made.critics.twins:
        chosen = critic(batch.observations, batch.times, None, batch.actions)[..., 0]
        loss = (chosen - wanted).square().mean(1) / 2
        for own in torch.autograd.grad(loss.sum(), list(critic.parameters())):
            assert torch.allclose(own, gradients[place], atol=1e-7)
            place += 1
    assert all(bool(gradient.abs().max() > 0) for gradient in gradients[place:-1])  # the actor's
    assert gradients[-1].abs().max() == 0  # a fixed temperature stays
    slow = list(made.slow.parameters())
    assert all(gradient is None for gradient in torch.autograd.grad(of_all(), slow, allow_unused=True))


def test_seeds_are_apart_with_one_axis() -> None:
    """A product with a single number goes another way through the matrix library."""
    pendulum = make_environment("Pendulum-v1 | TimeLimit(max_episode_steps=9)", "", CPU)
    knobs = {"episodes": 3, "gradient_steps": 5, "memory": 50, "batch": 37, "temperature": "tuned"}
    alone, company = sac(pendulum, (3,), knobs), sac(pendulum, (0, 3, 1), knobs)
    for _ in range(3):
        one, many = alone.update(), company.update()
        assert all(torch.equal(one[key][0], many[key][1]) for key in one)
    for key, tensor in alone.state().items():
        assert not tensor.dim() or torch.equal(tensor[0], company.state()[key][1]), key


@pytest.mark.parametrize("reference", ["base", "uniform"])
def test_one_choice_ends_at_the_best_of_its_form_and_near_the_closed_form(
    reference: str, once: GymnasiumEnvironment
) -> None:
    """The return is the first axis. Of all densities the soft optimum is p ∝ exp(a / β) on it and uniform on
    the second; of squashed normals it is found by quadrature. The reference, uniform either way, moves both
    by a constant."""
    price = 0.3
    knobs = {"reference": reference, "kl_weight": price, "episodes": 32, "gradient_steps": 20, "batch": 64}
    made = sac(once, (0, 1), knobs)
    for update in range(18):
        if update == 11:
            made.knobs = turned(made.knobs, "learning_rate", 0.0005)
        found = made.update()
    rows, _ = made.policy(
        torch.linspace(-0.9, 0.9, 7).expand(2, 7)[..., None], torch.zeros(2, 7, dtype=torch.int64)
    )
    rows = rows.detach()
    mean, log_std = best_of_its_form(price)
    middle, wide = best_of_its_form(1e6)  # nothing but entropy counts
    assert middle == pytest.approx(0, abs=1e-3)
    # The noise of single draws in steps of .0005, seen in the spread over the contexts.
    assert (rows - torch.tensor([mean, 0.0, log_std, wide])).abs().max() < 0.12
    # E a and h of p ∝ exp(a / β), and ln 2 for the axis that is left alone.
    share = np.exp(np.tanh(POINTS) / price) * (1 - np.tanh(POINTS) ** 2)
    total = np.trapezoid(share, POINTS)
    paid = float(np.trapezoid(share * np.tanh(POINTS), POINTS) / total)
    entropy = math.log(total) - paid / price + math.log(2)
    mean, deviation = rows[..., 0].mean(1).tolist(), rows[..., 2].exp().mean(1).tolist()
    earned = [expected(*one, np.tanh) for one in zip(mean, deviation, strict=True)]
    # The best squashed normal earns .006 less at an entropy .012 lower; the rest is noise as above.
    assert earned == pytest.approx([paid] * 2, abs=0.06)
    assert made.family.entropy(rows).mean(1).tolist() == pytest.approx([entropy] * 2, abs=0.12)
    assert found["reference_divergence"].tolist() == pytest.approx([2 * math.log(2) - entropy] * 2, abs=0.12)


def test_a_tuned_temperature_settles_at_the_divergence_wanted(once: GymnasiumEnvironment) -> None:
    wanted = 0.8
    knobs = {"temperature": "tuned", "wanted_divergence": wanted, "kl_weight": 1.0, "learning_rate": 0.01}
    made = sac(once, (0, 1), {**knobs, "episodes": 16, "gradient_steps": 20, "batch": 64})
    for update in range(24):
        if update == 12:
            made.knobs = turned(made.knobs, "learning_rate", 0.001)
        found = made.update()
    assert found["reference_divergence"].tolist() == pytest.approx([wanted] * 2, abs=0.08)

    # The best of its form at the temperature found is as far from uniform.
    middle, wide = best_of_its_form(1e6)
    for price in found["temperature"].tolist():
        mean, log_std = best_of_its_form(price)
        entropy = entropy_of(mean, math.exp(log_std)) + entropy_of(middle, math.exp(wide))
        assert 2 * math.log(2) - entropy == pytest.approx(wanted, abs=0.08)
