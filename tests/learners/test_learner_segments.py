"""PPO on segments: advantages across ends and cuts by hand, the account of episodes, what is made of them."""

import math
from dataclasses import replace

import pytest
import torch
from launches import Launches
from learner_builders import CPU, learner
from torch import Tensor

from engine.learners import plain_network
from engine.learners.advantages import generalised_advantages
from engine.learners.captured import EAGER, Captured
from engine.learners.ppo import PPO
from engine.learners.ppo_losses import Differentiated
from engine.tasks import arithmetic
from engine.tasks.classic_environment import ClassicEnvironment
from engine.tasks.dataset import Steps
from engine.tasks.environment import Endless, Environment, Step
from engine.tasks.make import make_environment
from engine.tasks.segments import Collector, Segment, episodes_of, whole_episodes
from engine.tasks.sources import pooled, spread
from engine.tasks.streams import Streams

SMALL = {"environments": 3, "steps": 24, "minibatch": 16, "kl_in": "none", "discount": 0.99}


@pytest.fixture
def cartpole() -> ClassicEnvironment:
    environment = make_environment("CartPole-v1", "", CPU)
    assert isinstance(environment, ClassicEnvironment)
    environment.horizon = 15  # so that some episodes fall and others are cut
    return environment


def ppo(environment: Environment, seeds: tuple[int, ...], **knobs: object) -> PPO:
    made = learner("ppo", environment, seeds, {**SMALL, **knobs})
    assert isinstance(made, PPO)
    return made


def test_advantages_across_ends_and_cuts_by_hand() -> None:
    # γ = λ = ½, one environment, five steps: an episode of two that terminates, one of two that is cut where
    # the value is 8, and the first step of a third, which the segment leaves where the value is 4.
    rewards = torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0]]])
    values = torch.tensor([[[2.0, 4.0, 6.0, 2.0, 1.0]]])
    following = torch.tensor([[[4.0, 0.0, 2.0, 8.0, 4.0]]])  # 0: nothing is worth anything after an end
    ended = torch.tensor([[[False, True, False, True, False]]])
    found = generalised_advantages(rewards, values, following, ended, 0.5, 0.5)
    # δ: 1 + 2 − 2 = 1; 2 + 0 − 4 = −2; 3 + 1 − 6 = −2; 4 + 4 − 2 = 6; 5 + 2 − 1 = 6.
    # A4 = 6, A3 = 6 (what follows is another episode), A2 = −2 + 6/4, A1 = −2, A0 = 1 − 2/4.
    assert found.tolist() == [[[0.5, -2.0, -0.5, 6.0, 6.0]]]


class Scripted(Endless):
    """Two environments whose rewards count up from 1 and whose ends are written down."""

    def __init__(self, terminated: list[list[int]], truncated: list[list[int]]) -> None:
        self.observation = torch.zeros(1, 2, 1)
        self._ends = terminated, truncated
        self._time = 0

    def prepare(self, steps: int) -> None:  # noqa: ARG002
        self._steps: list[tuple[Tensor, ...]] = []

    def step(self, actions: Tensor) -> None:  # noqa: ARG002
        ended = [torch.tensor([[self._time in times for times in kind]]) for kind in self._ends]
        self._time += 1
        after = torch.full((1, 2, 1), float(self._time))
        self.observation = torch.where((ended[0] | ended[1])[..., None], -after, after)
        self._steps.append((after, torch.full((1, 2), float(self._time)), *ended))

    def taken(self) -> Step:
        return Step(*(torch.stack(column, dim=2) for column in zip(*self._steps, strict=True)))

    def state(self) -> dict[str, Tensor]:
        return {}

    def load(self, state: dict[str, Tensor]) -> None:
        pass


def even(observation: Tensor) -> Tensor:
    return torch.full((*observation.shape[:2], 2), 0.5)


def collector_of(environment: Environment, endless: Endless) -> Collector:
    return Collector(endless, environment.family, Streams((0,), "test", CPU))


def test_the_account_of_episodes_by_hand(cartpole: ClassicEnvironment) -> None:
    # Steps 0 to 8 pay 1 to 9. The first environment ends at 1 and 5, the other is cut at 4.
    collector = collector_of(cartpole, Scripted([[1, 5], []], [[], [4]]))
    first = collector.collect(even, 3)
    assert collector.finished.tolist() == [1 + 2]
    assert (collector.earned.tolist(), collector.age.tolist()) == ([[3, 6]], [[1, 3]])
    second = collector.collect(even, 3)
    assert collector.finished.tolist() == [((3 + 4 + 5 + 6) + (1 + 2 + 3 + 4 + 5)) / 2]
    assert (collector.earned.tolist(), collector.age.tolist()) == ([[0, 6]], [[0, 1]])
    third = collector.collect(even, 3)
    assert collector.finished.tolist() == [16.5]  # none ended: still the last known
    assert (collector.earned.tolist(), collector.age.tolist()) == ([[24, 30]], [[3, 4]])
    # What a step led to is the last of its episode; the next observation is the first of another.
    assert first.following[0, 0, :, 0].tolist() == [1, 2, 3]
    assert first.observations[0, 0, :, 0].tolist() == [0, 1, -2]

    whole = whole_episodes([first, second, third])
    assert whole.returns.tolist() == [[3, 15, 18]]  # in the order of their ends
    assert whole.mask.sum(-1).tolist() == [[2, 5, 4]]
    assert whole.truncated.tolist() == [[False, True, False]]
    assert whole.final[..., 0].tolist() == [[2, 5, 6]]
    assert whole.observations[0, 2, :4, 0].tolist() == [-2, 3, 4, 5]
    # From the second segment on, the episodes that were under way are not whole, and none is left.
    assert episodes_of([second, third]).counts.tolist() == [0]


