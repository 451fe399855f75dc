"""Layer normalisation by products against PyTorch's, with its gradient."""

import torch
from torch.nn import functional

from engine.learners.normalised import _ByProduct, normalised


def test_by_products_it_is_layer_normalisation_and_so_is_its_gradient() -> None:
    random = torch.Generator().manual_seed(2)
    rows = (3 + 2 * torch.randn(4, 5, 16, generator=random)).double().requires_grad_()
    back = torch.randn(4, 5, 16, generator=random).double()
    expected = functional.layer_norm(rows, (16,))
    found = _ByProduct.apply(rows)
    assert torch.equal(normalised(rows), expected)
    assert torch.allclose(found, expected, rtol=0, atol=1e-12)
    (mine,), (theirs,) = (torch.autograd.grad(one, rows, back) for one in (found, expected))
    assert torch.allclose(mine, theirs, rtol=0, atol=1e-12)
