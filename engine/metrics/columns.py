"""Which of the metrics can be measured of a learner on a task, as columns of its recording."""

import dataclasses

from engine.metrics.definitions import COLUMNS, DEEP, REPRESENTATION, SAMPLED
from engine.recording.schema import MetricColumn

CONDITIONED = (
    "supertask_score",
    "calibration_error",
    "calibration_slope",
    "calibration_intercept",
    "calibration_spearman",
    "wasserstein",
    "hit_rate",
    "control_range",
    "leftover_preference",
    "out_of_support_error",
    "unconditional_fidelity",
)
NEEDS_OUTCOMES = (
    "success",
    "pass_at_8",
    "effective_modes",
    "outcome_entropy",
    "coverage",
    "soft_coverage",
    "mode_coverage_8",
)
AT_PROBES = ("oracle_js", "oracle_tv", "oracle_kl", "supertask_score")
NEEDS_REFERENCE = ("coverage", "soft_coverage", *AT_PROBES)
NEEDS_TABLE = (
    "action_entropy_uniform",
    "occupancy_entropy",
    "calibration_spearman",
    "control_range",
    *(column.name for column in DEEP),
)
HIDDEN = ("dormant_share", "effective_rank", "srank")
GOALS = ("first_goal", "second_goal")
ERROR = ".se"


def columns(
    *,
    exact: bool,
    conditioned: bool,
    outcomes: bool = True,
    reference: bool = True,
    gold: bool = False,
    goals: bool = False,
    hidden: bool = False,
) -> tuple[MetricColumn, ...]:
    """The columns that can be measured.

    Args:
        exact: by exact evaluation; else from rollouts, each metric followed by its standard error.
        conditioned: the learner takes a target return.
        outcomes: the task tells outcomes apart.
        reference: the task has oracles to compare with.
        gold: the task knows what was really wanted.
        goals: the task pays two returns.
        hidden: the learner has hidden features.
    """
    absent = {
        *(() if conditioned else CONDITIONED),
        *(() if outcomes else NEEDS_OUTCOMES),
        *(() if reference else NEEDS_REFERENCE),
        *(() if exact else NEEDS_TABLE),
        *(() if gold else ("gold",)),
        *(() if goals else GOALS),
        *(() if hidden else HIDDEN),
    }
    sampled = {column.name for column in SAMPLED}
    return tuple(
        entry
        for column in COLUMNS
        if column.name not in absent
        for entry in ((column,) if exact and column.name not in sampled else _estimated(column))
    )


def _estimated(column: MetricColumn) -> tuple[MetricColumn, ...]:
    """The column as rollouts measure it. What is compared probe by probe needs no rollouts."""
    if column.name in AT_PROBES:
        help = column.help.replace("weighted by", "at the fixed probes, weighted by")
        return (dataclasses.replace(column, help=help),)
    if column in REPRESENTATION:
        return (column,)
    error = MetricColumn(
        name=column.name + ERROR,
        label=f"{column.label}, standard error",
        unit=column.unit,
        help=f"Standard error of {column.name}, from the episodes it was measured on.",
        kind="error",
        group=column.group,
    )
    return dataclasses.replace(column, kind="estimated"), error
