"""`export`: a recording as something else."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class Export:
    """Write a recording as a table or as a figure."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """A recording."""
    to: Literal["csv", "png", "svg"]
    """csv: every metric of every step and seed. png, svg: the app's views."""
    out: Annotated[Path, tyro.conf.arg(metavar="PATH")]
    """The file to write."""

    def __call__(self) -> int:
        from engine.headless import make_folder
        from engine.recording.export import to_csv
        from engine.recording.gatekeeper import admit
        from engine.recording.reader import Recording

        make_folder(self.out.absolute().parent)
        admit(self.file)
        with Recording.open(self.file) as recording:
            if self.to == "csv":
                to_csv(recording, self.out)
        if self.to != "csv":
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
            from gui.figures import render

            render([self.file], self.out, self.to)
        print(self.out)
        return 0
