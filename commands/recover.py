"""`recover`: recordings of runs that were killed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True)
class Recover:
    """Finish the recordings of runs that were killed. Nothing is done to runs that live."""

    path: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE-or-FOLDER")]
    """A journal, a recording that was never finished, or a folder of them."""

    def __call__(self) -> int:
        from engine.recording.recovery import recover

        recovered = recover(self.path)
        for recording in recovered:
            print(f"recovered {recording}")
        if not recovered:
            print("nothing to recover")
        return 0
