"""What a probe is: a small exact task, what is asked of the learner there, and how it is hampered."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.specification import Value


@dataclass(frozen=True)
class Probe:
    """One question to a learner.

    Attributes:
        name: in run names and on the command line.
        title: for a person.
        question: what is found out, as a question.
        task: a built-in task, exact.
        asked: the return asked for, reward units.
        episodes: of data in all, for learners from data; 0 for as many as the learner takes by itself.
        rounds: how often a learner from data is trained again on episodes that it acted itself.
        knobs: for every learner of the probe that has them and takes these values, unless a person
            turned them.
    """

    name: str
    title: str
    question: str
    task: str
    asked: float
    episodes: int = 0
    rounds: int = 0
    knobs: Mapping[str, Value] = field(default_factory=dict)
