"""The messages between whoever started a run (the app, the command line, a test) and its worker.

Commands change the run: they are applied at the safe point between two updates, acknowledged with
the step at which they took effect, and recorded. Queries are answered at the same point and change
nothing. Both carry an `id` chosen by the sender; the reply carries it back. The messages travel as
pickles over a private pipe between processes of one user: never from a file or a socket.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.episode import Episode

Value = float | int | bool | str
UNANSWERED = 10.0  # seconds without an answer from an environment after which that is said
State = Literal["starting", "running", "paused", "holding", "finished", "failed"]
# holding: the budget is spent and the file is whole, but the worker still steers and answers.


@dataclass(frozen=True, slots=True)
class SetKnob:
    """Turn one knob. At rest a row is measured and recorded at once of one that acts (`Knob.acts`).

    `act` names what a hand did, a drag for one, in every run that it was done to. Where the next turn of the
    same act is here already, that one is measured instead.
    """

    id: int
    name: str
    value: Value
    act: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """Start or stop the loop, or step it.

    `extend` adds the specification's budget once more to a run that is holding.
    `stop` writes a last checkpoint, ends the recording and the worker.
    """

    id: int
    action: Literal["pause", "resume", "step", "checkpoint", "extend", "stop"]


@dataclass(frozen=True, slots=True)
class PolicyQuery:
    """What would the policy do at the recording's probes if asked for `target` (reward units)?"""

    id: int
    target: float


@dataclass(frozen=True, slots=True)
class EpisodeQuery:
    """What does the policy do in an episode, if asked for `target` (reward units)?

    `seed` is a place among the run's seeds; episodes of another `number` are others.
    """

    id: int
    target: float
    seed: int
    number: int


Command = SetKnob | Control
Request = SetKnob | Control | PolicyQuery | EpisodeQuery


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The command took effect before update `step` + 1.

    Attributes:
        seconds: from its arrival to its effect.
        rows: how many the recording has when one shows the effect.
    """

    id: int
    step: int
    seconds: float
    rows: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The command or query changed nothing; `message` is one line for a person."""

    id: int
    message: str


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """Action probabilities [seed, probe, action] for the asked target, after `step` updates."""

    id: int
    target: float
    step: int
    policy: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EpisodeAnswer:
    """An episode of the policy as it is now."""

    id: int
    episode: Episode


@dataclass(frozen=True, slots=True)
class Status:
    """Sent when the state changes and about five times a second while running."""

    state: State
    step: int
    updates: int  # the budget
    updates_per_second: float
    device: str  # what was chosen, for example "cpu, 1 thread"
    recording: str  # path of the live file, or of the finished one


@dataclass(frozen=True, slots=True)
class Busy:
    """Sent once a second by a worker that is at something that takes long: what it is at, in words (empty
    where nothing says so), and for how many seconds it has said nothing else.

    `environment`: for how many seconds someone's environment has not answered; 0 where none was asked.
    """

    words: str
    seconds: float
    environment: float = 0.0

    @property
    def held_up(self) -> str:
        """By an environment that takes so long that it may never answer, in words; else empty."""
        seconds = self.environment
        return f"no answer for {seconds:.0f} s from its environment" if seconds > UNANSWERED else ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The run rests because of something that a person can mend, a full disk for one, and goes on by
    itself once it is mended: `message` is then empty."""

    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The run ended by an error; its recording is kept. The last message of a worker that failed."""

    step: int
    message: str
    traceback: str


Report = Acknowledged | Refused | PolicyAnswer | EpisodeAnswer | Status | Busy | Waiting | Failed