def test_every_seed_keeps_all_its_episodes_by_hand() -> None:
    # Two seeds, one environment, four steps that pay 1, 2, 3, 4: ends at 0, 1 and 3; and at 2 alone.
    ended = torch.tensor([[[True, True, False, True]], [[False, False, True, False]]])
    rewards = torch.arange(1.0, 5.0).expand(2, 1, 4)
    begun = torch.zeros(2, 1, dtype=torch.int64)
    segment = Segment(
        observations=rewards[..., None],
        actions=torch.zeros_like(ended, dtype=torch.int64),
        rewards=rewards,
        probabilities=torch.ones(2, 1, 4, 1),
        following=rewards[..., None] + 1,
        terminated=ended,
        truncated=torch.zeros_like(ended),
        age=begun,
    )
    whole = whole_episodes([segment])
    assert whole.counts.tolist() == [3, 1]
    assert whole.held.tolist() == [[True, True, True], [True, False, False]]
    assert whole.mask.sum(-1).tolist() == [[1, 1, 2], [3, 0, 0]]
    assert whole.returns.tolist() == [[1, 2, 7], [6, 0, 0]]
    assert whole.final[..., 0].tolist()[0] == [2, 3, 5]
    assert whole.mean_return.tolist() == [pytest.approx(10 / 3), 6]
    # Of each seed so many, from its own first to its own last.
    assert spread(whole, 2).returns.tolist() == [[1, 2], [6, 0]]
    assert spread(whole, 1).returns.tolist() == [[1], [6]]
    pool = Steps.of(pooled(whole))
    assert (pool.counts, pool.observations.flatten().tolist()) == ([7], [1, 2, 3, 4, 1, 2, 3])


def test_before_the_first_end_the_running_episodes_are_told(cartpole: ClassicEnvironment) -> None:
    collector = collector_of(cartpole, Scripted([[], []], [[], []]))
    collector.collect(even, 2)
    assert collector.finished.isnan().all()
    assert collector.episode_return.tolist() == [3]


def test_a_segment_is_what_its_episodes_are(cartpole: ClassicEnvironment) -> None:
    """The whole episodes, taken out of segments, are episodes: each step leads to the next observation."""
    trained = ppo(cartpole, (0, 4))
    trained.gathered = []
    for _ in range(3):
        trained.update()
    found = episodes_of(trained.gathered)
    lengths = found.mask.sum(-1)
    assert torch.equal(found.returns, lengths.float())
    fallen = (found.final[..., 0].abs() > 2.4) | (found.final[..., 2].abs() > math.radians(12))
    assert torch.equal(found.truncated, ~fallen & found.held)
    assert bool((lengths[found.truncated] == 15).all())
    assert 0 < int(found.truncated.sum()) < int(found.counts.sum())
    system = cartpole.system
    for time in range(14):
        goes_on = found.mask[..., time + 1]
        state = found.observations[..., time, :].double().movedim(-1, 0)
        moved, _, over = system.move(state, found.actions[..., time])
        # The observation was rounded to float32 before it was moved again.
        assert torch.allclose(
            system.seen(moved.movedim(0, -1))[goes_on],
            found.observations[..., time + 1, :][goes_on],
            atol=1e-5,
        )
        assert not over[goes_on].any()


def test_only_a_cut_and_the_segments_end_are_bootstrapped(cartpole: ClassicEnvironment) -> None:
    trained = ppo(cartpole, (0,), discount=0.9, trace=0.0)
    with torch.no_grad():
        trained.value.head.bias.fill_(0.5)  # every state is worth half the scale
        assert trained.collector is not None
        steps, _ = trained._segment(trained.collector)
        batch, _, _ = trained._batch(steps)
    worth = 0.5 * cartpole.scale
    fell = (steps.following == 0).flatten(1)
    assert fell.any()
    assert (steps.ended.flatten(1) & ~fell).any()
    expected = torch.where(fell, 1.0, 1.0 + 0.9 * worth)
    assert torch.allclose(batch.values * cartpole.scale, expected)


@pytest.mark.parametrize("collect", ["steps", "episodes"])
def test_a_seed_alone_is_the_same_seed_in_company(cartpole: ClassicEnvironment, collect: str) -> None:
    knobs = {"collect": collect, "episodes": 4, "environments": 5}
    alone, company = ppo(cartpole, (2,), **knobs), ppo(cartpole, (0, 1, 2, 3), **knobs)
    for _ in range(4):
        mine, theirs = alone.update(), company.update()
        assert all(torch.equal(mine[key][0], theirs[key][2]) for key in mine)
    whole = company.state()
    assert all(torch.equal(one[0], whole[key][2]) for key, one in alone.state().items() if one.dim())


