"""Classic control as tensors, step by step against Gymnasium's own environments."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from endless_steps import stepped

from engine.tasks import arithmetic
from engine.tasks.classic_control import SYSTEMS
from engine.tasks.classic_environment import ClassicEnvironment
from engine.tasks.dataset import collect
from engine.tasks.make import make_environment
from engine.tasks.streams import Streams

CPU = torch.device("cpu")
EPISODES = 6


def policy(name: str, observation: np.ndarray, number: int, random: np.random.Generator) -> int:
    """Good enough in the even episodes to reach the goal or the time limit, random in the others."""
    if number % 2:
        return int(random.integers(2 if name == "CartPole-v1" else 3))
    if name == "CartPole-v1":
        position, velocity, angle, spin = observation
        return int(0.1 * position + 0.3 * velocity + 10 * angle + spin > 0)
    if name == "MountainCar-v0":
        return 2 if observation[1] > 0 else 0
    return 0 if observation[4] > 0 else 2  # pumps


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_step_is_gymnasiums_from_the_same_state(name: str) -> None:
    environment = ClassicEnvironment(name, CPU)
    system = environment.system
    single = gymnasium.make(name, disable_env_checker=True)
    inner: Any = single.unwrapped
    random = np.random.default_rng(0)
    simulation = environment.simulate(EPISODES, Streams((3,), "test", CPU))
    terminated, truncated = 0, 0
    whole = [[simulation._state[:, 0, number].numpy().copy()] for number in range(EPISODES)]
    running = [True] * EPISODES
    for time in range(environment.horizon):
        seen = simulation.observation[0].numpy()
        actions = [policy(name, seen[number], number, random) for number in range(EPISODES)]
        step = simulation.step(torch.tensor([actions]))
        for number in range(EPISODES):
            if not running[number]:
                assert step.reward[0, number] == 0
                continue
            single.reset(seed=0)
            inner.state = whole[number][-1].copy()
            single._elapsed_steps = time  # type: ignore[attr-defined]
            observation, reward, ended, cut, _ = single.step(actions[number])
            # Doubles on both sides; torch and NumPy may differ in the last bits of a sine, at most 1e-13
            # of the speeds of up to 28 rad/s. What is observed is rounded to 1e-7 of them.
            now = simulation._state[:, 0, number].numpy().copy()
            assert now == pytest.approx(np.asarray(inner.state), rel=1e-12, abs=1e-12)
            assert step.observation[0, number].numpy() == pytest.approx(observation, rel=2e-7, abs=1e-7)
            assert (float(step.reward[0, number]), bool(step.terminated[0, number])) == (reward, ended)
            assert bool(step.truncated[0, number]) == (cut and not ended)
            whole[number].append(now)
            running[number] = not (ended or cut)
            assert bool(simulation.running[0, number]) == running[number]
            terminated, truncated = terminated + ended, truncated + (cut and not ended)
    assert not any(running)
    assert terminated
    assert truncated
    assert len(system.low) == len(whole[0][0])
    single.close()


@pytest.mark.parametrize("name", SYSTEMS)
def test_it_starts_where_gymnasiums_does(name: str) -> None:
    single = gymnasium.make(name, disable_env_checker=True)
    theirs = []
    for seed in range(400):
        single.reset(seed=seed)
        inner: Any = single.unwrapped
        theirs.append(np.asarray(inner.state))
    ours = ClassicEnvironment(name, CPU).simulate(400, Streams((0,), "test", CPU))._state[:, 0].numpy().T
    low, high = (np.array(bound) for bound in (SYSTEMS[name].low, SYSTEMS[name].high))
    width = high - low
    for starts in (ours, np.array(theirs)):
        # Of 400 uniform draws the least is beyond .03 of the width with probability 5e-6, and the mean lies
        # within .06, four standard errors, of the middle.
        assert np.all(starts >= low - 1e-8)
        assert np.all(starts <= high + 1e-8)
        assert np.all(starts.min(axis=0) <= low + 0.03 * width)
        assert np.all(starts.max(axis=0) >= high - 0.03 * width)
        assert np.all(np.abs(starts.mean(axis=0) - (low + high) / 2) <= 0.06 * width)
    single.close()


def test_known_ids_are_tensors_and_the_help_says_so() -> None:
    environment = make_environment("CartPole-v1", "", CPU)
    assert isinstance(environment, ClassicEnvironment)
    assert "as tensors" in environment.help


def test_a_group_starts_alike_and_groups_do_not() -> None:
    environment = ClassicEnvironment("Acrobot-v1", CPU)
    starts = environment.simulate(6, Streams((0, 1), "test", CPU), group=3).observation
    assert torch.equal(starts[:, 0], starts[:, 2])
    assert len(starts.flatten(0, 1).unique(dim=0)) == 4


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_seed_alone_is_the_same_bits_in_company(name: str) -> None:
    environment = ClassicEnvironment(name, CPU)
    environment.horizon = 50

    def act(observation, action, reward, time):
        return environment.base_probabilities(observation)

    for number in (3, 37):  # fewer and more than are worked on at once
        alone = collect(environment, act, number, Streams((3,), "test", CPU))
        company = collect(environment, act, number, Streams((0, 7, 3, 1), "test", CPU))
        steps = alone.mask.shape[2]
        assert torch.equal(alone.observations[0], company.observations[2][:, :steps])
        assert torch.equal(alone.rewards[0], company.rewards[2][:, :steps])


@pytest.mark.parametrize(("name", "action"), [("CartPole-v1", 2), ("MountainCar-v0", 3)])
def test_no_episode_is_shorter_than_the_shortest(name: str, action: int) -> None:
    """From every corner of the first states, by every sequence of actions; of many, by those that change
    once."""
    system = SYSTEMS[name]
    steps = system.shortest - 1
    if action**steps < 1000:
        plans = torch.cartesian_prod(*[torch.arange(action)] * steps)
    else:
        ways = torch.cartesian_prod(torch.arange(action), torch.arange(action), torch.arange(steps)).unbind(1)
        plans = torch.where(torch.arange(steps) < ways[2][:, None], ways[0][:, None], ways[1][:, None])
    corners = torch.cartesian_prod(
        *(torch.tensor(pair) for pair in zip(system.low, system.high, strict=True))
    )
    state = corners.double().T[:, :, None].repeat(1, 1, len(plans))
    for turn in plans.T:
        state, _, over = system.move(state, turn.expand(state.shape[1:]))
        assert not over.any()
    assert system.shortest > 1


@pytest.mark.parametrize("name", SYSTEMS)
def test_endless_environments_are_episodes_one_after_the_other(name: str) -> None:
    """Each step equals that of an episode; an end shows what it led to, then the next episode's first."""
    environment = ClassicEnvironment(name, CPU)
    environment.horizon = 30  # so that a time limit is met
    endless = environment.endless(4, Streams((0, 5), "test", CPU))
    random = np.random.default_rng(1)
    age = torch.zeros(2, 4, dtype=torch.int64)
    met = {"terminated": 0, "truncated": 0}
    starts: list[torch.Tensor] = []
    for _ in range(4):
        endless.prepare(16)
        for _ in range(16):
            state, before = endless._state.clone(), endless.observation
            assert torch.equal(before, environment.system.seen(state.movedim(0, -1)))
            actions = torch.from_numpy(random.integers(environment.actions, size=(2, 4)))
            step = stepped(endless, actions)
            moved, reward, over = environment.system.move(state, actions)
            age = age + 1
            assert torch.equal(step.observation, environment.system.seen(moved.movedim(0, -1)))
            assert torch.equal(step.reward, reward)
            assert torch.equal(step.terminated, over)
            assert torch.equal(step.truncated, (age == 30) & ~over)
            ended = step.terminated | step.truncated
            age = torch.where(ended, 0, age)
            low, high = torch.tensor(environment.system.low), torch.tensor(environment.system.high)
            begun = endless._state.movedim(0, -1)[ended]
            starts.append(begun)
            assert bool(((begun >= low) & (begun <= high)).all())
            assert torch.equal(endless.observation[~ended], step.observation[~ended])
            met = {kind: number + int(getattr(step, kind).sum()) for kind, number in met.items()}
    assert met["truncated"]
    assert met["terminated"] or name != "CartPole-v1"
    assert len(torch.cat(starts).unique(dim=0)) == sum(map(len, starts))  # no first state is used twice


