"""Rows of tables, and their gradient as a product against the one by sums."""

import torch

from engine.learners.lookup import _ByProduct, looked_up


def test_rows_are_each_seeds_own_and_their_gradient_is_the_sum_over_look_ups() -> None:
    random = torch.Generator().manual_seed(5)
    table = torch.randint(-8, 8, (3, 7, 4), generator=random).double().requires_grad_()
    numbers = torch.randint(7, (3, 20), generator=random)
    back = torch.randint(-8, 8, (3, 20, 4), generator=random).double()
    by_hand = torch.zeros_like(table)
    for seed in range(3):
        for place, number in enumerate(numbers[seed].tolist()):
            by_hand[seed, number] += back[seed, place]
    for rows in (looked_up(table, numbers), _ByProduct.apply(table, numbers)):
        assert torch.equal(rows, torch.stack([table[seed, numbers[seed]] for seed in range(3)]))
        (gradient,) = torch.autograd.grad(rows, table, back)
        assert torch.equal(gradient, by_hand)  # whole numbers: no rounding
