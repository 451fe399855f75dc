"""What the transformers have in common as learners: windows of the data, cross-entropy, and probes.

Axes: S seeds, T targets, P probes, L steps of a window, A actions.
"""

from abc import abstractmethod
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.learners.base import Probes
from engine.learners.few import copied
from engine.learners.heads import family_of
from engine.learners.optimiser import Adam
from engine.learners.predictor import Predictor, PredictorKnobs
from engine.learners.trained import GRADIENT_NORM, LOSS
from engine.tasks.dataset import Window, Windows
from engine.tasks.environment import Environment
from engine.tasks.sources import training_data
from engine.tasks.streams import Streams


class SequencePredictor(Predictor):
    """A predictor of every action of a window from what came before it; its policy depends on the history.

    Class attributes beside the learner's own:
        clip: the largest gradient norm of a seed.
    """

    markov = False
    in_boxes = True
    from_data = True
    diagnostics = (LOSS, GRADIENT_NORM)
    at_a_time = 2
    clip = 1.0
    network: nn.Module
    optimiser: Adam
    knobs: PredictorKnobs

    def __init__(
        self,
        environment: Environment,
        knobs: PredictorKnobs,
        streams: Streams,
        device: torch.device,
        context: int,
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.family = family_of(environment, knobs.head)
        self.context = min(context, environment.horizon)
        data = training_data(environment, knobs.data_episodes, streams.seeds)
        self.windows = Windows(data, self.context, environment.levels if environment.states else ())
        self._of_few: dict[tuple[int, int], nn.Module] = {}  # the network for some seeds, by where they are

    @abstractmethod
    def logits(self, window: Window, *, training: bool) -> Tensor:
        """[S, B, L, Q] what the network puts out of the action at each step of windows [S, B, L]: a function
        of its window's steps up to it, its own action not among them."""

    def few(self, seeds: slice) -> Self:
        """See :meth:`TrainedLearner.few`."""
        few, where = super().few(seeds), (seeds.start, seeds.stop)
        if where not in self._of_few:  # the copy takes longer than the rest
            self._of_few[where] = copied(self.network, seeds, self.environment)
        few.network = self._of_few[where]
        few.optimiser = self.optimiser.of(seeds, list(few.network.parameters()))
        few.windows = self.windows.of(seeds)
        return few

    @property
    def rate(self) -> float:
        """Of this update's step."""
        return self.knobs.learning_rate

    def _update(self) -> dict[str, Tensor]:
        window = self.windows.drawn(self.streams, self.knobs.batch)
        logits = self.logits(window, training=True)
        if self.environment.dimensions:
            loss = weighted_mean(self.family.surprise(self.family.rows(logits), window.actions), window)
        else:
            loss = prediction_loss(logits, window)
        norm = self.optimiser.step(loss, self.rate, self.clip)
        return {"loss": loss.detach(), "gradient_norm": norm}

    def policy_table(self, targets: Tensor) -> Tensor:
        """Not defined: the policy depends on more than state, time and return to go."""
        raise NotImplementedError(f"the policy of {self.name} depends on the history")

    def probabilities(self, probes: Probes, targets: Tensor) -> Tensor:
        """See :meth:`Learner.probabilities`. Only the context's worth of each history is read."""
        seeds, (number, length) = len(self.streams.seeds), probes.rewards.shape
        shown = min(self.context, length)
        # Probes are aligned at their end. A window begins where the history does, or where the context
        # does, and what follows the moment asked about is not seen from there.
        moment = probes.time.clamp(max=shown - 1)  # [P] in the window
        steps = torch.arange(shown, device=self.device) - moment[:, None]  # [P, L] from the moment on
        columns = (length - 1 + steps).clamp(max=length - 1)
        row = torch.arange(number, device=self.device)[:, None]
        earned = probes.rewards.cumsum(dim=1) - probes.rewards  # before each step
        asked = targets[:, None, None] - earned[row, columns]  # [T, P, L]

        def everywhere(column: Tensor) -> Tensor:  # [P, L, …] -> [S, T * P, L, …]
            return column.expand(seeds, len(targets), *column.shape).flatten(1, 2)

        window = Window(
            everywhere(probes.observations[row, columns]),
            everywhere((probes.time[:, None] + steps).clamp(max=self.environment.horizon - 1)),
            everywhere(probes.actions[row, columns]),
            asked.expand(seeds, *asked.shape).flatten(1, 2),
            everywhere((steps <= 0).float()),
        )
        with torch.no_grad():
            logits = self.logits(window, training=False)
        answered = logits[
            :, torch.arange(len(targets) * number, device=self.device), moment.repeat(len(targets))
        ]
        recorded = self.family.recorded(self.family.rows(answered))
        return recorded.reshape(seeds, len(targets), number, -1)


def prediction_loss(logits: Tensor, window: Window) -> Tensor:
    """[S] cross-entropy of which of numbered actions was done at each step of a window [S, B, L]."""
    rows, actions = logits.flatten(0, -2), window.actions.flatten()
    surprise = functional.cross_entropy(rows, actions, reduction="none").reshape(window.weights.shape)
    return weighted_mean(surprise, window)


def weighted_mean(surprise: Tensor, window: Window) -> Tensor:
    """[S] mean over the steps of a window [S, B, L], each by its weight.

    Weights are 0 where a window is longer than its episode: padding stays out of the mean.
    """
    return (surprise * window.weights).flatten(1).sum(dim=1) / window.weights.flatten(1).sum(dim=1)
