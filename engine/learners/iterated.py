"""Iterated return conditioning (online decision transformers; upside-down RL, 1912.02875): the predictor
gathers its own data, asking itself for one return after another, and learns from what came of it.

It may diverge from good behaviour (2205.06595): what luck brought is credited to whoever was asked.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.learners.knobs import knob
from engine.learners.rows import total
from engine.learners.tabular_predictor import EPISODES_SEEN, Counting, CountingKnobs
from engine.learners.trained import EPISODE_RETURN
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.environment import Environment
from engine.tasks.streams import Streams


@dataclass(frozen=True)
class IteratedKnobs(CountingKnobs):
    """What may be turned."""

    keep: float = knob(
        0.0,
        label="Old data",
        help="What of its earlier counts a round keeps; 0 learns from the newest round alone.",
        low=0.0,
        high=1.0,
    )
    asking: str = knob(
        "all",
        label="Asks for",
        help="What the gathering policy is asked for: every level in turn, the current target only, or the "
        "best quarter of the levels.",
        choices=("all", "target", "best"),
    )
    start: str = knob(
        "base",
        label="Starts from",
        help="Who gathers the first round: the base, or a policy that takes, for each return asked, the "
        "action that leads to it most often.",
        choices=("base", "sharpest"),
        steerable=False,
    )


class Iterated(Counting):
    """One update is one round: gather with the present policy, count, condition anew."""

    name = "iterated"
    label = "Iterated conditioning"
    help = "Supervised on its own episodes, round after round: it may climb above its data, or forget."
    Knobs = IteratedKnobs
    diagnostics = (EPISODE_RETURN, EPISODES_SEEN)
    knobs: IteratedKnobs

    def __init__(
        self, environment: Environment, knobs: IteratedKnobs, streams: Streams, device: torch.device
    ) -> None:
        super().__init__(environment, knobs, streams, device)
        self.table = ReturnToGo(self.task)

    @property
    def fixed(self) -> bool:
        """See :attr:`TrainedLearner.fixed`. Which returns to go can come up is asked of the device."""
        return False

    def _update(self) -> dict[str, Tensor]:
        levels = self._asked_for()
        each = max(1, self.knobs.episodes // len(levels))
        rounds = [self.gather(self.actor(level), each) for level in levels]
        self.counts *= self.knobs.keep
        for episodes in rounds:
            self.count(episodes)
        return {
            "episode_return": total([episodes.returns.mean(dim=1) for episodes in rounds]) / len(rounds),
            "episodes_seen": self.counts[:, 0].flatten(1).sum(dim=1),
        }

    def _asked_for(self) -> list[float]:
        """The returns that this round is asked for, as many episodes each."""
        levels = list(self.environment.levels)
        if self.knobs.asking == "target":
            return [self.knobs.target]
        return levels[-max(1, len(levels) // 4) :] if self.knobs.asking == "best" else levels

    def policy_table(self, targets: Tensor) -> Tensor:
        """See :meth:`Learner.policy_table`."""
        if self.updates or self.knobs.start == "base":
            return super().policy_table(targets)
        return self._sharpest(targets).expand(len(self.streams.seeds), -1, -1, -1, -1)

    def _sharpest(self, targets: Tensor) -> Tensor:
        """[T, H, N, A] the action after which the base most often gathers the target; the base where none."""
        asked = targets.double().cpu().numpy()
        rows = []
        for time in range(self.task.horizon):
            values = self.table.action_values(time, asked) * (self.task.base > 0)[:, :, None]  # [N, A, T]
            top = values.max(axis=1, keepdims=True)
            sharp = (values == top) & (top > 0)
            chosen = np.where(top > 0, sharp, self.task.base[:, :, None])
            rows.append(chosen / chosen.sum(axis=1, keepdims=True))
        return torch.from_numpy(np.stack(rows).transpose(3, 0, 1, 2)).float().to(self.device)
