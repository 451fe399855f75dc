"""Forks of what is open: where they begin, what they begin with, and what is said of them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.specification import Value
from gui.model.changes import Change
from gui.model.checkpoints import Checkpoints, Wanted
from gui.model.family import arrange, fork_of, origin, present
from gui.model.run_item import RunItem
from gui.model.scale import written

if TYPE_CHECKING:
    from gui.model.session import Session

AS_THEY_STOOD = "as they stood there"


class Forking:
    """Of one session.

    Attributes:
        checkpoints: asked of live runs, and the forks that wait for one.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session
        self.checkpoints = Checkpoints(session.launcher)

    def fork(
        self, item: RunItem, step: int, knobs: Mapping[str, Value] | None = None, how: str = AS_THEY_STOOD
    ) -> RunItem:
        """Start a run from the newest checkpoint of `item` at or before `step`, beside it, and say so.

        Args:
            knobs: what it begins with; None for the knobs as they stood there. `how` says so in words.

        Raises:
            UserError: where there is no such checkpoint.
        """
        session = self._session
        names = [other.name for other in session.items]
        wanted = fork_of(item, step, names, knobs)
        assert item.recording is not None
        index = 1 + max(o.index for o in session.items if o.oracle == item.oracle)
        wanted = replace(wanted, place=index)
        fork = RunItem(wanted, index, item.oracle)
        fork.describe([knob.as_data() for knob in item.knobs.values()])
        session.steering.undo.joined(fork, item)
        fork.handle = session.launcher.launch(wanted, item.recording.path.parent, hold=True)
        fork.state = "starting"
        session.items = arrange([*session.items, fork])
        session.selected = fork
        session.rebuild()
        session.revision += 1
        session.family_changed.emit()
        asked = f", target {written(wanted.knobs['target'])}" if "target" in wanted.knobs else ""
        session.message.emit(f"{fork.name} runs: {origin(fork)}, knobs {how}{asked}")
        return fork

    def fork_at(self, item: RunItem, step: int, *, as_now: bool = False) -> None:
        """Fork where a person looks: a live run that is looked at as it is now, from a checkpoint of now.

        Args:
            as_now: with the knobs as they are set now, not as they stood there.

        Raises:
            UserError: where there is no checkpoint at or before `step`.
        """
        knobs, how = (dict(item.values), "as set now") if as_now else (None, AS_THEY_STOOD)
        if present(item, step):
            self.checkpoints.fork(Wanted(item, None, knobs, how))
        else:
            self.fork(item, step, knobs, how)

    def fork_from_before(self) -> None:
        """Fork the runs that have learned with the last change from before it: all as it is but for that."""
        change = self._session.steering.undo.last
        for item in change.learned_by if isinstance(change, Change) else []:
            knobs = {**item.values, change.name: change.before[item]}
            how = f"as set now but {change.label} {written(change.before[item])}"
            self.checkpoints.fork(Wanted(item, change.steps[item], knobs, how))

    def fork_what_waited(self) -> None:
        """Start the forks whose checkpoint has come."""
        for wanted in self.checkpoints.ready():
            step = wanted.item.last_step if wanted.step is None else wanted.step
            try:
                self.fork(wanted.item, step, wanted.knobs, wanted.how)
            except UserError as error:
                self._session.message.emit(str(error))
