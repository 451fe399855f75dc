"""What the recording of a run holds fixed: probes, bins, the base's returns, exact references."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.learners.base import Probes
from engine.learners.probes import sampled_probes, tabular_probes
from engine.metrics.histogram import histogram
from engine.metrics.modes import effective_modes
from engine.oracles.frontier import frontier
from engine.oracles.probes import choose_probes, oracle_at
from engine.oracles.reference import Reference
from engine.tasks.dataset import base_data
from engine.tasks.environment import Environment
from engine.tasks.tabular import Floats, Integers, traps
from engine.tasks.tabular_environment import TabularEnvironment, base_occupancy

BINS = 64  # of the returns of a task that is not tabular
BASE_EPISODES = 512  # drawn once to know the base of a task that is not tabular
EXACT_COUNT = 10**15  # base draws that exact base probabilities count as: their error vanishes


@dataclass(frozen=True)
class Setting:
    """What does not change during a run.

    Attributes:
        probes: the fixed contexts.
        labels: [P] for a person.
        weight: [P] the base's visits.
        bins: [R] ascending centres, reward units.
        width: of the return grid, reward units.
        base_counts: [R] how many of the base's returns fall in each bin. Exact base probabilities
            are given as the counts of 10^15 draws.
        supported: [T] whether the base reaches each target.
        reference: the exact answers of a tabular task.
        gathered: [P] reward units, on the way to each probe.
        constants, description: for the recording's layout.
    """

    probes: Probes
    labels: tuple[str, ...]
    weight: Floats
    bins: Floats
    width: float
    base_counts: Integers
    supported: NDArray[np.bool_]
    reference: Reference | None
    gathered: Floats
    constants: Mapping[str, NDArray[Any]]
    description: Mapping[str, Any]


def tabular_setting(environment: TabularEnvironment, targets: Floats) -> Setting:
    """All of it exact. `targets` [T]; NaN stands for the best return that the base reaches."""
    task, reference = environment.task, Reference(environment.task)
    evaluator = reference.evaluator
    best = float(reference.supported_targets[-1])
    targets = np.where(np.isnan(targets), best, targets)
    supported = np.array([reference.supports(target) for target in targets.tolist()], dtype=np.bool_)
    asked = [reference.conditional(target) for target in targets.tolist()]
    drift = np.array([float(oracle.drift) for oracle in asked])
    ways = np.array([float(effective_modes(oracle.outcomes)) for oracle in asked])
    state, time, weight = choose_probes(evaluator)
    probes = tabular_probes(environment, state, time)
    gathered = probes.rewards.sum(dim=1).double().cpu().numpy()
    constants: dict[str, NDArray[Any]] = {
        "base_policy": task.base[state],
        "oracle_policy": oracle_at(reference, targets, state, time, gathered),
        "oracle_drift": np.where(supported, drift, np.nan),
        "base_modes": np.where(supported, ways, np.nan),
        "base_returns": evaluator.base_returns,
        "frontier": frontier(evaluator),
        "probe_state": state,
        "probe_time": time,
        "probe_weight": weight,
        "supported": supported,
    }
    if task.picture is not None:
        picture = task.picture
        exits = task.terminal & (task.outcome >= 0)
        constants |= {
            "grid_cell": picture.cell[state],
            "grid_shape": np.array([picture.height, picture.width]),
            "grid_walls": picture.walls,
            "grid_moves": picture.moves,
            "grid_exits": picture.cell[exits],
            "grid_exit_outcomes": task.outcome[exits],
            "grid_traps": traps(task, base_occupancy(task).sum(axis=0)),
        }
    shares = evaluator.base_returns
    return Setting(
        probes=probes,
        labels=tuple(
            f"{task.state_names[s]}, step {t}" for s, t in zip(state.tolist(), time.tolist(), strict=True)
        ),
        weight=weight,
        bins=evaluator.values,
        width=task.reward_unit,
        # Whatever the base can reach at all counts at least once.
        base_counts=np.where(shares > 0, np.maximum(1, np.rint(shares * EXACT_COUNT)), 0).astype(np.int64),
        supported=supported,
        reference=reference,
        gathered=gathered,
        constants=constants,
        description={
            **described(environment),
            "drawn_as": task.drawn_as,
            "goals": None if task.goals is None else {"names": task.goals.names, "step": task.goals.step},
            "best_return": reference.best_return,
            "base_return": float(reference.base.mean),
            "success_drift": -math.log(float(shares[evaluator.values == best][0])),
        },
    )


def sampled_setting(environment: Environment, targets: Floats) -> Setting:
    """From 512 episodes of the base (fewer where they are long) that belong to the task, whatever the run's
    seeds. `targets` [T]."""
    probes = sampled_probes(environment)
    side, times = environment.affordable(BASE_EPISODES)
    data = (base_data(environment, side, (number,)) for number in range(times))
    returns = torch.cat([episodes.returns[0] for episodes in data]).double().cpu().numpy()
    bins = np.unique(np.linspace(environment.levels[0], environment.levels[-1], BINS))
    width = float(bins[1] - bins[0]) if len(bins) > 1 else 1.0
    counts = histogram(returns, bins)
    supported = (targets >= returns.min() - width / 2) & (targets <= returns.max() + width / 2)
    time = probes.time.cpu().numpy()
    weight = np.full(len(time), 1 / len(time))
    return Setting(
        probes=probes,
        labels=tuple(f"context {number}, step {t}" for number, t in enumerate(time.tolist(), start=1)),
        weight=weight,
        bins=bins,
        width=width,
        base_counts=counts,
        supported=supported,
        reference=None,
        gathered=probes.rewards.sum(dim=1).double().cpu().numpy(),
        constants={
            "base_policy": environment.base_probabilities(probes.observations[:, -1]).cpu().numpy(),
            "base_returns": counts / len(returns),
            "probe_time": time,
            "probe_weight": weight,
            # Nobody is known to reach a return beyond what the base was seen to reach.
            "supported": supported,
        },
        description={
            **described(environment),
            "best_return": environment.levels[-1],
            "base_return": float(returns.mean()),
        },
    )


def described(environment: Environment) -> dict[str, Any]:
    """Name, help and outcomes of a task as plain data."""
    return {
        "name": environment.name,
        "help": environment.help,
        "outcomes": list(environment.outcome_names),
    }
