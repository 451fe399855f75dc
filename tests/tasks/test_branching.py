"""Where actions lead by chance: the branch found by halves is that of counting, by NumPy and by torch."""

import pytest
import torch
from torch import Tensor

from engine.tasks import arithmetic
from engine.tasks.registry import load
from engine.tasks.streams import Streams
from engine.tasks.tabular_environment import Branching, TabularEnvironment, TabularSimulation

CPU = torch.device("cpu")
ROWS = 7
BITS = 24  # of a number of [0, 1), as it is drawn


def probabilities(branches: int) -> Tensor:
    """[ROWS, branches], some of them 0."""
    torch.manual_seed(branches)
    weights = torch.rand(ROWS, branches, dtype=torch.float64) * (torch.rand(ROWS, branches) < 0.7)
    weights[:, branches // 2] += 0.1
    return weights / weights.sum(dim=1, keepdim=True)


@pytest.mark.parametrize("numpy", [True, False])
@pytest.mark.parametrize("branches", [1, 2, 3, 4, 5, 8, 9, 70])
def test_the_branch_is_that_of_counting(branches: int, numpy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic, "by_numpy", lambda device: numpy)
    probability = probabilities(branches)
    number = torch.arange(ROWS * branches).view(ROWS, branches)
    environment = TabularEnvironment(load("frozen-lake"), CPU)
    environment.branching = found = Branching.of(number, number.float(), probability)
    simulation = environment.simulate(4, Streams((0,), "test", CPU))
    assert isinstance(simulation, TabularSimulation)
    rows = torch.arange(ROWS).repeat_interleave(500)
    uniform = (torch.rand(len(rows)) * 2**BITS).floor().clamp(max=2**BITS - 1) / 2**BITS
    uniform[::500], uniform[1::500] = 0, 1 - 2**-BITS
    branched = simulation._branched(simulation._by.of(rows), uniform)
    next_state = found.next_state[torch.as_tensor(branched)]
    edges = (probability.cumsum(dim=1) / probability.sum(dim=1, keepdim=True)).float()[rows, :-1]
    counted = (edges <= uniform[:, None]).sum(dim=1)
    assert torch.equal(next_state, rows * branches + counted)
    assert torch.equal(found.reward[torch.as_tensor(branched)], next_state.float())
    assert bool((probability[rows, counted] > 0).all())  # what cannot be never is
    # A share of p of 500 lies within five of its deviations.
    for row in range(ROWS):
        share = torch.bincount(counted[rows == row], minlength=branches) / 500
        allowed = 5 * (probability[row] * (1 - probability[row]) / 500).sqrt() + 2 / 500
        assert bool(((share - probability[row]).abs() <= allowed).all())


def test_by_numpy_and_by_torch_episodes_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = TabularEnvironment(load("frozen-lake"), CPU)
    one = environment.simulate(64, Streams((0, 5), "test", CPU))
    monkeypatch.setattr(arithmetic, "by_numpy", lambda device: False)
    other = environment.simulate(64, Streams((0, 5), "test", CPU))
    torch.manual_seed(0)
    for _ in range(environment.horizon):
        actions = torch.randint(environment.actions, (2, 64))
        mine, theirs = one.step(actions), other.step(actions)
        assert all(torch.equal(value, vars(theirs)[name]) for name, value in vars(mine).items())
        assert torch.equal(one.running, other.running)
    assert torch.equal(one.outcome(), other.outcome())
    assert not bool(one.running.any())
