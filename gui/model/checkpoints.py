"""Checkpoints asked of live runs, and the forks that wait until one is recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.protocol import Control
from engine.specification import Value
from gui.model.launcher import Launcher
from gui.model.run_item import RunItem


@dataclass(slots=True)
class Wanted:
    """A fork to be.

    Attributes:
        step: of the checkpoint that it begins at; None until the worker has said where it took it.
        knobs: as in :meth:`Forking.fork`; `how` says so in words.
    """

    item: RunItem
    step: int | None
    knobs: Mapping[str, Value] | None
    how: str


class Checkpoints:
    """Asks workers for checkpoints at their next safe point: no run waits for it."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._asked: dict[int, tuple[RunItem, Callable[[int], None]]] = {}
        self._taken: set[tuple[RunItem, int]] = set()  # runs and steps
        self._wanted: list[Wanted] = []

    def ask(self, item: RunItem, then: Callable[[int], None]) -> None:
        """Have a live run keep its present state; `then` hears of which update that is."""
        if item.handle is not None:
            request = self._launcher.next_id()
            self._asked[request] = item, then
            item.handle.send(Control(request, "checkpoint"))

    def fork(self, wanted: Wanted) -> None:
        """Have a fork wait for its checkpoint, which is asked for where its step is not known."""

        def taken(step: int) -> None:
            wanted.step = step

        self._wanted.append(wanted)
        if wanted.step is None:
            self.ask(wanted.item, taken)

    def acknowledged(self, request: int, step: int) -> None:
        """A worker took one."""
        if request in self._asked:
            item, then = self._asked.pop(request)
            self._taken.add((item, step))
            then(step)

    def refused(self, request: int) -> None:
        """A worker took none: what waits for it takes an earlier one."""
        if request in self._asked:
            item, then = self._asked.pop(request)
            then(item.last_step)

    def ready(self) -> list[Wanted]:
        """The forks that need not wait any longer: their checkpoint is recorded, or none will come."""
        found = [wanted for wanted in self._wanted if self._ready(wanted)]
        self._wanted = [wanted for wanted in self._wanted if wanted not in found]
        return found

    def forget(self) -> None:
        """The runs are gone."""
        self._asked.clear()
        self._taken.clear()
        self._wanted.clear()

    def _ready(self, wanted: Wanted) -> bool:
        item, recording = wanted.item, wanted.item.recording
        if not item.live and (recording is None or not recording.live):
            return True
        if wanted.step is None:
            return False
        held = recording is not None and any(one.step == wanted.step for one in recording.checkpoints)
        return held or (item, wanted.step) not in self._taken
