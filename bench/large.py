"""Exact answers on a large task: 10,000 states, 50 steps, 20 levels of return, on one CPU core or two."""

import time

import numpy as np

from engine.oracles.conditional import conditional_policy, evaluate_conditional
from engine.oracles.evaluation import ExactEvaluator
from engine.oracles.kl import kl_policy
from engine.oracles.return_to_go import ReturnToGo
from engine.tasks.tabular import TabularTask

ACTIONS, BRANCHES = 4, 2


def staircase(levels: int, places: int, horizon: int, seed: int = 0) -> TabularTask:
    """`levels` floors of `places` each: every action leads by chance to one of two places, on the same floor
    or, paid 1, on the next. Episodes begin anywhere, so nearly every floor is met with every return up
    to its height. Nothing about it is regular but the floors.
    """
    random = np.random.default_rng(seed)
    states = levels * places
    floor = np.arange(states) // places
    climbs = random.random((states, ACTIONS, BRANCHES)) < 0.3
    climbs &= (floor < levels - 1)[:, None, None]
    into = (floor[:, None, None] + climbs) * places + random.integers(places, size=climbs.shape)
    ends = np.zeros(states, dtype=np.bool_)
    ends[np.arange(0, states, places)] = True  # one place a floor is an outcome
    begin = np.where(ends, 0.0, 1.0)
    return TabularTask(
        name="staircase",
        help="A large task without regularity.",
        horizon=horizon,
        next_state=into,
        probability=random.dirichlet(np.ones(BRANCHES), size=climbs.shape[:2]),
        reward=climbs.astype(np.float64),
        terminal=ends,
        start=begin / begin.sum(),
        base=random.dirichlet(np.ones(ACTIONS), size=states),
        outcome=np.where(ends, floor, -1),
        outcome_names=tuple(f"floor {level}" for level in range(levels)),
        action_names=tuple("abcd"),
        state_names=tuple(map(str, range(states))),
    )


def main() -> None:
    """Print the figures."""
    task = staircase(levels=20, places=500, horizon=50)
    clock = [time.process_time()]  # other work on the machine does not count

    def lap(what: str) -> None:
        clock.append(time.process_time())
        print(f"  {what}: {clock[-1] - clock[-2]:.2f} s of CPU")

    print(f"staircase, {task.states:,} states, {task.actions} actions, {task.horizon} steps:")
    evaluator = ExactEvaluator(task)
    lap(f"evaluator and base, {len(evaluator.node_state):,} nodes, {len(evaluator.values)} levels of return")
    table = ReturnToGo(task)
    assert table.table.shape == (task.horizon + 1, task.states, len(table.values))
    lap("return-to-go table")
    target = np.array([evaluator.values[-1] / 2])
    levels = evaluator.levels_for(target)
    oracle = conditional_policy(table, levels)
    lap(f"conditional oracle at {len(levels)} returns to go")
    evaluator.evaluate(oracle.policy[None], levels, target)
    lap("its exact evaluation")
    evaluate_conditional(table, evaluator, target)
    lap("both without a table of the policy, only where its episodes can be")
    evaluator.evaluate(kl_policy(task, np.array([0.3])).policy)
    lap("KL oracle and its exact evaluation")
    print(f"  all: {clock[-1] - clock[0]:.2f} s of CPU")


if __name__ == "__main__":
    main()
