"""A comparison of two runs in words: numbers, differences, and how far apart policies are."""

import numpy as np

from engine.compare.metrics import ROUNDING, Comparison
from engine.compare.specification import ABSENT
from engine.numbers import Number
from gui.model.pairing import Policies
from gui.model.summary import counted

SIGNS = {"higher": "▲", "lower": "▼", "same": "●", "undecided": "?", "none": ""}
SEEN = {
    "higher": "B is higher: the whole interval is above 0",
    "lower": "B is lower: the whole interval is below 0",
    "same": "the same in every seed",
    "undecided": "undecided: the interval holds 0",
    "none": "",
}


def _figures(value: float) -> str:
    return "0" if abs(value) < ROUNDING else f"{value:.3g}"


def nats(value: float) -> str:
    return "infinite" if np.isinf(value) else f"{value:.3f} nats"


def label(each: Comparison) -> str:
    return f"{each.column.label}, {each.column.unit}" if each.column.unit else each.column.label


def middle(number: Number | None) -> str:
    """A run's interquartile mean over seeds; what is estimated has its sign."""
    if number is None or not number.known.size:
        return ABSENT
    sign = "≈ " if number.kind == "estimated" else ""
    return f"{sign}{_figures(number.middle)}" if np.isfinite(number.middle) else "infinite"


def difference_words(each: Comparison) -> str:
    """Sign, difference, interval."""
    if not np.isfinite(each.difference):
        return ABSENT
    bounds = f" [{each.low:+.3g}, {each.high:+.3g}]" if each.seen not in ("none", "same") else ""
    value = "0" if each.difference == 0 else f"{each.difference:+.3g}"
    return f"{SIGNS[each.seen]} {value}{bounds}".strip()


def story(each: Comparison) -> str:
    """In full: both with their own intervals, the difference, how it was formed, and what it says."""
    lines = [label(each), each.column.help]
    for letter, number in (("A", each.a), ("B", each.b)):
        lines.append(f"{letter}: {'not of this run' if number is None else f'{number.words}, {number.kind}'}")
    if each.way != "none":
        count = (
            str(each.seeds[0]) if each.seeds[0] == each.seeds[1] else f"{each.seeds[0]} and {each.seeds[1]}"
        )
        how = f"{each.way}, {count} seeds" if each.way != "one seed" else "one seed each: no interval"
        lines += [f"B − A: {difference_words(each)}, {how}", SEEN[each.seen]]
    return "\n".join(line for line in lines if line)


def spread_words(policies: Policies) -> str:
    """How far apart the policies are over all places and seeds, beside how far apart seeds are anyway."""
    apart = policies.spread
    interval = f" [{apart.low:.3f}, {apart.high:.3f}]" if np.isfinite(apart.low) else ""
    words = f"Mean over {counted(len(policies.probes), 'place')}"
    if np.isfinite(apart.value):
        words += f": {apart.value:.3f}{interval} between A and B, seed by seed"
    else:
        words += f": {np.nanmean(policies.tv):.3f} between the seeds shown; they share no seed"
    own = [
        f"{value:.3f} between {run}'s own seeds"
        for run, value in zip("AB", apart.own, strict=True)
        if value == value
    ]
    return "; ".join([words, *own]) + "."
