"""`audit`: a learner where prediction is known to lose."""

import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import tyro

from commands.arguments import Count, NewFolder, assignment
from engine.places import recordings_folder


@dataclass(frozen=True)
class Audit:
    """Put a learner through luck, targets out of range, stitching, rare data and its own data.

    Says what it lost beside what RL and a perfect predictor lose."""

    learner: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="LEARNER-or-FILE")]
    """A learner's name, or a recording (.h5) whose learner and knobs are taken."""
    set: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="KNOB=VALUE")] = ()
    """Turn a knob of the learner."""
    seeds: Count = 8
    """Seeds of each run."""
    updates: Count = 200
    """Updates of each run."""
    probe: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="NAME")] = ()
    """Only this probe: luck, "out of range", stitching, "rare data", "own data"; several may be given."""
    baseline: Annotated[str, tyro.conf.arg(metavar="LEARNER")] = "reinforce"
    """The RL learner to compare with: reinforce, ppo, soft_q …"""
    out: NewFolder = None
    """Folder for the recordings; an audit that is finished there is not run again."""
    markdown: Annotated[Path | None, tyro.conf.arg(metavar="FILE", help_behavior_hint="")] = None
    """Also write the report as a page of Markdown."""
    json: bool = False
    """Last line on standard output: one JSON object with the findings."""

    def __call__(self) -> int:
        from engine.audit import plan
        from engine.audit.probes import PROBES, probe
        from engine.errors import one_of
        from engine.learners.names import NAMES

        if not self._recorded and self.learner not in NAMES:  # before torch is imported
            raise one_of("audit: learner", self.learner, (*NAMES, "or a recording (.h5)"))
        chosen = [probe(name) for name in self.probe] or PROBES
        from engine import catalogue
        from engine.audit import finding, report
        from engine.claims.collect import recorded
        from engine.headless import make_folder
        from engine.provenance import machine
        from engine.recording.reader import Recording

        learner, knobs = plan.of_recording(Path(self.learner)) if self._recorded else (self.learner, {})
        described = catalogue.describe()
        knobs |= dict(assignment(text) for text in self.set)
        knobs = plan.accepted(learner, knobs, described)
        experiment = plan.planned(
            learner,
            knobs,
            seeds=self.seeds,
            updates=self.updates,
            baseline=self.baseline,
            probes=chosen,
            catalogue=described,
        )
        if self.markdown:
            make_folder(self.markdown.absolute().parent)
        now = datetime.now()
        folder = self.out or recordings_folder() / f"{now:%Y-%m-%d %H-%M-%S} {experiment.name}"
        paths = recorded(experiment, folder)
        names = [run.name for run in experiment.runs]
        with ExitStack() as stack:
            opened = [stack.enter_context(Recording.open(path)) for path in paths]
            by_name = dict(zip(names, opened, strict=True))
            findings = [one for asked in chosen if (one := finding.found(asked, by_name))]
        if self.markdown:
            command = "python main.py " + " ".join(["audit", *sys.argv[2:]])
            text = report.page(findings, command=command, machine=machine(), date=f"{now:%Y-%m-%d}")
            self.markdown.write_text(text, encoding="utf-8")
        if self.json:
            files = {name: str(path) for name, path in zip(names, paths, strict=True)}
            data = {
                "learner": learner,
                "knobs": knobs,
                "baseline": self.baseline,
                "findings": [report.as_data(one) for one in findings],
                "recordings": files,
            }
            print(json.dumps(data))
        else:
            print(report.text(findings))
            print(f"\nrecordings: {folder}")
        return 0

    @property
    def _recorded(self) -> bool:
        """Whether a recording was named, and no learner."""
        return self.learner.endswith(".h5")
