"""Looking by rollouts."""

import math

import numpy as np
import torch

from engine.evaluation.look import Columns, Look, Singles, policy_at
from engine.evaluation.setting import Setting
from engine.learners.base import Learner, Rollouts
from engine.metrics import sampled
from engine.metrics.exact import ON_GRID
from engine.metrics.histogram import histogram
from engine.oracles.probes import oracle_at
from engine.readout import Readout
from engine.tasks.tabular import Floats

EPISODES = 256  # rolled out for the current target on a tabular task
CALIBRATION_EPISODES = 64  # for each target; and for everything on a task that is not tabular


class SampledLook(Look):
    """From rollouts, with standard errors. The policy at the probes is exact all the same."""

    def __init__(self, learner: Learner, setting: Setting, targets: Floats, seeds: tuple[int, ...]) -> None:
        super().__init__(learner, setting, targets)
        self._seeds = seeds
        self._oracle: tuple[float, Floats] | None = None
        self._episodes = EPISODES if setting.reference else CALIBRATION_EPISODES

    def measure(self, step: int, policy: Singles, *, closely: bool) -> tuple[Columns, Floats]:  # noqa: ARG002
        """See :meth:`Look.measure`."""
        setting, target = self.setting, self.target
        current = as_episodes(self.learner.rollout(0.0 if math.isnan(target) else target, self._episodes))
        measured = self._columns(step, current, target)
        if not self.learner.conditioned:
            return measured | self._at_probes(policy, policy[:, 0], target), self._shares([current.returns])
        here = np.abs(self.targets - target) <= ON_GRID * setting.width
        every = [
            current.returns
            if same
            else as_episodes(self.learner.rollout(asked, CALIBRATION_EPISODES)).returns
            for asked, same in zip(self.targets.tolist(), here.tolist(), strict=True)
        ]
        kept = np.flatnonzero(setting.supported)
        if len(kept):
            equal = np.stack([every[index][:, :CALIBRATION_EPISODES] for index in kept], axis=1)
            measured |= sampled.measure_targets(equal, self.targets[kept], setting.width)
        if setting.reference is not None:
            if here.any():
                now = policy[:, int(here.argmax())]
            else:
                now = policy_at(self.learner, setting.probes, np.array([target]))[:, 0]
            measured |= self._at_probes(policy, now, target)
        return measured, self._shares(every)

    def _columns(self, step: int, episodes: sampled.Episodes, target: float) -> Columns:
        """Seed by seed, each with its own random numbers: a seed's errors do not depend on the others."""
        setting = self.setting
        oracle = None
        if setting.reference is not None:
            asked = float(setting.reference.supported_targets[-1]) if math.isnan(target) else target
            if setting.reference.supports(asked):
                oracle = setting.reference.conditional(asked).outcomes
        goals = self.learner.environment.goals
        rows = [
            sampled.measure(
                one_seed(episodes, index),
                setting.base_counts,
                setting.bins,
                len(self.learner.environment.outcome_names),
                oracle,
                np.random.default_rng((step, seed)),
                goals,
            )
            for index, seed in enumerate(self._seeds)
        ]
        return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}

    def _at_probes(self, policy: Singles, now: Singles, target: float) -> Columns:
        """Distances from the oracle at `targets`, and at `target`; none where there is no oracle."""
        setting = self.setting
        if setting.reference is None:
            return {}
        oracles = setting.constants["oracle_policy"]
        if math.isnan(target):
            here = oracles[0]
        else:
            if self._oracle is None or self._oracle[0] != target:
                state, time = setting.constants["probe_state"], setting.constants["probe_time"]
                wanted = np.array([target])
                self._oracle = (
                    target,
                    oracle_at(setting.reference, wanted, state, time, setting.gathered)[0],
                )
            here = self._oracle[1]
        return sampled.measure_probes(
            policy.astype(np.float64), oracles, setting.weight, now.astype(np.float64), here
        )

    def _shares(self, returns: list[Floats]) -> Floats:
        """Of T arrays [S, E] the share of episodes in each bin: [S, T, R]."""
        bins = self.setting.bins
        return np.stack([histogram(values, bins) / values.shape[1] for values in returns], axis=1)


def as_episodes(rollouts: Rollouts) -> sampled.Episodes:
    """The same sums [S, E] as arrays."""
    sums = torch.stack(
        [
            one.double()
            for one in (rollouts.returns, rollouts.drift, rollouts.entropy, rollouts.lengths, rollouts.gold)
        ]
    )
    on_their_way = Readout(sums), Readout(rollouts.outcome)
    returns, drift, entropy, lengths, gold = on_their_way[0].array()
    return sampled.Episodes(returns, drift, entropy, lengths, on_their_way[1].array(), gold)


def one_seed(episodes: sampled.Episodes, index: int) -> sampled.Episodes:
    """The episodes [1, E] of one seed."""
    pick = slice(index, index + 1)
    return sampled.Episodes(
        episodes.returns[pick],
        episodes.drift[pick],
        episodes.entropy[pick],
        episodes.lengths[pick],
        episodes.outcome[pick],
        episodes.gold[pick],
    )
