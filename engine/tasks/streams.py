"""Random numbers, one independent stream a seed."""

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
        # A fixed mixing of seed and purpose; hash() would differ from one process to the next.
        salt = int.from_bytes(purpose.encode()[:6].ljust(6), "big")
        self._generators = [
            torch.Generator().manual_seed((seed * 0x9E3779B97F4A7C15 + salt) % 2**63) for seed in seeds
        ]

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

    def categorical(self, probabilities: Tensor) -> Tensor:
        """[S, …] int64 drawn from probabilities [S, …, A], by inversion: one uniform number a draw."""
        cumulative = probabilities.cumsum(dim=-1)
        uniform = self.uniform(*probabilities.shape[1:-1]).to(cumulative.dtype)
        below = cumulative < (uniform * cumulative[..., -1])[..., None]
        return below.sum(dim=-1).clamp_(max=probabilities.shape[-1] - 1)

    def state(self) -> Tensor:
        """[S, bytes] uint8."""
        return torch.stack([g.get_state() for g in self._generators])

    def load(self, state: Tensor) -> None:
        """Take over what :meth:`state` gave."""
        for generator, row in zip(self._generators, state, strict=True):
            generator.set_state(row.cpu())
