"""What came out of the experiments that ship, as a page of Markdown. Generated, never written by hand."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.claims.verdict import Verdict
from engine.experiments import Experiment

CLAIMS: Mapping[str, str] = {
    "C1": "A path with zero RL reaches the same endpoint, or a better one.",
    "C2": "Building a supervised gradient out of sampled rewards adds pointless steps.",
    "C3": "A return-conditioned predictor learns what every level of performance looks like.",
    "C4": "Prediction avoids kinds of behavioural collapse that RL falls into.",
    "C5": "The loss that forces adherence to the distribution is hard to beat, also by a KL penalty.",
    "C6": "Most uses of RL are already a small amount of RL; less may be safer still.",
    "C7": "The replacement might be sneakily worse.",
    "C8": "A predictor is agnostic of goals: the goal is in the condition, not in the weights.",
}


@dataclass(frozen=True)
class Result:
    """An experiment that was run at its real length.

    Attributes:
        experiment: what was run.
        verdicts: one a check.
        seconds: from its beginning to its end.
        figure: the picture's path as the page links to it; empty for none.
    """

    experiment: Experiment
    verdicts: Sequence[Verdict]
    seconds: float
    figure: str = ""


def page(results: Sequence[Result], *, command: str, seeds: int, machine: str, date: str) -> str:
    """The whole page."""
    verdicts = [verdict for result in results for verdict in result.verdicts]
    lines = [
        "# What came out",
        "",
        f"Written by `{command}` on {date}, {machine}; seeds 0 to {seeds - 1} of every run, "
        f"{sum(result.seconds for result in results) / 60:.0f} minutes in all. Do not edit it: run the "
        "command again.",
        "",
        "Each line is an expectation that stands in the experiment's file. They were written after pilot "
        "runs with four seeds, and not changed after the run that this page tells of. One *held* where the "
        "95 % interval of the interquartile mean over seeds (stratified bootstrap, "
        "2108.13264) lies wholly on the expected side, *did not hold* where it lies wholly on the other, and "
        "is *undecided* in between. Two runs are compared seed by seed. Some expectations speak against "
        "the idea; they are marked.",
        "",
        *_summary(verdicts),
    ]
    for claim, words in CLAIMS.items():
        own = [result for result in results if result.experiment.claim == claim]
        if own:
            lines += ["", f"## {claim}. {words}"]
        for result in own:
            lines += _section(result)
    other = [result for result in results if result.experiment.claim not in CLAIMS]
    if other:
        lines += ["", "## Others"]
    for result in other:
        lines += _section(result)
    return "\n".join(lines) + "\n"


def _summary(verdicts: Sequence[Verdict]) -> list[str]:
    outcomes = ("held", "did not hold", "undecided", "not measured")
    sides = {"for": "speak for the idea", "against": "speak against it", "neither": "speak for neither side"}
    rows = ["| expectations that | " + " | ".join(outcomes) + " |", "|---" * (len(outcomes) + 1) + "|"]
    for side, words in sides.items():
        counts = [
            sum(v.check.idea == side and v.outcome == outcome for v in verdicts) for outcome in outcomes
        ]
        rows.append(f"| {words} | " + " | ".join(map(str, counts)) + " |")
    return rows


def _section(result: Result) -> list[str]:
    experiment = result.experiment
    runs = ", ".join(f"{run.name} ({run.updates} update{'s'[: run.updates != 1]})" for run in experiment.runs)
    lines = ["", f"### {experiment.title}", "", " ".join(experiment.summary.split()), "", f"Runs: {runs}."]
    if result.verdicts:
        lines += [
            "",
            "| expected | measured | 95 % interval | held against | outcome |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(verdict) for verdict in result.verdicts]
    if result.figure:
        lines += ["", f"![{experiment.title}]({result.figure})"]
    return lines


def _row(verdict: Verdict) -> str:
    check = verdict.check
    what = f"{check.metric} of {check.run}"
    bound = f"{check.relation} {number(verdict.bound)}"
    if check.than_run:
        what = f"{check.metric} of {check.run} less that of {check.than_run} ({number(verdict.other)})"
    mark = {"for": "", "against": " *(against the idea)*", "neither": ""}[check.idea]
    interval = f"{number(verdict.low)} to {number(verdict.high)}"
    outcome = verdict.outcome if verdict.outcome == "held" else f"**{verdict.outcome}**"
    return f"| {check.says}{mark} | {what}: {number(verdict.value)} | {interval} | {bound} | {outcome} |"


def number(value: float) -> str:
    """Three digits that count; a dash for what is not there."""
    return f"{value + 0.0:.3g}" if math.isfinite(value) else "–" if math.isnan(value) else "infinite"
