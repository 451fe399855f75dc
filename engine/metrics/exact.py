"""Every column at once, from one exact evaluation of a batch of seeds."""

import numpy as np

from engine.metrics import agnosticism, calibration, modes, pass_at_k
from engine.metrics.entropy import effective_number, weighted_action_entropy
from engine.metrics.estimators import estimators
from engine.metrics.fidelity import Fidelity, fidelity, kl_to_oracle, supertask_score
from engine.metrics.histogram import nearest
from engine.metrics.information import kl
from engine.oracles.evaluation import Evaluation
from engine.oracles.reference import Reference
from engine.tasks.tabular import Floats

EPISODES = 8  # of pass@8 and mode coverage at 8
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

    def deep_levels(self, target: float) -> Floats:
        """As :meth:`levels`, for :meth:`deep_conditioned`."""
        asked = np.concatenate([self.reference.supported_targets, self.outside(), [target]])
        return self.reference.evaluator.levels_for(asked)

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
        nodes = evaluation.node_policy[:, :, :, None]
        distance = self._fidelity(nodes, np.array([best]))
        measured["oracle_js"], measured["oracle_tv"] = distance.js[:, 0], distance.tv[:, 0]
        measured["oracle_kl"] = self._kl_to_oracle(nodes, best)
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
        measured["oracle_kl"] = self._kl_to_oracle(evaluation.node_policy[:, :, :, current, None], target)
        kept, targets = np.flatnonzero(self._supported), self.targets[self._supported]
        returns = evaluation.returns[:, : len(self.targets)]
        achieved = evaluation.mean[:, kept]
        measured["supertask_score"] = supertask_score(distance.js[:, kept])
        measured["calibration_error"] = calibration.absolute_error(achieved, targets)
        measured["calibration_slope"] = calibration.slope(achieved, targets)
        measured["calibration_intercept"] = calibration.intercept(achieved, targets)
        measured["calibration_spearman"] = calibration.spearman(achieved, targets)
        step = self.reference.task.reward_unit
        among = (returns[:, kept], evaluator.values, targets)
        measured["wasserstein"] = calibration.wasserstein(*among).mean(axis=1)
        measured["hit_rate"] = calibration.hit_rate(*among, step).mean(axis=1)
        measured["control_range"] = agnosticism.control_range(achieved, targets, step)
        measured["leftover_preference"] = agnosticism.leftover_preference(achieved, targets)
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
        success = modes.success(outcomes)
        return {
            "return": pick(evaluation.mean),
            **self._really_wanted(pick(evaluation.occupancy), pick(evaluation.returns)),
            "success": success,
            "pass_at_8": pass_at_k.exact(success, EPISODES),
            "mode_coverage_8": modes.coverage_at(outcomes, EPISODES),
            "drift": pick(evaluation.drift),
            "asked": pick(evaluation.asked),
            "collateral": pick(evaluation.collateral),
            "effective_modes": modes.effective_modes(outcomes),
            "outcome_entropy": modes.outcome_entropy(outcomes),
            "action_entropy": action_entropy,
            "effective_actions": effective_number(action_entropy),
            "trajectory_entropy": pick(evaluation.trajectory_entropy),
            "occupancy_entropy": pick(evaluation.occupancy_entropy),
            "coverage": modes.coverage(outcomes, oracle) if supported else unknown,
            "soft_coverage": modes.soft_coverage(outcomes, oracle) if supported else unknown,
        }

    def _really_wanted(self, occupancy: Floats, returns: Floats) -> dict[str, Floats]:
        """Gold and the two goals [S], where the task has them, from visits [S, N, A] and P(return) [S, R]."""
        task = self.reference.task
        found: dict[str, Floats] = {}
        if task.gold is not None:
            found["gold"] = np.einsum("sna,na->s", occupancy, task.gold)
        if task.goals is not None:
            first, second = task.goals.parts(self.reference.evaluator.values)
            found |= {"first_goal": returns @ first, "second_goal": returns @ second}
        return found

    def deep(self, table: Floats) -> dict[str, Floats]:
        """The costlier columns of policies [S, H, N, A] that take no target."""
        evaluation = self.reference.evaluator.evaluate(table)
        return self._against_base(evaluation.node_policy[:, :, :, None], evaluation.node_visits[:, :, None])

    def outside(self) -> Floats:
        """[2] the returns one grid step beyond what the base reaches."""
        known, step = self.reference.supported_targets, self.reference.task.reward_unit
        return np.array([known[0] - step, known[-1] + step])

    def deep_conditioned(self, table: Floats, levels: Floats, target: float) -> dict[str, Floats]:
        """The costlier columns of policies [S, G, H, N, A] given at :meth:`deep_levels` [G]."""
        evaluator, outside = self.reference.evaluator, self.outside()
        asked = np.concatenate([self.reference.supported_targets, outside, [target]])
        evaluation = evaluator.evaluate(table, levels, asked)
        measured = self._against_base(evaluation.node_policy[:, :, :, -1:], evaluation.node_visits[:, :, -1:])
        achieved = evaluation.mean[:, -3:-1]
        measured["out_of_support_error"] = calibration.absolute_error(achieved, outside)
        policy = evaluation.node_policy[:, :, :, : len(asked) - 3][self._seen]  # [C, A, T, S]
        task, (time, node) = self.reference.task, self._seen
        state = evaluator.node_state[node]
        to_go = self.reference.supported_targets[:, None] - evaluator.node_gathered[node]
        flat, place = np.unique(np.round(to_go, 9), return_inverse=True)
        likely = self.reference.table.at(flat)[time, state, place.reshape(to_go.shape)]  # [T, C]
        measured["unconditional_fidelity"] = agnosticism.unconditional_fidelity(
            policy.transpose(3, 2, 0, 1), task.base[state], likely / likely.sum(axis=0), self._weight
        )
        return measured

    def _against_base(self, nodes: Floats, visits: Floats) -> dict[str, Floats]:
        """Against the base: a policy at the nodes [H, M, A, 1, S], with its visits [H, M, 1, S]."""
        evaluator, task = self.reference.evaluator, self.reference.task
        policy = nodes[:, :, :, 0].transpose(3, 0, 1, 2)  # [S, H, M, A]
        base = task.base[evaluator.node_state]
        seen = policy[:, self._seen[0], self._seen[1]]
        reverse = (self._weight * kl(base[self._seen[1]], seen)).sum(axis=1)
        flat = (len(policy), -1, task.actions)
        single = estimators(
            policy.reshape(flat),
            np.tile(base, (task.horizon, 1)),
            visits[:, :, 0].transpose(2, 0, 1).reshape(len(policy), -1),
        )
        return {"reverse_drift": reverse, **vars(single)}

    def _kl_to_oracle(self, nodes: Floats, target: float) -> Floats:
        """[S] of the policies at the nodes, [H, M, A, 1, S]."""
        oracle, weight = self._oracle(target)
        return kl_to_oracle(nodes[self._seen][:, :, 0].transpose(2, 0, 1), oracle, weight)

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
