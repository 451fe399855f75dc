"""What a picture shows, in sentences: for a screen reader, and for whoever wants its figures in words.

Pure: values in, text out. Means are over seeds.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST = 8  # targets that are told one by one


@dataclass(frozen=True, slots=True)
class Reading:
    """A run's value at the cursor: mean, lowest and highest seed; NaN where nothing was measured."""

    name: str
    mean: float
    low: float = math.nan
    high: float = math.nan
    note: str = ""  # in words, what else is to be said of it


def figure(value: float) -> str:
    """Three significant figures; infinite and missing values in words."""
    if math.isnan(value):
        return "not measured"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    return f"{value + 0.0:.3g}"


def place(step: int, end: int, *, following: bool) -> str:
    """Where the cursor is."""
    return f"at update {step}, the newest" if following else f"at update {step} of {end}"


def counted(count: int, what: str) -> str:
    """So many of something."""
    return f"{count} {what}{'s'[: count != 1]}"


def _reading(reading: Reading) -> str:
    words = f"{reading.name} {figure(reading.mean)}"
    if reading.high > reading.low:
        words += f", seeds from {figure(reading.low)} to {figure(reading.high)}"
    return f"{words}, {reading.note}" if reading.note else words


def curves(label: str, unit: str, where: str, readings: Sequence[Reading], against: str = "update") -> str:
    """A metric of several runs."""
    if not readings:
        return f"{label}: nothing is shown."
    measured = f"in {unit}, " if unit else ""
    axis = "" if against == "update" else f" It is drawn against {against}."
    each = "; ".join(map(_reading, readings))
    return f"{label} of {counted(len(readings), 'run')}, {measured}{where}.{axis} {each}.{_best(readings)}"


def _best(readings: Sequence[Reading]) -> str:
    finite = [r for r in readings if math.isfinite(r.mean)]
    if len(finite) < 2:
        return ""
    high, low = max(finite, key=lambda r: r.mean), min(finite, key=lambda r: r.mean)
    return "" if high.mean == low.mean else f" Highest {high.name}, lowest {low.name}."


@dataclass(frozen=True, slots=True)
class Share:
    """A bar: total drift in nats, what of it was asked for (NaN where that cannot be estimated), and the
    least that the target can cost (NaN where unknown)."""

    name: str
    total: float
    asked: float
    least: float = math.nan
    estimated: bool = False


def drift(where: str, shares: Sequence[Share], asked_return: str) -> str:
    """How far runs have moved from the base."""
    if not shares:
        return "Drift from the base: nothing is shown."
    words = []
    for share in shares:
        about = "about " if share.estimated else ""
        total = f"{share.name} {about}{figure(share.total)}"
        if math.isinf(share.total):
            total += ": it does what the base never does"
        elif math.isnan(share.asked):
            total += ", what of it was asked for cannot be estimated"
        else:
            rest = max(round(share.total - share.asked, 9), 0.0)
            total += f", of which {figure(share.asked)} asked for and {figure(rest)} collateral"
        words.append(total)
    least = list(dict.fromkeys(figure(share.least) for share in shares if math.isfinite(share.least)))
    told = f"Drift from the base in nats, {where}. {'; '.join(words)}."
    return f"{told} A return of {asked_return} costs at least {' or '.join(least)}." if least else told


def frontier(where: str, points: Sequence[tuple[str, float, float]], *, exact: bool) -> str:
    """Where each run is: name, drift in nats, mean return."""
    if not points:
        return "Return against drift: nothing is shown."
    each = "; ".join(f"{name} return {figure(y)} at {figure(x)} nats" for name, x, y in points)
    line = " The dashed line is the most return for each drift." if exact else ""
    return f"Return against drift, {where}. {each}.{line}"


def policy(title: str, probabilities: Floats | None, actions: Sequence[str], missing: str = "") -> str:
    """A policy [P, A]: in which share of places each action is the likeliest, and how sure it is of it."""
    if probabilities is None:
        return f"{title}: {missing or 'not recorded'}."
    known = probabilities[np.isfinite(probabilities).all(axis=1)]
    if not len(known):
        return f"{title}: nothing is known of it."
    names = [actions[a] if a < len(actions) else f"action {a}" for a in range(known.shape[1])]
    if len(known) == 1:
        each = ", ".join(f"{name} {p:.2f}" for name, p in zip(names, known[0], strict=True))
        return f"{title}: {each}."
    best = known.max(axis=1)
    several = (known > best[:, None] - 1e-6).sum(axis=1) > 1
    first = Counter(int(a) for a in known[~several].argmax(axis=1))
    parts = [f"{names[action]} in {count}" for action, count in first.most_common()]
    if several.any():
        parts.append(f"undecided in {int(several.sum())}")
    sure = f"the likeliest has probability {figure(float(best.mean()))} on average"
    return f"{title}, {counted(len(known), 'place')}: {', '.join(parts)}; {sure}."


def _told(values: Floats) -> list[int]:
    """Places of those that are told one by one: all, or some evenly spread, the ends among them."""
    if len(values) <= MOST:
        return list(range(len(values)))
    return sorted({round(k) for k in np.linspace(0, len(values) - 1, MOST)})


def fan(name: str, targets: Floats, returns: Floats, shares: Floats) -> str:
    """What comes back for every target: the likeliest return and the mean; `shares` is [R, T]. A single
    target that is NaN stands for a run that takes none."""
    means = returns @ shares
    likeliest = shares.argmax(axis=0)
    words = []
    for k in _told(targets):
        row = int(likeliest[k])
        asked = f"asked for {figure(float(targets[k]))}" if math.isfinite(targets[k]) else "without a target"
        often = f"{100 * float(shares[row, k]):.0f} % bring {figure(float(returns[row]))}"
        words.append(f"{asked} {often}, the mean is {figure(float(means[k]))}")
    return f"Returns of {name}, {counted(len(targets), 'target')}. {'; '.join(words)}."


def calibration(where: str, runs: Sequence[tuple[str, Floats, Floats]]) -> str:
    """What runs achieve for what they are asked: name, targets [T], mean returns [T]."""
    if not runs:
        return "Calibration: no run here can be asked for a return."
    words = []
    for name, targets, achieved in runs:
        each = ", ".join(
            f"{figure(float(targets[k]))} brings {figure(float(achieved[k]))}" for k in _told(targets)
        )
        gaps = np.abs(achieved - targets)
        off = f", off by {figure(float(np.nanmean(gaps)))} on average" if np.isfinite(gaps).any() else ""
        words.append(f"{name}: asked for {each}{off}")
    return f"Achieved return against asked return, {where}. {'; '.join(words)}."


def timeline(where: str, marks: Sequence[tuple[int, str]]) -> str:
    """The cursor and what happened: update and words of each mark; the last ones are told."""
    if not marks:
        return f"The cursor is {where}. Nothing was changed so far."
    last = "; ".join(f"update {step}, {words}" for step, words in marks[-MOST:])
    return f"The cursor is {where}. {counted(len(marks), 'mark')}, the last: {last}."
