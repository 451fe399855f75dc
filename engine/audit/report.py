"""An audit's findings as text, as a page of Markdown, and as plain data for a program."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from engine.audit import words
from engine.audit.finding import Finding, Number, Result
from engine.claims.report import number

WIDTH = 100  # characters of a line of text
INDENT = "  "


def text(findings: Sequence[Finding]) -> str:
    """For a terminal: each probe's verdict, its sentence, and what has to be known to read it."""
    blocks = [heading(findings)]
    for finding in findings:
        probe = finding.probe
        lines = [f"{probe.title}: {words.verdict(finding)}. {probe.question} ({probe.task})"]
        for said in (words.sentence(finding), *words.notes(finding)):
            lines += textwrap.wrap(said, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def heading(findings: Sequence[Finding]) -> str:
    """Who was audited, against whom, and with what certainty."""
    if not findings:
        return "Nothing was measured."
    first = findings[0]
    several = first.seeds > 1
    return (
        f"{first.audited.label} beside {first.baseline.label} and a perfect predictor, "
        f"{words.seeds(first.seeds)} each"
        + ("; in brackets 95 % intervals of the interquartile mean over seeds." if several else ".")
    )


def page(findings: Sequence[Finding], *, command: str, machine: str, date: str) -> str:
    """A page of Markdown."""
    rl = findings[0].baseline.label if findings else "RL"
    lines = [
        f"# Audit of {findings[0].audited.label if findings else 'nothing'}",
        "",
        f"Written by `{command}` on {date}, {machine}. {heading(findings)} Everything is computed from the "
        "recordings of these runs. Returns are in reward units; *lost* is the best possible return less what "
        "was achieved. A difference counts where the whole interval of the difference, seed by seed, lies "
        "beyond 5 % of the way from the base's mean return to the best.",
        "",
        f"| probe | task | asked | achieved | best possible | perfect predictor | {rl} | lost | "
        f"lost by a perfect predictor | lost by {rl} | verdict |",
        "|---" * 11 + "|",
    ]
    for finding in findings:
        ours, perfect, theirs = finding.audited, finding.perfect, finding.baseline
        cells = (
            finding.probe.title,
            f"`{finding.probe.task}`",
            words.asked(finding),
            words.spread(ours.achieved),
            number(finding.best),
            words.spread(perfect.achieved),
            words.spread(theirs.achieved),
            words.lost(ours),
            words.lost(perfect),
            words.lost(theirs),
            words.verdict(finding),
        )
        lines.append("| " + " | ".join(cells) + " |")
    for finding in findings:
        said = " ".join((words.sentence(finding), *words.notes(finding)))
        lines += ["", f"**{finding.probe.title}.** *{finding.probe.question}* {said}"]
    return "\n".join(lines) + "\n"


def as_data(finding: Finding) -> dict[str, Any]:
    """Plain data for JSON; what is not estimable, or infinite, is None."""
    return {
        "probe": finding.probe.name,
        "task": finding.probe.task,
        "asked": finding.probe.asked if finding.takes_target else None,
        "supported": finding.supported,
        "best": finding.best,
        "audited": _result(finding.audited),
        "perfect": _result(finding.perfect),
        "baseline": _result(finding.baseline),
        "before": None if finding.before is None else _result(finding.before),
        "than_baseline": finding.than_baseline,
        "than_perfect": finding.than_perfect,
        "matters": finding.matters,
        "seeds": finding.seeds,
        "verdict": words.verdict(finding),
        "sentence": words.sentence(finding),
        "notes": words.notes(finding),
    }


def _result(result: Result) -> dict[str, Any]:
    return {
        "label": result.label,
        "achieved": _number(result.achieved),
        "lost": _number(result.lost),
        "worst": result.worst,
        "collateral": _number(result.collateral),
        "exact": result.exact,
    }


def _number(value: Number) -> dict[str, float | None]:
    return {name: part if math.isfinite(part) else None for name, part in vars(value).items()}
