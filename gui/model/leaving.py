"""Runs that were let go: they finish their recordings while the window goes on."""

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.launch import RunHandle


class Leaving:
    """Closes runs in threads of its own."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def add(self, handles: "list[RunHandle]") -> None:
        """Close these runs, side by side. Returns at once; nobody else uses the handles from now on."""
        if not handles:
            return
        from engine.launch import close_all

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=close_all, args=(handles,), name="leaving runs"))
        self._threads[-1].start()

    def wait(self) -> None:
        """Until all of them are gone; `close_all` says how long that may take."""
        while self._threads:
            self._threads.pop().join()
