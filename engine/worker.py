"""The process around a run: requests in, reports out, and a recorder looked after beside it.

One loop, one safe point: between two updates every waiting request is taken in order, then one
update is made if the run is running. A parent that is gone ends the run as `stop` would: its last
checkpoint is written and its recording finished.
"""

import os
import time
import traceback
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import takewhile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from engine import activity
from engine.errors import UserError
from engine.protocol import (
    Acknowledged,
    Control,
    EpisodeAnswer,
    EpisodeQuery,
    Failed,
    PolicyAnswer,
    PolicyQuery,
    Refused,
    Report,
    Request,
    SetKnob,
    State,
    Status,
    Waiting,
)
from engine.pulse import Voice
from engine.recording.journal import JournalError
from engine.recording.supervisor import RecorderSupervisor, start_recorder
from engine.run import NotFinite, Run
from engine.specification import RunSpecification
from engine.urgency import Caller, Urgent, here

STATUS_EVERY = 0.2  # seconds between two reports of progress
NICENESS = 10  # of a run that a person steers: what a person waits for goes first
QUICK = 0.03  # seconds of processor time: a turn that takes longer is no more urgent than a run that learns
HAND_RESTS = 0.2  # seconds without a request after which a resting run is measured more closely
IDLE_WAIT = 0.05  # seconds a resting worker sleeps before it looks after its recorder again


class Worker:
    """A run under way: its state, its recorder and the pipe to whoever started it."""

    def __init__(
        self,
        connection: "Connection[Any, Any]",
        voice: Voice,
        run: Run,
        hold: bool,
        urgently: Caller = here,
    ) -> None:
        self.connection = connection
        self.voice = voice
        self.run = run
        self.hold = hold
        self.recorder = RecorderSupervisor(run.journal_path, lambda path: urgently(start_recorder, path))
        self._urgently = urgently
        self._took = 0.0  # processor time of the last turn that was measured
        self.state: State = "running"
        self.parent_gone = False
        self.waits = False  # paused because of a full disk
        self._waits_since = 0.0
        self._told = 0.0
        self._asked: deque[tuple[Request, float]] = deque()  # and when it came
        self._heard = 0.0  # when the last came
        self._speed_since = (time.monotonic(), run.step)
        self._speed = 0.0

    def work(self) -> None:
        """Run until the budget is spent (and not held), a stop, or the parent's end."""
        self._tell_status()
        while self.state != "finished":
            self._take_requests()
            if self.state == "running":
                self._advance()
            elif self.run.owes_a_closer_look and time.monotonic() - self._heard > HAND_RESTS:
                self.run.look_closer()
            self._heed_the_disk()
            self.recorder.check()
            if time.monotonic() - self._told > STATUS_EVERY:
                self._tell_status()
        with activity.at("finishing the recording"):
            self.run.close()
            whole = self.recorder.finish()
        if not whole:
            name = self.run.journal_path
            raise UserError(f"the recording is not finished yet; nothing is lost: type recover {name}")
        self._tell_status()

    def _heed_the_disk(self) -> None:
        """Rest while the disk is full and go on when it is not, unless a person said otherwise."""
        obstacle = self.run.obstacle()
        if obstacle and self.state == "running":
            if not self.waits:
                self._waits_since = time.monotonic()
                self._tell(Waiting(obstacle))
            self.waits = True
            self._change("paused")
        elif self.waits and not obstacle:
            self.waits = False
            self._tell(Waiting(""))
            self.run.note_wait(time.monotonic() - self._waits_since)
            if self.state == "paused":
                self._change("running")

    def _take_requests(self) -> None:
        """The safe point. A resting worker waits here for something to do."""
        self._listen(0.0 if self.state == "running" else IDLE_WAIT)
        while self._asked and self.state != "finished":
            request, arrived = self._asked.popleft()
            self._handle(request, arrived)
            self._listen(0.0)
        if self.parent_gone:
            self.state = "finished"

    def _listen(self, wait: float) -> None:
        """Take what was asked meanwhile out of the pipe, or wait for it so many seconds."""
        try:
            while self.connection.poll(wait):
                self._heard = time.monotonic()
                self._asked.append((self.connection.recv(), self._heard))
                wait = 0.0
        except (EOFError, OSError):
            self.parent_gone = True

    def _handle(self, request: Request, arrived: float) -> None:
        rows = self.run.rows
        try:
            match request:
                case PolicyQuery(id, target):
                    self._tell(PolicyAnswer(id, target, self.run.step, self.run.policy_at(target)))
                    return
                case EpisodeQuery(id, target, seed, number):
                    self._tell(EpisodeAnswer(id, self.run.episode(target, seed, number)))
                    return
                case SetKnob(id, name, value, act):
                    rests = self.state != "running"
                    measure = rests and not self._overtaken(request)
                    # An environment may belong to the thread that made it: there it is asked, if it is.
                    urgent = measure and self.run.evaluation.exact and self._took < QUICK
                    turn = partial(self.run.set_knob, name, value, measure=measure, later=rests)
                    call = self._urgently if urgent else here
                    took = call(_timed, partial(turn, arrived=arrived, act=act))
                    if measure:
                        self._took = took
                case Control(id, action):
                    self._control(action)
        except UserError as error:
            self._tell(Refused(request.id, str(error)))
        else:
            shows = max(self.run.rows, rows + 1)  # the row that was just measured, else the next
            self._tell(Acknowledged(id, self.run.step, time.monotonic() - arrived, shows))

    def _overtaken(self, request: SetKnob) -> bool:
        """Whether the hand that turns this knob is further already: a measurement would be of the past, and
        keep it waiting."""
        waiting = [later for later, _ in self._asked]
        ahead = takewhile(lambda later: not isinstance(later, Control), waiting)
        turns = [(later.name, later.act) for later in ahead if isinstance(later, SetKnob)]
        return bool(request.act) and (request.name, request.act) in turns

    def _control(self, action: str) -> None:
        match action:
            case "pause" if self.state == "running" or self.waits:
                self.waits = False  # from here on it rests because a person said so
                self._change("paused")
            case "resume" if self.state == "paused":
                self._change("running")
            case "step" if self.state == "paused":
                self._advance()
            case "extend" if self.state == "holding":
                self.run.extend()
                self._change("running")
            case "checkpoint":
                self.run.checkpoint()
                return
            case "stop":
                self._change("finished")
            case _:
                raise UserError(f"cannot {action} a run that is {self.state}")
        self.run.note_control(action)

    def _advance(self) -> None:
        try:
            with activity.at(f"update {self.run.step + 1}"):
                self.run.update()
        except NotFinite as error:
            # The state before is in the last checkpoint; the person decides what becomes of the run.
            self._change("paused")
            self._tell(Refused(0, str(error)))
            return
        if self.run.step >= self.run.budget:
            self.run.checkpoint()
            self._change("holding" if self.hold else "finished")

    def _change(self, state: State) -> None:
        self.state = state
        self._speed_since = (time.monotonic(), self.run.step)
        self._tell_status()

    def _tell_status(self) -> None:
        now = time.monotonic()
        since, step = self._speed_since
        if now - since > STATUS_EVERY:
            self._speed = (self.run.step - step) / (now - since)
            self._speed_since = (now, self.run.step)
        speed = self._speed if self.state == "running" else 0.0
        self._told = now
        run = self.run
        self._tell(Status(self.state, run.step, run.budget, speed, run.device_text, str(run.path)))

    def _tell(self, report: Report) -> None:
        if not self.parent_gone:
            self.voice.say(report)


