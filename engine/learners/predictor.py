"""What the return-conditioned predictors share: the base's data, and one knob for what to ask."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from engine.learners.common_knobs import learning_rate_knob
from engine.learners.heads import BINS, GAUSSIAN, MIXTURE, head_knob
from engine.learners.knobs import knob
from engine.learners.trained import TrainedLearner


def target_knob() -> Any:
    """The return asked for while acting."""
    return knob(
        1.0,
        label="Target return",
        help="The return the policy is asked for. It changes how the policy acts, not what it learns.",
        unit="reward",
        low=-1e6,
        high=1e6,
        acts=True,
    )


@dataclass(frozen=True)
class DataKnobs:
    """What every learner from data has. The data are drawn from the base before the first update."""

    learning_rate: float = learning_rate_knob(0.01)
    data_episodes: int = knob(
        16384,
        label="Data",
        help="Episodes of the base to learn from.",
        unit="episodes",
        low=1,
        high=100_000,
        scale="log",
        steerable=False,
    )
    batch: int = knob(
        512,
        label="Batch",
        help="Steps of the data in one update; a small tabular task always uses all of them.",
        low=1,
        high=16384,
        scale="log",
    )
    head: str = head_knob(MIXTURE, MIXTURE, GAUSSIAN, BINS)


@dataclass(frozen=True)
class PredictorKnobs(DataKnobs):
    """What every predictor that can be asked for a return has."""

    target: float = target_knob()


class Predictor(TrainedLearner):
    """A learner of π(a | history, return to go) from whole episodes, by what they turned out to be."""

    kind: ClassVar[Literal["predictor", "reward", "oracle"]] = "predictor"
    conditioned = True
