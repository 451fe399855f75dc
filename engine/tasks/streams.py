"""Random numbers, one independent stream a seed."""

import hashlib

import torch
from torch import Tensor


class Streams:
    """One generator a seed, so that a seed's numbers do not depend on how many others run beside it.

    Numbers are drawn on the CPU and moved: a CUDA run sees the same ones.
    """

    def __init__(self, seeds: tuple[int, ...], purpose: str, device: torch.device) -> None:
        """`purpose` separates streams of one seed ("train", "evaluate", …) from each other."""
        self.seeds = seeds
        self.device = device
        self._generators = [torch.Generator().manual_seed(_mixed(seed, purpose)) for seed in seeds]

    def uniform(self, *shape: int) -> Tensor:
        """[S, *shape] float32, uniform in [0, 1)."""
        return torch.stack([torch.rand(shape, generator=g) for g in self._generators]).to(self.device)

    def normal(self, *shape: int) -> Tensor:
        """[S, *shape] float32, standard normal."""
        return torch.stack([torch.randn(shape, generator=g) for g in self._generators]).to(self.device)

    def integers(self, high: int, *shape: int) -> Tensor:
        """[S, *shape] int64, uniform in 0 … high - 1."""
        return torch.stack([torch.randint(high, shape, generator=g) for g in self._generators]).to(
            self.device
        )

    def below(self, limits: list[int], *shape: int) -> Tensor:
        """[S, *shape] int64, uniform in 0 … limit - 1 with a limit of each seed's own."""
        drawn = [
            torch.randint(limit, shape, generator=g)
            for limit, g in zip(limits, self._generators, strict=True)
        ]
        return torch.stack(drawn).to(self.device)

    def categorical(self, probabilities: Tensor) -> Tensor:
        """[S, …] int64 drawn from probabilities [S, …, A], by inversion: one uniform number a draw."""
        return inverted(probabilities, self.uniform(*probabilities.shape[1:-1]))

    def state(self) -> Tensor:
        """[S, bytes] uint8."""
        return torch.stack([g.get_state() for g in self._generators])

    def load(self, state: Tensor) -> None:
        """Take over what :meth:`state` gave."""
        for generator, row in zip(self._generators, state, strict=True):
            # A copy: torch 2.13 crashes now and then when given a row of a larger tensor.
            generator.set_state(row.cpu().clone())


def inverted(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """[…] int64: the entry of probabilities […, A] in which each uniform number […] of [0, 1) falls.

    An entry of probability 0 is never chosen: the comparison counts the cumulative sums that are
    at most u · total, and for u < 1 that product rounds to less than the total.
    """
    cumulative = probabilities.cumsum(dim=-1)
    return (cumulative <= (uniform * cumulative[..., -1])[..., None]).sum(dim=-1)


def _mixed(seed: int, purpose: str) -> int:
    # Torch's CPU generator keeps only the low 32 bits of a seed, and hash() differs between processes.
    return int.from_bytes(hashlib.blake2b(f"{seed} {purpose}".encode(), digest_size=4).digest(), "big")