def test_endless_environments_go_on_after_load_and_are_apart() -> None:
    environment = ClassicEnvironment("CartPole-v1", CPU)
    streams, same = Streams((0, 5), "test", CPU), Streams((5,), "test", CPU)
    straight, alone = environment.endless(3, streams), environment.endless(3, same)
    for some in (straight, alone):
        some.prepare(20)
    for _ in range(20):
        push = torch.ones(2, 3, dtype=torch.int64)
        assert torch.equal(stepped(straight, push).observation[1:], stepped(alone, push[:1]).observation)
    other = Streams((0, 5), "other", CPU)
    fork = environment.endless(3, other)
    fork.load(straight.state())
    other.load(streams.state())
    for some in (straight, fork):
        some.prepare(12)
    for _ in range(12):
        push = torch.zeros(2, 3, dtype=torch.int64)
        mine, theirs = stepped(straight, push), stepped(fork, push)
        assert torch.equal(mine.observation, theirs.observation)
        assert torch.equal(straight.observation, fork.observation)


@pytest.mark.parametrize("name", SYSTEMS)
def test_by_numpy_and_by_torch_steps_are_the_same_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = ClassicEnvironment(name, CPU)
    one = environment.endless(5, Streams((0, 5), "test", CPU))
    monkeypatch.setattr(arithmetic, "by_numpy", lambda device: False)
    other = environment.endless(5, Streams((0, 5), "test", CPU))
    torch.manual_seed(0)
    for steps in (40, 25):
        for some in (one, other):
            some.prepare(steps)
        for _ in range(steps):
            actions = torch.randint(environment.actions, (2, 5))
            one.step(actions)
            other.step(actions)
            assert torch.equal(one.observation, other.observation)
        mine, theirs = vars(one.taken()), vars(other.taken())
        assert all(torch.equal(value, theirs[kind]) for kind, value in mine.items())
    assert all(torch.equal(value, other.state()[kind]) for kind, value in one.state().items())
