"""What two runs do in the same places, and how far apart that is."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from engine.compare.side import Side, same_task
from engine.errors import UserError
from engine.metrics.information import kl, total_variation
from engine.metrics.interval import bootstrap_interval, interquartile_mean
from engine.tasks.tabular import Floats, Integers


@dataclass(frozen=True)
class Places:
    """The probes that two recordings share: their numbers in each, [P] in the order of A's."""

    a: Integers
    b: Integers


def shared_places(a: Side, b: Side) -> Places:
    """The probes of both, matched by their labels.

    Raises:
        UserError: in one line, why their policies cannot be compared.
    """
    if not same_task(a, b):
        raise UserError("no difference of policies: the tasks are not the same")
    if a.layout.actions != b.layout.actions:
        raise UserError("no difference of policies: the actions are not the same")
    ones, others = a.layout.probes, b.layout.probes
    if ones == others:
        every = np.arange(len(ones))
        return Places(every, every)
    if len(set(ones)) < len(ones) or len(set(others)) < len(others):
        raise UserError("no difference of policies: their places are not the same, and share their names")
    there = {probe: number for number, probe in enumerate(others)}
    both = [(number, there[probe]) for number, probe in enumerate(ones) if probe in there]
    if not both:
        raise UserError("no difference of policies: no place is recorded in both")
    return Places(np.array([one for one, _ in both]), np.array([other for _, other in both]))


def between(a: Floats, b: Floats) -> tuple[Floats, Floats, Floats]:
    """How far apart two policies [..., P, A] are in each place: total variation [..., P] (0 to 1), KL(a‖b)
    and KL(b‖a) [..., P] in nats, infinite where the first does what the second never does; NaN where either
    policy is."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    unknown = np.isnan(a).any(axis=-1) | np.isnan(b).any(axis=-1)
    distances = total_variation(a, b), kl(a, b), kl(b, a)
    tv, forth, back = (np.where(unknown, np.nan, distance) for distance in distances)
    return tv, forth, back


@dataclass(frozen=True)
class Spread:
    """How far apart two runs' policies are, as mean total variation over places, 0 to 1.

    Attributes:
        value, low, high: between seed s of A and seed s of B: interquartile mean over seeds, and its 95 %
            bootstrap interval (NaN for one seed); NaN throughout where they share no seed.
        own: between two seeds of A, and of B, the mean over all pairs; NaN where there is one seed. A
            distance between runs that is no larger than this is no more than seeds differ anyway.
    """

    value: float
    low: float
    high: float
    own: tuple[float, float]


def spread(a: Floats, b: Floats, seeds: tuple[tuple[int, ...], tuple[int, ...]]) -> Spread:
    """From policies [S, P, A] of A and [T, P, A] of B in the same places, and their seeds."""
    pairs = [(place, seeds[1].index(seed)) for place, seed in enumerate(seeds[0]) if seed in seeds[1]]
    apart = np.array([_mean(a[one], b[other]) for one, other in pairs])
    apart = apart[~np.isnan(apart)]
    low = high = value = float("nan")
    if apart.size:
        value = float(interquartile_mean(apart))
        low, high = (float(end) for end in bootstrap_interval(apart))
    return Spread(value, low, high, (_among(a), _among(b)))


def _among(policies: Floats) -> float:
    apart = [_mean(policies[one], policies[other]) for one, other in combinations(range(len(policies)), 2)]
    return float(np.mean(apart)) if apart else float("nan")


def _mean(a: Floats, b: Floats) -> float:
    """Over the places where both are known."""
    tv = between(a, b)[0]
    known = tv[~np.isnan(tv)]
    return float(known.mean()) if known.size else float("nan")
