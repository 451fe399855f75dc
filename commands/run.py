"""`run`: an experiment without a window."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import tyro

from commands.arguments import Count, NewFolder, assignment
from engine.places import recordings_folder


@dataclass(frozen=True)
class Run:
    """Run an experiment without a window; recordings and, if asked for, figures go to a folder."""

    experiment: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="EXPERIMENT")]
    """Name of an experiment, or path of an experiment's file (.toml) or a task's (.toml, .npz)."""
    out: NewFolder = None
    """Folder for the recordings."""
    seeds: Count = 0
    """Seeds of each run: independent replicates."""
    updates: Count = 0
    """Updates of each run."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute."""
    set: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="KNOB=VALUE")] = ()
    """Turn a knob of every run that has it."""
    data: Annotated[
        str, tyro.conf.arg(metavar="DATA", help_behavior_hint="(default: as the experiment says)")
    ] = ""
    """For every run that learns from data: base, a recording (.h5), or minari:NAME (a path, or installed)."""
    json: bool = False
    """Last line on standard output: one JSON object with the results."""
    figures: bool = False
    """Also draw the app's views as PNG and SVG."""

    def __call__(self) -> int:
        from engine import experiments, launch
        from engine.errors import one_of
        from engine.learners.names import NAMES
        from engine.tasks import registry

        loaded = experiments.load(self.experiment)
        for specification in loaded.runs:  # before torch is imported: a mistake is answered at once
            registry.check(specification.task, specification.task_text)
            if specification.learner not in NAMES:
                raise one_of(f"run {specification.name}: learner", specification.learner, NAMES)
        launch.warm_up()
        catalogue = launch.request_catalogue().wait()
        experiment = experiments.adjusted(
            loaded,
            seeds=self.seeds or None,
            updates=self.updates or None,
            device=self.device,
            knobs=dict(assignment(text) for text in self.set),
            catalogue=catalogue,
        )
        if self.data:
            experiment = experiments.learning_from(experiment, self.data, catalogue)
        from engine import headless

        stamp = datetime.now().strftime("%Y-%m-%d %H-%M-%S")
        folder = self.out or recordings_folder() / f"{stamp} {experiment.name}"
        finished = headless.run(experiment, folder)
        if self.figures:
            from gui.figures import render

            for kind in ("png", "svg"):
                os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
                render(
                    [run.file for run in finished],
                    folder / f"{experiment.name}.{kind}",
                    kind,
                    curves=experiment.curves,
                    against=experiment.against,
                )
            print(f"figures: {folder / experiment.name}.png and .svg")
        if self.json:
            print(json.dumps({"runs": [run.as_data() for run in finished]}))
        else:
            _print_table(finished)
            print(f"recordings: {folder}")
        return 0


def _print_table(finished: list[Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = ("return", "drift", "asked", "collateral", "effective_modes")
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("run", no_wrap=True)
    for heading in ("updates", "seconds", *shown[:-1], "modes"):
        table.add_column(heading, justify="right")
    for run in finished:
        cells = (_cell(run.metrics.get(name), run.errors.get(name)) for name in shown)
        table.add_row(run.name, str(run.updates), f"{run.seconds:.1f}", *cells)
    if any(name in run.errors for run in finished for name in shown):
        table.caption = "±: standard error of what is estimated by sampling; the rest is exact"
        table.caption_justify = "left"
    Console(width=max(Console().width, 110)).print(table)


def _cell(figure: float | None, error: float | None) -> str:
    if figure is None:
        return "not estimable"
    said = "" if error is None else f" ± {error:.1g}"
    return f"{round(figure, 3) + 0.0:.3f}{said}"
