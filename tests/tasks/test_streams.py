"""Random numbers: a seed's own, whoever is beside it."""

import torch

from engine.tasks.streams import Streams, mixed, sums

CPU = torch.device("cpu")
# The first numbers of SplitMix64 from 1234567, as its users check theirs against (Rosetta Code).
KNOWN = (
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
)


def test_bits_are_split_mix_64() -> None:
    words = mixed(torch.tensor([[1234567], [0]]), 5)
    assert tuple(word % 2**64 for word in words[0].tolist()) == KNOWN
    assert words[1, 0].item() % 2**64 == 0xE220A8397B1DCDAF


def test_so_many_are_kept_and_a_seed_keeps_its_own() -> None:
    company, alone = Streams((1, 2, 3), "test", CPU), Streams((2,), "test", CPU)
    kept = company.kept(0.9, 40, 1001)
    assert set(kept.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(kept[1], alone.kept(0.9, 40, 1001)[0])
    # 40,040 coins a seed: five standard deviations.
    assert ((kept.mean(dim=(1, 2)) - 0.9).abs() < 5 * (0.09 / 40040) ** 0.5).all()
    neighbours = (kept[:, :, 1:] * kept[:, :, :-1]).mean(dim=(1, 2))
    assert ((neighbours - 0.81).abs() < 5 * (0.1539 / 40000) ** 0.5 * 2).all()
    assert company.kept(1.0, 7).all()
    assert torch.equal(company.state()[1], alone_after(alone))


def alone_after(alone: Streams) -> torch.Tensor:
    alone.kept(1.0, 7)
    return alone.state()[0]


def test_sums_by_a_product_grow_by_what_is_added_and_by_nothing_else() -> None:
    random = torch.Generator().manual_seed(3)
    for actions in (1, 2, 4, 7, 33):
        added = torch.rand(50, 20, actions, generator=random)
        added[torch.rand(added.shape, generator=random) < 0.4] = 0.0
        found = sums(added)
        assert torch.allclose(found, added.cumsum(dim=-1), rtol=1e-6, atol=0)
        before = torch.nn.functional.pad(found, (1, 0))[..., :-1]
        assert torch.equal(found[added == 0], before[added == 0])
