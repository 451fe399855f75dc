"""Advantage-weighted (1910.00177) and reward-weighted regression (Peters and Schaal 2007): imitate each
action of the data by exp of how well it turned out. Neither acts to learn, and neither can be asked.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.learners.cloning import WeightedCloning
from engine.learners.knobs import knob
from engine.learners.predictor import DataKnobs
from engine.tasks.dataset import Trajectories

LARGEST = 60.0  # of an exponent, after the largest is taken out: e^-60 counts as nothing


@dataclass(frozen=True)
class WeightedRegressionKnobs(DataKnobs):
    """What may be turned."""

    temperature: float = knob(
        0.3,
        label="Temperature β",
        help="A return higher by β weighs e times as much. As a KL weight: at equal β the optimum of a "
        "single choice is the KL oracle.",
        unit="reward per nat",
        low=0.01,
        high=10.0,
        scale="log",
        steerable=False,
    )


class RewardWeightedRegression(WeightedCloning):
    """Weights exp(R / β) of whole episodes: in a deterministic task the optimum of E[R] − β·KL."""

    name = "reward_weighted"
    label = "Reward-weighted regression"
    help = "Supervised: imitates whole episodes, each weighted by exp of its return over β."
    Knobs = WeightedRegressionKnobs
    knobs: WeightedRegressionKnobs

    def weights(self, data: Trajectories) -> Tensor:
        """See :meth:`WeightedCloning.weights`."""
        return exponentiated(data.returns[..., None], data.held[..., None], self.knobs.temperature)


class AdvantageWeightedRegression(WeightedCloning):
    """Weights exp((R_t − V) / β) of steps, R_t the return to go and V its mean in the data.

    V is the mean at the same state and time where states are numbered, else at the same time.
    """

    name = "advantage_weighted"
    label = "Advantage-weighted regression"
    help = "Supervised: imitates each action weighted by exp of how much better it turned out than usual."
    Knobs = WeightedRegressionKnobs
    knobs: WeightedRegressionKnobs

    def weights(self, data: Trajectories) -> Tensor:
        """See :meth:`WeightedCloning.weights`."""
        usual = mean_return_to_go(data, self.environment.states)
        return exponentiated(data.returns_to_go - usual, data.mask, self.knobs.temperature)


def exponentiated(score: Tensor, mask: Tensor, temperature: float) -> Tensor:
    """exp(score / β) [S, …], divided by the seed's largest of those in the mask."""
    scaled = torch.where(mask, score / temperature, -torch.inf)
    top = scaled.flatten(1).amax(dim=1).reshape(-1, *[1] * (scaled.dim() - 1))
    return (scaled - top).clamp(min=-LARGEST).exp()


def mean_return_to_go(data: Trajectories, states: int) -> Tensor:
    """[S, E, T] the mean return to go of the data at each step's state and time (time alone for 0 states)."""
    weights = data.mask.double()
    time = torch.arange(data.mask.shape[2], device=data.mask.device).expand_as(data.mask)
    cell = (time * states + data.observations if states else time).flatten(1)
    size = data.mask.shape[2] * max(1, states)
    count = torch.zeros(len(cell), size, dtype=torch.float64, device=cell.device)
    total = torch.zeros_like(count)
    count.scatter_add_(1, cell, weights.flatten(1))
    total.scatter_add_(1, cell, (weights * data.returns_to_go).flatten(1))
    mean = (total / count.clamp(min=1.0)).gather(1, cell).float()
    return mean.reshape(data.mask.shape)
