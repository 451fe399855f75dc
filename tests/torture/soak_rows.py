"""Rows for the soak: each carries a checksum of itself, so that a wrong one shows wherever it is read."""

import zlib

import numpy as np
from numpy.typing import NDArray

from engine.recording.schema import Layout, MetricColumn, Row

SEEDS, COLUMNS, TARGETS, PROBES, ACTIONS = 4, 8, 3, 20, 4
POLICY_EVERY = 4


def layout() -> Layout:
    """Metrics m0 … m6 and, last, `checksum`."""
    names = [*(f"m{i}" for i in range(COLUMNS - 1)), "checksum"]
    return Layout(
        seeds=tuple(range(SEEDS)),
        targets=tuple(float(t) for t in range(TARGETS)),
        probes=tuple(f"probe {i}" for i in range(PROBES)),
        actions=tuple("udlr"),
        columns=tuple(MetricColumn(name, name, "", "", "diagnostic") for name in names),
        returns=(0.0, 1.0),
    )


def checksum(
    step: int, metrics: NDArray[np.float64], policy: NDArray[np.float32] | None
) -> NDArray[np.float64]:
    """[S] CRC-32 of a row [S, 7] and, in the first seed's, of its policy; every one is exact in float64."""
    sums = [zlib.crc32(seed.tobytes(), step & 0xFFFFFFFF) for seed in np.ascontiguousarray(metrics)]
    if policy is not None:
        sums[0] = zlib.crc32(np.ascontiguousarray(policy).tobytes(), sums[0])
    return np.array(sums, dtype=np.float64)


def row(step: int, random: np.random.Generator) -> Row:
    """The row after `step` updates; every fourth has a policy."""
    metrics = random.normal(size=(SEEDS, COLUMNS))
    policy = None
    if step % POLICY_EVERY == 0:
        policy = random.random((SEEDS, TARGETS, PROBES, ACTIONS)).astype(np.float32)
    metrics[:, -1] = checksum(step, metrics[:, :-1], policy)
    return Row(step, step * 0.01, metrics, policy)


def wrong(
    first: int,
    steps: NDArray[np.int64],
    metrics: NDArray[np.float64],
    policies: NDArray[np.float32],
) -> list[int]:
    """Which of the rows from row `first` on are not what was written, counted from `first`.

    Args:
        steps: [n].
        metrics: [n, S, M].
        policies: [k, ...] of every fourth row, the first that of the first row ≥ `first` that has one.
    """
    bad, used = [], 0
    for index, step in enumerate(steps.tolist()):
        policy, there = None, True
        if step % POLICY_EVERY == 0:
            there = used < len(policies)
            policy, used = policies[used] if there else None, used + 1
        right = (
            there
            and step == first + index
            and np.array_equal(metrics[index, :, -1], checksum(step, metrics[index, :, :-1], policy))
        )
        if not right:
            bad.append(index)
    return bad
