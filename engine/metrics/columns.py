"""The metrics as columns of a recording: name, label, unit, and the definition in one sentence."""

import dataclasses

from engine.recording.schema import MetricColumn

CONDITIONED = ("supertask_score", "calibration_error", "calibration_slope", "hit_rate")
NEEDS_OUTCOMES = ("success", "effective_modes", "coverage", "soft_coverage")
NEEDS_REFERENCE = ("coverage", "soft_coverage", "oracle_js", "oracle_tv", "supertask_score")
NEEDS_TABLE = ("action_entropy_uniform", "occupancy_entropy")
AT_PROBES = ("oracle_js", "oracle_tv", "supertask_score")
ERROR = ".se"


def _exact(name: str, label: str, unit: str, help: str) -> MetricColumn:
    return MetricColumn(name, label, unit, help, "exact")


COLUMNS: tuple[MetricColumn, ...] = (
    _exact(
        "return",
        "Return",
        "reward",
        "Mean return reached; by a conditioned learner when asked for its current target.",
    ),
    _exact("success", "Success", "", "Probability that an episode ends in an outcome."),
    _exact(
        "drift",
        "Drift",
        "nats",
        "KL of the policy's trajectories from the base's: how far behaviour has moved in all.",
    ),
    _exact(
        "asked",
        "Asked drift",
        "nats",
        "KL of the policy's returns from the base's: the price of the return distribution reached.",
    ),
    _exact(
        "collateral",
        "Collateral drift",
        "nats",
        "Drift minus asked drift: change in behaviour at equal return, which no objective asked for.",
    ),
    _exact(
        "effective_modes",
        "Effective modes",
        "",
        "Exp of the entropy over outcomes of the episodes that end in one: how many ways are left.",
    ),
    _exact(
        "action_entropy",
        "Action entropy",
        "nats",
        "Entropy of the policy averaged over the contexts that it visits itself.",
    ),
    _exact(
        "action_entropy_uniform",
        "Action entropy, uniform",
        "nats",
        "Entropy of the policy averaged over all states and times alike, visited or not.",
    ),
    _exact(
        "effective_actions",
        "Effective actions",
        "",
        "Exp of the action entropy: how many equally likely actions it corresponds to.",
    ),
    _exact(
        "trajectory_entropy",
        "Trajectory entropy",
        "nats",
        "Expected sum over an episode of the entropy of the policy where it acts.",
    ),
    _exact(
        "occupancy_entropy",
        "Occupancy entropy",
        "nats",
        "Entropy of d(s, a), the share of the policy's actions taken as a in state s.",
    ),
    _exact(
        "coverage",
        "Coverage",
        "",
        "Share of the oracle's outcomes that keep at least a tenth of their oracle share.",
    ),
    _exact(
        "soft_coverage",
        "Soft coverage",
        "",
        "Overlap of the policy's and the oracle's outcomes: the sum of the smaller of the two shares.",
    ),
    _exact(
        "oracle_js",
        "JS to the oracle",
        "nats",
        "Jensen-Shannon divergence from the conditional oracle at the current target (the best return "
        "where there is none), weighted by the base's visits; 0 to ln 2.",
    ),
    _exact(
        "oracle_tv",
        "TV to the oracle",
        "",
        "Total variation from the conditional oracle at the current target (the best return where there "
        "is none), weighted by the base's visits; 0 to 1.",
    ),
    _exact(
        "supertask_score",
        "Supertask score",
        "nats",
        "JS to the conditional oracle averaged over every target that the base reaches; 0 is perfect.",
    ),
    _exact(
        "calibration_error",
        "Calibration error",
        "reward",
        "Mean absolute difference of achieved and asked return over the targets that the base reaches.",
    ),
    _exact(
        "calibration_slope",
        "Calibration slope",
        "",
        "Slope of achieved on asked return over the targets that the base reaches; 1 is perfect.",
    ),
    _exact(
        "hit_rate",
        "Hit rate",
        "",
        "Mean over the targets that the base reaches of P(return within half a grid step of it).",
    ),
)


def columns(
    *, exact: bool, conditioned: bool, outcomes: bool = True, reference: bool = True
) -> tuple[MetricColumn, ...]:
    """The columns that can be measured.

    Args:
        exact: by exact evaluation; else from rollouts, each metric followed by its standard error.
        conditioned: the learner takes a target return.
        outcomes: the task tells outcomes apart.
        reference: the task has oracles to compare with.
    """
    absent = {
        *(() if conditioned else CONDITIONED),
        *(() if outcomes else NEEDS_OUTCOMES),
        *(() if reference else NEEDS_REFERENCE),
        *(() if exact else NEEDS_TABLE),
    }
    kept = [column for column in COLUMNS if column.name not in absent]
    if exact:
        return tuple(kept)
    return tuple(entry for column in kept for entry in _estimated(column))


def _estimated(column: MetricColumn) -> tuple[MetricColumn, ...]:
    """The column as rollouts measure it. What is compared probe by probe needs no rollouts."""
    if column.name in AT_PROBES:
        help = column.help.replace("weighted by", "at the fixed probes, weighted by")
        return (dataclasses.replace(column, help=help),)
    error = MetricColumn(
        name=column.name + ERROR,
        label=f"{column.label}, standard error",
        unit=column.unit,
        help=f"Standard error of {column.name}, from the episodes it was measured on.",
        kind="error",
    )
    return dataclasses.replace(column, kind="estimated"), error
