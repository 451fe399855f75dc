"""What a run is, as data. A run is a function of this, its seeds and its command log; nothing else."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.errors import UserError, one_of

Value = float | int | bool | str
Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Parent:
    """Where a forked run came from: the recording and the update whose checkpoint it starts at."""

    recording: str
    step: int
    checkpoint: str  # path of the safetensors file


@dataclass(frozen=True)
class Source:
    """The run whose own training episodes a predictor learns from. A recording holds no episodes, but a
    run is a function of its specification, its seeds and its command log: so it is made again.

    Attributes:
        run: what to make again, for as many updates as it made.
        turns: the knobs that were turned: updates done, name, value.
        recording: the recording that this was read from; empty for a run of the same experiment, which
            is made again as its specification says, whatever a person turns meanwhile.
        own: episodes per seed that the run's learner, once trained, acts itself: they are the data then, and
            not what it learned from. Every level of return is asked for equally often. 0 for none.
    """

    run: "RunSpecification"
    turns: tuple[tuple[int, str, Value], ...] = ()
    recording: str = ""
    own: int = 0


@dataclass(frozen=True)
class DataSet:
    """A Minari data set that a predictor learns from, every seed from all of it.

    Attributes:
        folder: where its file is.
        mark: what it was like (see `engine.tasks.data_set`), so that no other is taken for it.
    """

    folder: str
    mark: str


@dataclass(frozen=True)
class RunSpecification:
    """Everything that decides the numbers of a run.

    Attributes:
        name: what the run is called in lists and legends.
        task: a built-in task's name or a Gymnasium id.
        task_text: the text of a person's own task: TOML for one that was drawn, JSON for one given as
            tables; empty for the others. Kept whole, so that the recording needs no other file.
        learner: a name from the catalogue.
        knobs: the knobs that differ from their defaults.
        seeds: one independent replicate each; every recorded array has a seed axis in this order.
        updates: how many updates the budget allows.
        measure_every: updates between two rows of evaluation (1 where evaluation is exact and cheap).
        policy_every: recorded rows between two recorded policies.
        checkpoint_every: updates between two checkpoints; one is always written at the start and the end.
        device: where tensors live; `auto` chooses and the recording says what was chosen.
        threads: threads of the numeric library, which share one product; part of the specification because
            the order of floating-point sums depends on it. With 1, some learners give each core seeds of
            its own, which changes no number (see engine/learners/few.py).
        lossless: record policies at full float32 instead of 12 mantissa bits (relative error 1.2e-4).
        parent: the checkpoint this run starts from, for a fork.
        data: what a predictor learns from; None for episodes of the base.
        base: what the base policy is cloned from, where it is a network; None for the task's own base.
        place: among the learners, or among the exact answers, of its experiment, from 0. It decides how the
            run is drawn wherever it is shown, and no number: runs that differ in it alone are equal.
    """

    name: str
    task: str
    learner: str
    knobs: Mapping[str, Value] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2, 3)
    updates: int = 300
    task_text: str = ""
    measure_every: int = 1
    policy_every: int = 1
    checkpoint_every: int = 100
    device: Device = "auto"
    threads: int = 1
    lossless: bool = False
    parent: Parent | None = None
    data: Source | DataSet | None = None
    base: Source | DataSet | None = None
    place: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Raises UserError where a number makes no sense."""
        for what in ("updates", "measure_every", "policy_every", "checkpoint_every", "threads"):
            if getattr(self, what) < 1:
                raise UserError(f"{what} is {getattr(self, what)}; allowed: whole numbers from 1")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds) or min(self.seeds) < 0:
            listed = ", ".join(map(str, self.seeds)) or "none"
            raise UserError(f"seeds are {listed}; allowed: at least one, distinct, none negative")
        if self.device not in DEVICES:
            raise one_of("device", self.device, DEVICES)
        if self.place is not None and (not isinstance(self.place, int) or self.place < 0):
            raise UserError(f"place is {self.place}; allowed: whole numbers from 0")

    @property
    def oracle(self) -> bool:
        """Whether it is an exact answer, and nothing is learned."""
        return self.learner.endswith("_oracle")

    def to_json(self) -> str:
        """One line of JSON that :meth:`from_json` reads back to an equal specification."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "RunSpecification":
        """Read what :meth:`to_json` wrote.

        Raises:
            UserError: when the text is not a specification.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError as error:
            raise UserError(f"not a run specification: {error}") from None
        return cls.from_data(data)

    @classmethod
    def from_data(cls, data: Any) -> "RunSpecification":
        """Read plain data, as a recording's provenance holds them.

        Raises:
            UserError: when they are not those of a specification.
        """
        try:
            return cls._from_data(data)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError(f"not a run specification: {type(error).__name__} {error}") from None

    @classmethod
    def _from_data(cls, data: dict[str, Any]) -> "RunSpecification":
        read = {**data, "seeds": tuple(data["seeds"])}
        if data.get("parent"):
            read["parent"] = Parent(**data["parent"])
        for key in ("data", "base"):
            if data.get(key):
                read[key] = cls._source(data[key])
        return cls(**read)

    @classmethod
    def _source(cls, source: dict[str, Any]) -> Source | DataSet:
        if "folder" in source:
            return DataSet(**source)
        turns = tuple((int(step), str(name), value) for step, name, value in source["turns"])
        return Source(cls._from_data(source["run"]), turns, source["recording"], source.get("own", 0))
