"""How far a long command is, on standard error; and Ctrl+C."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Told = Callable[[int, int], None]

SAY_EVERY = 5.0  # seconds between two lines where there is no terminal to draw a bar on


@contextmanager
def progress(what: str) -> Iterator[Told]:
    """Give a function that hears how much is done, of how much: a bar on a terminal, else a line at times.

    Ctrl+C is answered the next time that function is called, with KeyboardInterrupt: while Qt paints, an
    exception would be lost. A second Ctrl+C is answered at once.
    """
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not so in the background
    if heeded:
        signal.signal(signal.SIGINT, stop)
    try:
        with _bar(what) if sys.stderr.isatty() else _lines(what) as shown:

            def told(done: int, of: int) -> None:
                if stopped:
                    raise KeyboardInterrupt
                shown(done, of)

            yield told
    finally:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _bar(what: str) -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, of: bars.update(task, completed=done, total=of)


@contextmanager
def _lines(what: str) -> Iterator[Told]:
    said = time.monotonic()

    def shown(done: int, of: int) -> None:
        nonlocal said
        if time.monotonic() - said >= SAY_EVERY:
            said = time.monotonic()
            print(f"{what}: {done} of {of}", file=sys.stderr, flush=True)

    yield shown