def _timed(call: Callable[[], None]) -> float:
    """Seconds of this thread that it takes."""
    began = time.thread_time()
    call()
    return time.thread_time() - began


def main(connection: "Connection[Any, Any]", specification_json: str, path: str, hold: bool) -> None:
    """Entry point of a worker process.

    Args:
        connection: the worker's end of the pipe; requests in, reports out.
        specification_json: a `RunSpecification`.
        path: where the recording will be.
        hold: stay steerable at the end of the budget.
    """
    specification = RunSpecification.from_json(specification_json)
    urgently = Urgent(specification.threads)
    if hold and hasattr(os, "nice"):
        os.nice(NICENESS)
    voice = Voice(connection)
    voice.say(Status("starting", 0, specification.updates, 0.0, "", path))
    with voice.pulse():
        _work(connection, voice, specification, Path(path), hold, urgently)
    connection.close()


def _work(
    connection: "Connection[Any, Any]",
    voice: Voice,
    specification: RunSpecification,
    path: Path,
    hold: bool,
    urgently: Caller,
) -> None:
    run: Run | None = None
    try:
        with activity.at("making the task and the learner"):
            run = Run(specification, path)
        Worker(connection, voice, run, hold, urgently).work()
    except (UserError, JournalError) as error:  # after the latter nothing more can be recorded, not even why
        voice.say(Failed(run.step if run else 0, str(error), ""))
    except Exception as error:
        # The last resort of the process: what went wrong reaches the person, the rows so far are kept.
        message = f"{type(error).__name__}: {error}"
        voice.say(Failed(run.step if run else 0, message, traceback.format_exc()))
        if run:
            run.fail(message)
