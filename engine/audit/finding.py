"""What a probe found, read from its recordings and from nothing else."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from engine.audit.plan import ROLES, Role, run_name
from engine.audit.probe import Probe
from engine.claims.check import Check
from engine.claims.verdict import at_end, judged
from engine.recording.reader import Recording

MATTERS = 0.05  # of the way from the base's mean return to the best: less is no difference
SAME_RETURN = 1e-6  # reward units
T = TypeVar("T")

Compared = Literal["more", "less", "same", "undecided"]


@dataclass(frozen=True)
class Number:
    """Interquartile mean over seeds with its 95 % bootstrap interval; NaN where nothing was measured."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Result:
    """What one of a probe's runs came to.

    Attributes:
        label: the learner's, for a person.
        achieved: return at its end, reward units.
        lost: the best possible return less what was achieved.
        worst: the lowest seed's return at its end: what a mean over seeds may hide.
        collateral: drift at its end that its returns did not ask for, nats; NaN where not estimable.
        exact: no sampling went into these numbers.
    """

    label: str
    achieved: Number
    lost: Number
    worst: float
    collateral: Number
    exact: bool


@dataclass(frozen=True)
class Finding:
    """What became of a learner in a probe.

    Attributes:
        probe: what was asked.
        takes_target: whether the learner could be asked at all.
        learns: from `data`, from its own `acting`, or `nothing`: an oracle.
        supported: whether the data ever reach what was asked.
        good: how many of the probe's episodes of data reach it, on average; NaN where all data are had.
        best: the largest expected return that any policy can have, reward units.
        audited, perfect, baseline: what the runs came to.
        before: the learner before it learned from its own episodes; None where it did not.
        than_baseline, than_perfect: whether the learner loses `more` or `less`, seed by seed; `same` where
            the whole interval lies within 5 % of the way from the base's mean to the best return.
        matters: that 5 %, reward units.
        seeds: how many there were.
    """

    probe: Probe
    takes_target: bool
    learns: Literal["data", "acting", "nothing"]
    supported: bool
    good: float
    best: float
    audited: Result
    perfect: Result
    baseline: Result
    before: Result | None
    than_baseline: Compared
    than_perfect: Compared
    matters: float
    seeds: int


def found(probe: Probe, recordings: Mapping[str, Recording]) -> Finding | None:
    """Judge a probe by the recordings of its runs, by run name. None while one of them is missing."""
    own = roles(probe, recordings)
    if not {"audited", "perfect", "baseline"} <= own.keys():
        return None
    task, learner = _about(own["perfect"], "task"), _about(own["audited"], "learner")
    best = float(task["best_return"])
    matters = MATTERS * abs(best - float(task["base_return"]))
    shares = np.asarray(own["perfect"].layout.constants["base_returns"])
    near = np.abs(np.asarray(own["perfect"].layout.returns) - probe.asked) < SAME_RETURN
    likely = float(shares[near].sum())
    return Finding(
        probe=probe,
        takes_target=bool(learner["conditioned"]),
        learns=_learns(learner),
        supported=likely > 0,
        good=probe.episodes * likely if probe.episodes else math.nan,
        best=best,
        audited=_result(own["audited"], best),
        perfect=_result(own["perfect"], best),
        baseline=_result(own["baseline"], best),
        before=_result(own["before"], best) if "before" in own else None,
        than_baseline=_compared(own["audited"], own["baseline"], matters),
        than_perfect=_compared(own["audited"], own["perfect"], matters),
        matters=matters,
        seeds=len(own["audited"].layout.seeds),
    )


def roles(probe: Probe, by_name: Mapping[str, T]) -> dict[Role, T]:
    """What there is of a probe's runs, by role."""
    return {role: by_name[name] for role in ROLES if (name := run_name(probe, role)) in by_name}


def _about(recording: Recording, what: str) -> Mapping[str, Any]:
    said: Mapping[str, Any] = recording.layout.catalogue[what]
    return said


def _learns(learner: Mapping[str, Any]) -> Literal["data", "acting", "nothing"]:
    if learner["kind"] == "oracle":
        return "nothing"
    return "data" if learner.get("from_data") else "acting"


def _result(recording: Recording, best: float) -> Result:
    achieved = _at_end(recording, "return")
    kinds = {column.name: column.kind for column in recording.layout.columns}
    return Result(
        label=str(_about(recording, "learner")["label"]),
        achieved=achieved,
        lost=Number(best - achieved.value, best - achieved.high, best - achieved.low),
        worst=float(min(at_end({"run": recording}, "run", "return"), default=math.nan)),
        collateral=_at_end(recording, "collateral"),
        exact=kinds.get("return") == "exact",
    )


def _at_end(recording: Recording, metric: str) -> Number:
    verdict = judged(Check("", "run", metric, "above"), {"run": recording})
    return Number(verdict.value, verdict.low, verdict.high)


def _compared(ours: Recording, theirs: Recording, matters: float) -> Compared:
    """Whether our return is lower than theirs (we lose more), seed by seed, by more than `matters`."""
    more = Check("", "ours", "return", "below", than_run="theirs", margin=matters)
    verdict = judged(more, {"ours": ours, "theirs": theirs})
    if verdict.outcome == "held":
        return "more"
    if verdict.low > matters:
        return "less"
    return "same" if -matters <= verdict.low and verdict.high <= matters else "undecided"
