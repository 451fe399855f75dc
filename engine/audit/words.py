"""A finding in plain words, with its numbers."""

import math

from engine.audit.finding import Finding, Number, Result
from engine.claims.report import number

SMALL_DRIFT = 0.05  # nats; less is not worth a sentence


def asked(finding: Finding) -> str:
    """The return asked for; a dash where the learner takes none."""
    return number(finding.probe.asked) if finding.takes_target else "–"


def verdict(finding: Finding) -> str:
    """The comparison with the RL baseline in a few words."""
    rl = finding.baseline.label
    if finding.than_baseline == "same":
        return f"loses no more than {rl}"
    if finding.than_baseline == "undecided":
        return f"undecided with {seeds(finding.seeds)}"
    return f"loses {finding.than_baseline} than {rl}"


def sentence(finding: Finding) -> str:
    """What it achieved and lost beside what a perfect predictor and the RL baseline do, in one sentence."""
    ours, perfect, rl = finding.audited, finding.perfect, finding.baseline
    opening = f"Asked for {number(finding.probe.asked)}" if finding.takes_target else "Asked for nothing"
    return (
        f"{opening}, it achieves {spread(ours.achieved)} where {number(finding.best)} is possible and loses "
        f"{_lost(ours)}; a perfect predictor asked for {number(finding.probe.asked)} would get "
        f"{number(perfect.achieved.value)} and lose {_lost(perfect)}, and {rl.label} gets "
        f"{spread(rl.achieved)} and loses {_lost(rl)}."
    )


def notes(finding: Finding) -> list[str]:
    """What has to be known to read the numbers; each a sentence."""
    said = []
    if not finding.takes_target:
        said.append("It takes no target: there is nothing to ask it for, and it does what it always does.")
    elif finding.audited.lost.value > finding.matters:
        said.append(_cause(finding))
    if finding.audited.achieved.low - finding.audited.worst > finding.matters:
        said.append(f"Its worst seed achieves {number(finding.audited.worst)}.")
    if not finding.supported:
        said.append(
            f"The data never reach {number(finding.probe.asked)}: a perfect predictor knows nothing there, "
            "and does as the data do."
        )
    said += _data(finding)
    said += _drift(finding)
    if not finding.audited.exact:
        said.append("Its numbers are estimated from episodes; the interval holds that error as well.")
    return said


def _drift(finding: Finding) -> list[str]:
    """What its behaviour lost beside return: change that no return asked for."""
    ours, theirs = finding.audited.collateral.value, finding.baseline.collateral.value
    if math.isinf(ours):
        return ["It does, however rarely, what the base never does: its drift is infinite."]
    if not ours > SMALL_DRIFT:  # also where it is not estimable
        return []
    rl = f", {finding.baseline.label}'s {number(theirs)}" if math.isfinite(theirs) else ""
    return [f"Its behaviour moved {number(ours)} nats further from the base than its returns asked for{rl}."]


def _cause(finding: Finding) -> str:
    """Where the loss comes from: from what was asked, or from how this learner learned."""
    if finding.perfect.lost.value <= finding.matters:
        return "A perfect predictor loses nothing here: the loss is this learner's own."
    if finding.than_perfect == "more":
        return "A perfect predictor loses less: a part of the loss is this learner's own."
    if finding.than_perfect == "less":
        return "A perfect predictor loses more."
    if finding.than_perfect == "same":
        return "A perfect predictor loses as much: the loss lies in what is asked, not in the learning."
    return "Whether a perfect predictor loses as much is undecided."


def _data(finding: Finding) -> list[str]:
    probe = finding.probe
    if not probe.episodes and not probe.rounds:
        return []
    if finding.learns == "acting":
        return ["It learns from its own acting, in every update."]
    if finding.learns == "nothing":
        return []
    if probe.episodes:
        return [
            f"Of the {probe.episodes:,} episodes of its data {number(finding.good)} reach "
            f"{number(probe.asked)}, on average over all such data."
        ]
    if finding.before is None:
        return []
    return [
        f"Before {probe.rounds} rounds of learning from its own episodes it achieved "
        f"{spread(finding.before.achieved)}."
    ]


def _lost(result: Result) -> str:
    """What was lost; what is only rounding is nothing."""
    return number(0.0 if abs(result.lost.value) < 5e-7 else result.lost.value)


def lost(result: Result) -> str:
    """What was lost, with its interval."""
    return _lost(result) if number(result.lost.low) == number(result.lost.high) else spread(result.lost)


def spread(value: Number) -> str:
    """The number, and its interval unless every seed gave the same."""
    if number(value.low) == number(value.high):
        return number(value.value)
    return f"{number(value.value)} ({number(value.low)} to {number(value.high)})"


def seeds(count: int) -> str:
    """So many seeds."""
    return f"{count} seed{'s'[: count != 1]}"
