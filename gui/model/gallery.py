"""The experiments that can be opened: those that ship and a person's own, with what a card says of each."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine import experiments
from engine.errors import UserError
from engine.specification import RunSpecification

PAPERS = re.compile(
    r"\s*\([^()]*\d{4}\.\d{4,5}[^()]*\)"
)  # that say so, in brackets: for them a card has no room


@dataclass(frozen=True, slots=True)
class Entry:
    """One card.

    Attributes:
        name: what opens it: the name of one that ships, or a path.
        sentence: the first of its summary; of a file that cannot be read, why.
        own: a person's own file.
        broken: it cannot be read.
    """

    name: str
    title: str
    sentence: str
    runs: tuple[RunSpecification, ...] = ()
    own: bool = False
    broken: bool = False

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of its runs, each once."""
        return tuple(dict.fromkeys(run.task for run in self.runs))

    def matches(self, words: list[str]) -> bool:
        """Whether all these words, in lower case, are in what it says of itself."""
        learners = (f"{run.name} {run.learner}" for run in self.runs)
        said = " ".join((self.title, self.sentence, self.name, *self.tasks, *learners)).lower()
        return all(word in said for word in words)


def entries(folder: Path) -> tuple[Entry, ...]:
    """What ships, the default first, and then every experiment in `folder`, by name. A folder that is
    missing has none."""
    own = sorted(folder.glob("*.toml"), key=lambda path: path.stem.lower())
    return (
        *_shipped(),
        *(_entry(str(path), path.stem, own=True) for path in own),
    )


@cache
def _shipped() -> tuple[Entry, ...]:
    """Read once: they do not change while the app is open."""
    return tuple(_entry(name, name, own=False) for name in experiments.names())


def _entry(name: str, stem: str, *, own: bool) -> Entry:
    try:
        experiment = experiments.load(name)
    except UserError as error:
        return Entry(name, stem, str(error), own=own, broken=True)
    summary = PAPERS.sub("", " ".join(experiment.summary.split()))
    sentence = re.split(r"(?<=[.?!])\s", summary, maxsplit=1)[0]
    return Entry(name, experiment.title, sentence, experiment.runs, own)
