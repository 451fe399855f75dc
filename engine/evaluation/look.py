"""What the exact and the sampled way of looking at a learner share."""

import math
from abc import ABC, abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray

from engine.evaluation.setting import Setting
from engine.learners.base import Learner, Probes
from engine.readout import read
from engine.tasks.tabular import Floats

Columns = dict[str, Floats]
Singles = NDArray[np.float32]


class Look(ABC):
    """A way to measure."""

    def __init__(self, learner: Learner, setting: Setting, targets: Floats) -> None:
        self.learner, self.setting, self.targets = learner, setting, targets

    @abstractmethod
    def measure(self, step: int, policy: Singles, *, closely: bool) -> tuple[Columns, Floats]:
        """{column name: [S]} and P(bin) [S, T, R], given the policy [S, T, P, A] at the probes; with the
        costlier columns when looking `closely`."""

    @property
    def target(self) -> float:
        """The current target, reward units; NaN for a learner that takes none."""
        return float(self.learner.knobs.target) if self.learner.conditioned else math.nan


def policy_at(learner: Learner, probes: Probes, targets: Floats) -> Singles:
    """[S, T, P, A] for `targets` [T]; T is 1 for a learner that takes none."""
    asked = targets if learner.conditioned else np.zeros(1)
    found = learner.probabilities(probes, as_targets(learner, asked))
    return np.asarray(read(found), dtype=np.float32)


def as_targets(learner: Learner, targets: Floats) -> torch.Tensor:
    """[T] in the learner's own precision: oracles are solved in float64, networks are float32."""
    dtype = torch.float64 if learner.kind == "oracle" else torch.float32
    return torch.as_tensor(targets, dtype=dtype, device=learner.device)
