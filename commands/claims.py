"""`claims`: every experiment at its real length, judged."""

import os
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import tyro

from commands.arguments import Count
from engine.places import recordings_folder


@dataclass(frozen=True)
class Claims:
    """Run every experiment that ships at its real length and write what came out, claim by claim."""

    out: Annotated[Path, tyro.conf.arg(metavar="FILE")] = Path("docs/claims.md")
    """The page to write; its figures go to a folder named after it."""
    seeds: Count = 10
    """Seeds of each run."""
    recordings: Annotated[
        Path | None,
        tyro.conf.arg(metavar="DIR", help_behavior_hint="(default: where the app keeps its own)"),
    ] = None
    """Folder for the recordings; what an interrupted call finished there is not run again."""
    experiment: Annotated[tyro.conf.UseAppendAction[tuple[str, ...]], tyro.conf.arg(metavar="NAME")] = ()
    """Only this experiment; may be given several times."""

    def __call__(self) -> int:
        from engine import catalogue, experiments
        from engine.claims import collect, report
        from engine.headless import make_folder
        from engine.provenance import machine

        made_by = machine()  # before the pictures change files of the source
        described = catalogue.describe()
        folder = self.recordings or recordings_folder() / "claims"
        pictures = self.out.absolute().with_suffix("")
        make_folder(pictures)
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from gui.figures import render

        results = []
        for name in self.experiment or experiments.names():
            loaded = experiments.load(name)
            experiment = experiments.adjusted(loaded, seeds=self.seeds, catalogue=described)
            print(f"{name}: {experiment.title}", file=sys.stderr)
            result, paths = collect.collected(experiment, folder / name)
            picture = pictures / f"{name}.png"
            render(paths, picture, "png", curves=experiment.curves, against=experiment.against, scale=1)
            results.append(replace(result, figure=f"{pictures.name}/{name}.png"))
        command = "python main.py " + " ".join(["claims", *sys.argv[2:]])
        text = report.page(
            results, command=command, seeds=self.seeds, machine=made_by, date=f"{datetime.now():%Y-%m-%d}"
        )
        self.out.write_text(text, encoding="utf-8")
        print(self.out)
        return 0
