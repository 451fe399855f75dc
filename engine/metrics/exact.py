"""Every column at once, from one exact evaluation of a batch of seeds."""

import numpy as np

from engine.metrics import calibration, modes
from engine.metrics.entropy import effective_number, weighted_action_entropy
from engine.metrics.fidelity import Fidelity, fidelity, supertask_score
from engine.metrics.histogram import nearest
from engine.oracles.evaluation import Evaluation
from engine.oracles.reference import Reference
from engine.tasks.tabular import Floats

ON_GRID = 1e-6  # of a grid step: two targets closer than this are the same


class ExactMeasure:
    """Measures policies of one task against its oracles. What depends on the targets is computed once.

    Attributes:
        reference: the task's exact answers.
        targets: [T] the returns that are always asked for, ascending, reward units.
    """

    def __init__(self, reference: Reference, targets: Floats) -> None:
        self.reference = reference
        self.targets = np.asarray(targets, dtype=np.float64)
        self._supported = np.array([reference.supports(target) for target in self.targets], dtype=np.bool_)
        visits = reference.evaluator.base.node_visits
        self._seen = np.nonzero(visits > 0)  # (time, node) pairs where the base acts
        self._weight = visits[self._seen]
        self._oracles: dict[float, tuple[Floats, Floats]] = {}

    def levels(self, target: float = np.nan) -> Floats:
        """The returns to go [G] that a policy table must cover for `targets` and a current `target`."""
        return self.reference.evaluator.levels_for(self._asked(target))

    def unconditioned(self, table: Floats) -> tuple[dict[str, Floats], Floats]:
        """Measure policies [S, H, N, A] that take no target, against the oracle at the best return.

        Returns:
            {column name: [S]} and P(return) [S, 1, R].
        """
        evaluation = self.reference.evaluator.evaluate(table)
        best = float(self.reference.supported_targets[-1])
        measured = self._at(evaluation, best)
        measured["action_entropy_uniform"] = self._uniform_entropy(table)
        distance = self._fidelity(evaluation.node_policy[:, :, :, None], np.array([best]))
        measured["oracle_js"], measured["oracle_tv"] = distance.js[:, 0], distance.tv[:, 0]
        return measured, evaluation.returns[:, None]

    def conditioned(self, table: Floats, levels: Floats, target: float) -> tuple[dict[str, Floats], Floats]:
        """Measure policies [S, G, H, N, A] given at returns to go `levels` [G], asked for `target`.

        Returns:
            {column name: [S]} and P(return) [S, T, R] when asked for each of `targets`.
        """
        evaluator = self.reference.evaluator
        asked = self._asked(target)
        evaluation = evaluator.evaluate(table, levels, asked)
        current = int(np.argmin(np.abs(asked - target)))
        measured = self._at(evaluation, float(asked[current]), current)

        at_target = table[:, nearest(levels, np.array([target]))[0]]
        measured["action_entropy_uniform"] = self._uniform_entropy(at_target)
        distance = self._fidelity(evaluation.node_policy, asked)
        measured["oracle_js"], measured["oracle_tv"] = distance.js[:, current], distance.tv[:, current]
        kept, targets = np.flatnonzero(self._supported), self.targets[self._supported]
        returns = evaluation.returns[:, : len(self.targets)]
        achieved = evaluation.mean[:, kept]
        measured["supertask_score"] = supertask_score(distance.js[:, kept])
        measured["calibration_error"] = calibration.absolute_error(achieved, targets)
        measured["calibration_slope"] = calibration.slope(achieved, targets)
        hits = calibration.hit_rate(
            returns[:, kept], evaluator.values, targets, self.reference.task.reward_unit
        )
        measured["hit_rate"] = hits.mean(axis=1)
        return measured, returns

    def _asked(self, target: float) -> Floats:
        """The targets, followed by the current one where it is not among them."""
        near = np.abs(self.targets - target) <= ON_GRID * self.reference.task.reward_unit
        return self.targets if near.any() or np.isnan(target) else np.append(self.targets, target)

    def _at(self, evaluation: Evaluation, target: float, index: int | None = None) -> dict[str, Floats]:
        """The columns of one evaluation [S] (of one asked target's, [S, T], where `index` is given)."""

        def pick(array: Floats) -> Floats:
            return array if index is None else array[:, index]

        outcomes = pick(evaluation.outcomes)
        supported = self.reference.supports(target)
        oracle = self.reference.conditional(target).outcomes
        unknown = np.full(len(outcomes), np.nan)
        action_entropy = pick(evaluation.action_entropy)
        return {
            "return": pick(evaluation.mean),
            "success": modes.success(outcomes),
            "drift": pick(evaluation.drift),
            "asked": pick(evaluation.asked),
            "collateral": pick(evaluation.collateral),
            "effective_modes": modes.effective_modes(outcomes),
            "action_entropy": action_entropy,
            "effective_actions": effective_number(action_entropy),
            "trajectory_entropy": pick(evaluation.trajectory_entropy),
            "occupancy_entropy": pick(evaluation.occupancy_entropy),
            "coverage": modes.coverage(outcomes, oracle) if supported else unknown,
            "soft_coverage": modes.soft_coverage(outcomes, oracle) if supported else unknown,
        }

    def _uniform_entropy(self, table: Floats) -> Floats:
        """Action entropy [S] of [S, H, N, A], every time and every state that is not terminal alike."""
        live = table[:, :, ~self.reference.task.terminal]
        contexts = live.reshape(len(table), -1, table.shape[-1])
        return weighted_action_entropy(contexts, np.ones(contexts.shape[1]))

    def _fidelity(self, nodes: Floats, targets: Floats) -> Fidelity:
        """Distance of the policies at the nodes, [H, M, A, T, S], from the oracle at each target: [S, T]."""
        oracles = [self._oracle(float(target)) for target in targets]
        policy = nodes[self._seen].transpose(3, 2, 0, 1)  # [S, T, C, A]
        return fidelity(
            policy, np.stack([oracle for oracle, _ in oracles]), np.stack([weight for _, weight in oracles])
        )

    def _oracle(self, target: float) -> tuple[Floats, Floats]:
        """π* [C, A] where the base acts, had `target` been asked, and the weight [C]: 0 out of support."""
        if target not in self._oracles:
            evaluator = self.reference.evaluator
            oracle = self.reference.conditional_table(target)
            time, node = self._seen
            level = nearest(oracle.levels, target - evaluator.node_gathered[node])
            state = evaluator.node_state[node]
            weight = self._weight * oracle.supported[level, time, state]
            self._oracles[target] = (oracle.policy[level, time, state], weight)
        return self._oracles[target]
