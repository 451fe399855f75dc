"""An update of many seeds as updates of few at a time, side by side on the cores there are.

Seeds know nothing of each other, and not a bit of a seed's numbers depends on which others share its tensors.
So an update may be cut along the seed axis as is convenient: what few seeds need stays in a core's cache, and
each core has seeds of its own. A product is still worked out by one thread.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from copy import deepcopy
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, nn

Diagnostics = dict[str, Tensor]
Network = TypeVar("Network", bound=nn.Module)


def side_by_side(updates: Sequence[Callable[[], Diagnostics]]) -> Diagnostics:
    """Make all updates, each of seeds of its own, as many at a time as there are cores.

    Torch lets go of Python's lock inside its operations. Back when all have ended; the error of the first
    that failed is raised.

    Returns:
        their diagnostics, [S] each, of all seeds in the order of the updates.
    """
    if len(updates) == 1:
        return updates[0]()
    made = [_threads().submit(update) for update in updates]
    wait(made)
    return joined([one.result() for one in made])


def copied(network: Network, seeds: slice, kept: object) -> Network:
    """The network of some of the seeds, on the memory of the whole; what is `kept` is not copied."""
    copy = deepcopy(network, {id(kept): kept})
    for own, parameter in zip(copy.parameters(), network.parameters(), strict=True):
        own.data = parameter.data[seeds]
    return copy


def joined(parts: Sequence[Diagnostics]) -> Diagnostics:
    """The same entries of all parts, one behind the other."""
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


@cache  # made in the worker, not before it is forked: threads do not come along
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), "seeds", initializer=torch.set_num_threads, initargs=(1,))


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