def test_it_goes_on_after_load_bit_for_bit(cartpole: ClassicEnvironment) -> None:
    straight, fork = ppo(cartpole, (0, 1)), ppo(cartpole, (0, 1))
    for _ in range(2):
        straight.update()
    saved = {key: tensor.clone() for key, tensor in straight.state().items()}
    straight.update()
    fork.load(saved)
    fork.update()
    assert all(torch.equal(tensor, fork.state()[key]) for key, tensor in straight.state().items())


def test_a_captured_update_is_the_eager_one(
    cartpole: ClassicEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (arithmetic, plain_network):
        monkeypatch.setattr(place, "by_numpy", lambda device: False)  # as on a GPU: see test_captured.py
    eager, repeated = ppo(cartpole, (3, 5)), ppo(cartpole, (3, 5))
    assert repeated.fixed
    assert not ppo(cartpole, (3, 5), anneal=9).fixed
    captured = Captured(repeated._update, repeated.drawn_from, Launches)
    for _ in range(EAGER + 2):
        mine, theirs = eager.update(), captured(0)
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
    state = repeated.state()
    assert all(torch.equal(one, state[key]) for key, one in eager.state().items() if key != "updates")


def test_the_rate_falls_to_nothing(cartpole: ClassicEnvironment) -> None:
    trained = ppo(cartpole, (0,), anneal=2, target_kl=10.0, epochs=1, minibatch=72)
    moved = []
    for _ in range(3):
        before = trained.optimiser.weights.clone()
        trained.update()
        moved.append(float((trained.optimiser.weights - before).abs().max()))
    # Adam's first step is the rate; its second, with other gradients, at most a few times half of it.
    assert moved[0] == pytest.approx(0.002, rel=1e-3)
    assert 0 < moved[1] < 0.002
    assert moved[2] == 0


def test_a_clipped_value_is_not_drawn_further(cartpole: ClassicEnvironment) -> None:
    trained = ppo(cartpole, (0,), clip_value=True, clip_range=0.25)
    with torch.no_grad():
        assert trained.collector is not None
        steps, _ = trained._segment(trained.collector)
        batch, unit, _ = trained._batch(steps)
        batch.before.fill_(0.0)
        batch.values.fill_(1.0)
        found = []
        for value in (0.1, 0.5, 3.0):
            trained.value.head.bias.fill_(value)
            found.append(float(trained.losses(batch, unit, trained.weighing).value))
    # max((v − 1)², (clip(v, ±¼) − 1)²): near, beyond the range on the good side, and too far beyond.
    assert found == pytest.approx([0.81, 0.5625, 4.0], rel=1e-5)


def test_published_details(cartpole: ClassicEnvironment) -> None:
    trained = ppo(cartpole, (0,), details="published", activation="tanh", entropy_bonus=0.5)
    seen = torch.randn(1, 7, 4, generator=torch.Generator().manual_seed(0))
    value, first = trained.value, trained.policy.body.observed.weight[0]
    with torch.no_grad():
        inner = torch.tanh(seen @ value.observed.weight + value.observed.bias)
        hidden = torch.tanh(inner @ value.hidden.weight + value.hidden.bias)
        assert torch.allclose(value(seen), hidden @ value.head.weight + value.head.bias, atol=1e-5)
        assert torch.allclose(first @ first.T, 2 * torch.eye(4), atol=1e-5)  # orthogonal, √2
        assert float(trained.policy.body.head.weight.norm(dim=1).max()) == pytest.approx(0.01, rel=1e-4)
        assert float(value.head.weight.norm()) == pytest.approx(1, rel=1e-4)
        assert trained.collector is not None
        steps, _ = trained._segment(trained.collector)
        batch, unit, _ = trained._batch(steps)
        assert torch.equal(batch.before, steps.values.flatten(1))  # plain reward
        minibatch = batch.minibatches(16)[0]
        found = trained.losses(minibatch.normalised(16), unit, trained.weighing).policy
        # The policy is the one that collected: every ratio is 1, and advantages of a minibatch have mean 0.
        entropy = trained.family.entropy(trained.policy(minibatch.observations, minibatch.times)[0])
        assert float(found) == pytest.approx(-0.5 * float(entropy.mean()), abs=1e-5)


def test_the_published_value_error_weighs_a_quarter(cartpole: ClassicEnvironment) -> None:
    told, same = (ppo(cartpole, (0,), details="published", epochs=1, minibatch=72) for _ in range(2))
    norm = told.update()["gradient_norm"]
    assert same.collector is not None
    with torch.no_grad():
        batch, unit, _ = same._batch(same._segment(same.collector)[0])
    losses = Differentiated(same.policy, same.value, same.optimiser)
    expected = losses(batch.normalised(72), unit, replace(same.weighing, value=0.25)).gradient.norm()
    assert float(norm) == pytest.approx(float(expected), rel=1e-4)  # the rows are in another order
