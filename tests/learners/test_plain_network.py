"""A plain network written out, against automatic differentiation in doubles, alone and in company."""

import pytest
import torch
from torch import Tensor

from engine.learners.plain_network import FEW, NARROW, Places, PlainNetwork, tanh_

SEEDS, FEATURES, WIDTH = 3, 5, 8


def weights(outputs: int) -> list[Tensor]:
    torch.manual_seed(0)
    shapes = [(FEATURES, WIDTH), (1, WIDTH), (WIDTH, WIDTH), (1, WIDTH), (WIDTH, outputs), (1, outputs)]
    return [torch.randn(SEEDS, *shape) for shape in shapes]


def passes(own: list[Tensor], tanh: bool, rows: Tensor, gradient: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Outputs, and the gradient of each weight."""
    network = PlainNetwork(own, tanh, Places(own[0]))
    into = [torch.empty_like(weight) for weight in own]
    outputs = network.forward(rows)
    network.backward(rows, gradient, into)
    return outputs, into


@pytest.mark.parametrize("tanh", [True, False])
@pytest.mark.parametrize("outputs", [1, 3, NARROW + 1])
@pytest.mark.parametrize("number", [FEW - 1, 2 * FEW])  # of rows: few and many
def test_passes_are_those_of_automatic_differentiation(tanh: bool, outputs: int, number: int) -> None:
    own = weights(outputs)
    rows, gradient = torch.randn(SEEDS, number, FEATURES), torch.randn(SEEDS, number, outputs)
    found, by_weight = passes(own, tanh, rows, gradient)
    wide = [weight.double().requires_grad_() for weight in own]
    bend = torch.tanh if tanh else torch.relu
    hidden = bend(bend(rows.double() @ wide[0] + wide[1]) @ wide[2] + wide[3])
    expected = hidden @ wide[4] + wide[5]
    slopes = torch.autograd.grad(expected, wide, gradient.double())
    # Sums of up to 32 products of numbers around 1: some ten roundings of the largest sums, around 30.
    assert torch.allclose(found.double(), expected, atol=1e-5)
    for one, slope in zip(by_weight, slopes, strict=True):
        assert torch.allclose(one.double(), slope, atol=2e-5 * float(slope.abs().max()))


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("number", [1, FEW - 1, 2 * FEW])
def test_a_seed_alone_is_the_same_bits_in_company(outputs: int, number: int) -> None:
    own = weights(outputs)
    rows, gradient = torch.randn(SEEDS, number, FEATURES), torch.randn(SEEDS, number, outputs)
    company, by_weight = passes(own, True, rows, gradient)
    alone, of_one = passes([weight[1:2].clone() for weight in own], True, rows[1:2], gradient[1:2])
    assert torch.equal(alone[0], company[1])
    assert all(torch.equal(one[0], all_seeds[1]) for one, all_seeds in zip(of_one, by_weight, strict=True))


def test_places_grow_with_the_largest_number_of_rows_alone() -> None:
    places = Places(torch.empty(SEEDS, FEATURES, WIDTH))
    most = [place.data_ptr() for place in places.of(100)]
    for rows in range(1, 100):
        assert [place.data_ptr() for place in places.of(rows)] == most
        assert all(place.shape == (SEEDS, rows, WIDTH) and place.is_contiguous() for place in places.of(rows))
    assert places.of(101)[0].shape == (SEEDS, 101, WIDTH)
    assert places.of(3)[0].data_ptr() == places.of(101)[0].data_ptr()


def test_tanh_by_a_logistic_function() -> None:
    at = torch.linspace(-20, 20, 100_001)
    found = tanh_(at.clone())
    # σ is at most 1 and counts twice: a rounding of its own, and two of the exponential, of 6e-8 each.
    assert float((found.double() - at.double().tanh()).abs().max()) < 4e-7
    assert tanh_(torch.zeros(3)).tolist() == [0, 0, 0]
    assert tanh_(torch.tensor([-1e4, 1e4])).tolist() == [-1, 1]
    assert bool(tanh_(torch.tensor([torch.nan])).isnan())


def test_a_seed_that_is_lost_is_silent_and_loses_no_other() -> None:
    own = weights(3)
    rows = torch.randn(SEEDS, 4, FEATURES)
    whole = PlainNetwork(own, True, Places(own[0])).forward(rows)
    for lost in (1e38, torch.inf, torch.nan):
        for weight in own:
            weight[0].fill_(lost)
        found = PlainNetwork(own, True, Places(own[0])).forward(rows)
        assert not bool(found[0].isfinite().all())
        assert torch.equal(found[1:], whole[1:])
