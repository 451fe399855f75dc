"""Random numbers, one independent stream a seed."""

import hashlib
import math
from collections.abc import Callable, Sequence
from copy import copy
from functools import cache
from typing import Self

import torch
from torch import Tensor

from engine.tasks.tape import Fill, Tape

MANY = 4096  # rows from which sums are a product on a GPU
FEW = 32  # entries from which they are searched

# SplitMix64's constants, as signed numbers: products of int64 keep their low 64 bits.
GOLDEN = 0x9E3779B97F4A7C15 - 2**64
MIXING = ((30, 0xBF58476D1CE4E5B9 - 2**64), (27, 0x94D049BB133111EB - 2**64))


class Streams:
    """One generator a seed, so that a seed's numbers do not depend on how many others run beside it.

    Numbers are drawn on the CPU and moved: a CUDA run sees the same ones. While there is a `tape`, they
    are put where it says.

    Attributes:
        ahead: where the streams stand while numbers have been drawn beyond, for an update that may never
            be made; None where nothing has. Any other draw goes back there first.
    """

    tape: Tape | None = None
    ahead: list[Tensor] | None = None

    def __init__(self, seeds: tuple[int, ...], purpose: str, device: torch.device) -> None:
        """`purpose` separates streams of one seed ("train", "evaluate", …) from each other."""
        self.seeds = seeds
        self.device = device
        self._generators = [torch.Generator().manual_seed(_hashed(seed, purpose)) for seed in seeds]

    def of(self, seeds: slice) -> Self:
        """Those of some of the seeds: what one of the two draws, the other has drawn."""
        some = copy(self)
        some.seeds = self.seeds[seeds]
        some._generators = self._generators[seeds]
        return some

    def uniform(self, *shape: int) -> Tensor:
        """[S, *shape] float32, uniform in [0, 1)."""

        def fill(rows: Sequence[Tensor]) -> None:
            for row, own in zip(rows, self._generators, strict=True):
                row.uniform_(generator=own)

        return self._drawn(shape, torch.float32, fill)

    def normal(self, *shape: int) -> Tensor:
        """[S, *shape] float32, standard normal."""

        def fill(rows: Sequence[Tensor]) -> None:
            for row, own in zip(rows, self._generators, strict=True):
                row.normal_(generator=own)

        return self._drawn(shape, torch.float32, fill)

    def integers(self, high: int, *shape: int) -> Tensor:
        """[S, *shape] int64, uniform in 0 … high - 1."""
        return self.below(lambda: [high] * len(self.seeds), *shape)

    def below(self, limits: Callable[[], Sequence[int]], *shape: int) -> Tensor:
        """[S, *shape] int64, uniform in 0 … limit - 1 with a limit of each seed's own.

        The `limits` are asked for whenever the numbers are drawn, on a tape time and again.
        """

        def fill(rows: Sequence[Tensor]) -> None:
            for row, limit, own in zip(rows, limits(), self._generators, strict=True):
                row.random_(limit, generator=own)

        return self._drawn(shape, torch.int64, fill)

    def _drawn(self, shape: tuple[int, ...], dtype: torch.dtype, fill: Fill) -> Tensor:
        whole = (len(self.seeds), *shape)
        if self.ahead is not None:
            self.load(torch.stack(self.ahead))
        if self.tape is not None:
            return self.tape.drawn(whole, dtype, self.device, fill)
        rows = torch.empty(whole, dtype=dtype)
        fill(rows.unbind())
        return rows.to(self.device)

    def kept(self, probability: float, *shape: int) -> Tensor:
        """[S, *shape] float32, 1 with so much probability and else 0.

        From 16 bits each; the probability is met within 2⁻¹⁷. The bits are counted out from one key a seed,
        where they are needed: a GPU makes its own.
        """
        size = math.prod(shape)

        def fill(rows: Sequence[Tensor]) -> None:
            for row, own in zip(rows, self._generators, strict=True):
                row.random_(-(2**63), None, generator=own)

        words = mixed(self._drawn((1,), torch.int64, fill), -(-size // 4))
        bits = words.view(torch.int16)[:, :size].reshape(-1, *shape)
        highest = max(1, round(probability * 2**16)) - 1 - 2**15  # of those that are kept
        return torch.le(bits, highest, out=torch.empty(bits.shape, device=self.device))

    def categorical(self, probabilities: Tensor) -> Tensor:
        """[S, …] int64 drawn from probabilities [S, …, A], by inversion: one uniform number a draw."""
        return inverted(probabilities, self.uniform(*probabilities.shape[1:-1]))

    def state(self) -> Tensor:
        """[S, bytes] uint8."""
        return torch.stack(self.ahead or self._stand())

    def _stand(self) -> list[Tensor]:
        return [g.get_state() for g in self._generators]

    def look_ahead(self) -> None:
        """What is drawn on a tape from here on is for later: the streams still stand here."""
        self.ahead = self._stand()

    def load(self, state: Tensor) -> None:
        """Take over what :meth:`state` gave."""
        self.ahead = None
        for generator, row in zip(self._generators, state, strict=True):
            # A copy: torch 2.13 crashes now and then when given a row of a larger tensor.
            generator.set_state(row.cpu().clone())


def mixed(keys: Tensor, words: int) -> Tensor:
    """[S, words] int64, random bits: SplitMix64 (Steele, Lea and Flood 2014) from each key [S, 1]."""
    bits = torch.arange(1, words + 1, device=keys.device).mul_(GOLDEN) + keys
    for shift, factor in MIXING:
        # The sign is shifted in; what came in by it is taken out: the shift that is meant brings zeros.
        shifted = (bits >> shift).bitwise_and_((1 << (64 - shift)) - 1)
        bits.bitwise_xor_(shifted).mul_(factor)
    return bits.bitwise_xor_((bits >> 31).bitwise_and_((1 << 33) - 1))


def inverted(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """[…] int64: the entry of probabilities […, A] in which each uniform number […] of [0, 1) falls.

    An entry of probability 0 is never chosen: the comparison counts the cumulative sums that are
    at most u · total, and for u < 1 that product rounds to less than the total. The total itself is
    left out of the count, so that probabilities that are not numbers choose an entry too.
    """
    if probabilities.shape[-1] == 2:
        first, second = probabilities.unbind(-1)
        return (first <= uniform * (first + second)).long()
    # A GPU takes long over a scan of a few numbers each for many rows.
    many = probabilities.is_cuda and uniform.numel() >= MANY
    cumulative = sums(probabilities) if many else probabilities.cumsum(dim=-1)
    edges, point = cumulative[..., :-1], (uniform * cumulative[..., -1])[..., None]
    # Of few entries a count takes half as long as a search, which guesses wrong half the time.
    if cumulative.is_cuda or edges.shape[-1] < FEW:
        return (edges <= point).sum(dim=-1)
    return torch.searchsorted(edges.contiguous(), point, right=True)[..., 0]


def sums(probabilities: Tensor) -> Tensor:
    """Cumulative sums over the last axis, as a product. Each adds the same numbers in the same order, those
    to come as zeros: where nothing is added, two sums are equal to the last bit."""
    return probabilities @ _triangle(probabilities.shape[-1], probabilities.dtype, probabilities.device)


@cache  # made by the eager updates before any that is captured, which could not make it
def _triangle(size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.ones(size, size, dtype=dtype, device=device).triu()


def _hashed(seed: int, purpose: str) -> int:
    # Torch's CPU generator keeps only the low 32 bits of a seed, and hash() differs between processes.
    return int.from_bytes(hashlib.blake2b(f"{seed} {purpose}".encode(), digest_size=4).digest(), "big")
