"""A thread that stays as urgent as its process was, whatever becomes of that."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Protocol, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")


class Caller(Protocol):
    """Calls a function for whoever waits for it."""

    def __call__(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What the function returns or raises."""


def here(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """In the thread that waits for it, as urgent as that is."""
    return function(*arguments, **named)


class Urgent:
    """In a thread that is as urgent as the process was when this was made.

    On Linux a process becomes less urgent in the thread that says so and in those that begin later, and a
    process that is started takes after the thread that starts it.
    """

    def __init__(self, threads: int) -> None:
        """`threads` of the numeric library, as the run has: each thread counts its own, and sums over floats
        may end on another bit with another number."""
        self._executor = ThreadPoolExecutor(1, "urgent", torch.set_num_threads, (threads,))
        self._executor.submit(int).result()  # now it has its thread

    def __call__(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What the function returns or raises."""
        return self._executor.submit(function, *arguments, **named).result()
