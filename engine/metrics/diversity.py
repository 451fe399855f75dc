"""How different a policy's episodes are from each other, as strings of actions.

Implementations differ in their denominators; each docstring names ours. Strings [E, L] are padded with −1.
"""

from collections.abc import Callable

import numpy as np

from engine.metrics.information import entropy
from engine.tasks.tabular import Floats, Integers

LONGEST = 4  # runs of actions compared by self-BLEU


def runs(strings: Integers, length: int) -> tuple[Integers, Integers]:
    """Every run of `length` neighbouring actions: a number for each kind of run, and the string it is in."""
    if strings.shape[1] < length:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(strings, length, axis=1)
    whole = (windows >= 0).all(axis=-1)
    place = np.broadcast_to(np.arange(len(strings))[:, None], whole.shape)[whole]
    if not whole.any():
        return np.empty(0, dtype=np.int64), place
    base = int(strings.max()) + 1
    if base**length > np.iinfo(np.int64).max:  # too many actions to write a run as one number of that base
        return runs(np.where(strings < 0, -1, np.unique(strings, return_inverse=True)[1]), length)
    codes = windows[whole] @ base ** np.arange(length - 1, -1, -1)
    return np.unique(codes, return_inverse=True)[1], place


def distinct(strings: Integers, length: int) -> float:
    """Different runs of `length` over all runs of that length (1510.03055); 0 to 1, NaN without any."""
    kinds, _ = runs(strings, length)
    return float(len(np.unique(kinds)) / len(kinds)) if len(kinds) else float("nan")


def expected_distinct(strings: Integers, actions: int) -> float:
    """EAD (2202.13587): different actions over V [1 − ((V − 1)/V)^C], the number that C uniform draws from V
    actions are expected to show. C is the number of actions in all strings; NaN without any.
    """
    taken = strings[strings >= 0]
    if not len(taken):
        return float("nan")
    # Written so that it keeps its digits for as many actions as the bins of seventeen axes make.
    expected = -actions * float(np.expm1(len(taken) * np.log1p(-1 / actions))) if actions > 1 else 1.0
    return float(len(np.unique(taken)) / expected)


def self_bleu(strings: Integers) -> float:
    """Mean over strings of BLEU-4 with all the others as references (1802.01886); 0 to 1, 1 is all alike.

    Clipped precision of runs of 1 to 4 actions, geometric mean over the lengths that a string has; a length
    of which nothing is found counts as half a run found. No penalty for brevity: strings end when they end.
    """
    total = np.zeros(len(strings))
    lengths = np.zeros(len(strings))
    for length in range(1, min(LONGEST, strings.shape[1]) + 1):
        kinds, place = runs(strings, length)
        if not len(kinds):
            continue
        width = int(kinds.max()) + 1
        counts = np.bincount(place * width + kinds, minlength=len(strings) * width).reshape(-1, width)
        # The most that any *other* string has of each run.
        second, best = np.partition(counts, -2, axis=0)[-2:]
        others = np.where((counts == best) & ((counts == best).sum(axis=0) == 1), second, best)
        found, of = np.minimum(counts, others).sum(axis=1), counts.sum(axis=1)
        has = of > 0
        total[has] += np.log(np.maximum(found[has], 0.5) / of[has])
        lengths[has] += 1
    known = lengths > 0
    return float(np.exp(total[known] / lengths[known]).mean()) if known.any() else float("nan")


def vendi(strings: Integers) -> float:
    """Vendi score (2210.02410): exp of the entropy of the eigenvalues of K/E; 1 to E.

    K_ij is the share of moments at which strings i and j agree, their ends included.
    """
    similarity = (strings[:, None] == strings[None]).mean(axis=-1)
    eigenvalues = np.maximum(np.linalg.eigvalsh(similarity / len(strings)), 0.0)
    return float(np.exp(entropy(eigenvalues / eigenvalues.sum())))


def in_batches(strings: Integers, batches: int, score: Callable[[Integers], float]) -> tuple[Floats, Floats]:
    """Mean and standard error of a score over equal batches of strings [S, E, L]: [S], [S]."""
    values = np.array([[score(part) for part in np.split(one, batches)] for one in strings])
    return values.mean(axis=1), np.asarray(values.std(axis=1, ddof=1) / np.sqrt(batches))
