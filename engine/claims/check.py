"""What an experiment expects, one sentence at a time, in a form that can be tested."""

from dataclasses import dataclass
from typing import Literal

Relation = Literal["above", "below"]
Idea = Literal["for", "against", "neither"]
RELATIONS: tuple[Relation, ...] = ("above", "below")
IDEAS: tuple[Idea, ...] = ("for", "against", "neither")


@dataclass(frozen=True)
class Check:
    """`metric` of `run`, at its end, is above (below) `than`, or that of the run `than_run` by `margin`.

    Attributes:
        says: the sentence for a person, true when the check holds.
        run: a run's name in the experiment.
        metric: a recorded column's name.
        relation: which side is expected.
        than: the number to compare with, in the metric's unit; with `than_run` not used.
        than_run: the run to compare with, seed by seed; empty to compare with a number.
        margin: how far above (below) that run at least, in the metric's unit.
        idea: whether what is expected speaks for the idea that prediction keeps more (`for`), against
            it (`against`), or for neither side (`neither`).
    """

    says: str
    run: str
    metric: str
    relation: Relation
    than: float = 0.0
    than_run: str = ""
    margin: float = 0.0
    idea: Idea = "neither"
