"""Starting, pausing and ending what is open."""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from engine.errors import UserError
from engine.protocol import Control
from gui.model.placing import new_folder
from gui.model.run_item import RunItem

if TYPE_CHECKING:
    from gui.model.session import Session

Action = Literal["pause", "resume", "step", "extend", "stop"]
APPLIES: dict[Action, tuple[str, ...]] = {  # the states in which a worker takes a control
    "pause": ("starting", "running"),
    "resume": ("paused",),
    "step": ("paused",),
    "extend": ("holding",),
    "stop": ("starting", "running", "paused", "holding"),
}


class Running:
    """The runs of a session, as a person drives them."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    @property
    def state(self) -> str:
        """`empty`, `ready`, `running`, `paused`, `holding` (the budget is spent) or `recorded`: also while
        the runs stop, for another start need not wait."""
        if not self._session.items:
            return "empty"
        live = [item.state for item in self._session.live if not item.stopping]
        for state in ("starting", "running", "paused", "holding"):
            if state in live:
                return "running" if state == "starting" else state
        return "ready" if all(item.state == "ready" for item in self._session.items) else "recorded"

    def start(self, paused: bool = False) -> None:
        """Launch every run of the experiment, with the knobs as they were set before."""
        session = self._session
        if session.experiment is None:
            raise UserError("nothing to run: choose an experiment first")
        if self.state != "ready":
            session.choose(session.experiment)
        stamp = time.strftime("%Y-%m-%d %H.%M.%S")
        folder = new_folder(session.folder, f"{stamp} {session.experiment.name}")
        for item in session.items:
            stated = item.specification.knobs
            chosen = {n: v for n, v in item.values.items() if n in stated or v != item.knobs[n].default}
            item.specification = replace(item.specification, knobs={**stated, **chosen})
            item.handle = session.launcher.launch(item.specification, folder, hold=True)
            item.state = "starting"
        if paused:
            self.control("pause")
        session.steering.undo.forget_knobs()
        session.cursor.reset()
        session.rebuild()
        session.revision += 1

    def toggle(self) -> None:
        """Run, pause, resume, or at the end of the budget go on for as long again."""
        state = self.state
        if state in ("ready", "recorded"):
            self.start()
        else:
            actions: dict[str, Action] = {"running": "pause", "paused": "resume", "holding": "extend"}
            if state in actions:
                self.control(actions[state])

    def step(self) -> None:
        """One update of every run that has any left; starts or pauses them first."""
        if self.state in ("ready", "recorded"):
            self.start(paused=True)
        self.control("pause")
        self.control("step")
        self._session.cursor.follow()

    def stop(self) -> None:
        """End the runs; their recordings stay open. One that cannot hear it is ended by force: at once, or as
        soon as that is known."""
        self.control("stop")
        self.end_the_deaf()

    def end_the_deaf(self) -> None:
        """Those whose environment does not answer; and those that take long to begin: they have no row yet
        that could be lost."""
        for item in self._session.live:
            if item.stopping and (item.held_up or (item.state == "starting" and item.slow)):
                item.end()

    def end_silent(self, items: list[RunItem] | None = None) -> None:
        """End by force the workers that do not answer; of these runs also those that are slow, or slow to
        stop."""
        silent = [item for item in items or self._session.live if item.live and item.silence.since]
        silent += [item for item in items or [] if (item.slow or item.stopping) and item not in silent]
        if not silent:
            slow = any(item.slow for item in self._session.live)
            more = "; one that takes long is ended from its menu in the list" if slow else ""
            raise UserError(f"every run answers: nothing was ended{more}")
        for item in silent:
            item.end()

    def control(self, action: Action) -> None:
        """Send one control to every live run that it makes sense for."""
        states = APPLIES[action]
        for item in self._session.live:
            if item.stopping or item.handle is None or item.state not in states:
                continue
            if not (action == "extend" and item.oracle):
                item.handle.send(Control(self._session.launcher.next_id(), action))
                if action == "pause":
                    item.state = "paused"  # the worker will confirm; a step may follow at once
                elif action == "stop":
                    item.stopping = True
                    self._session.revision += 1
