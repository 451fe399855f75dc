"""`info`: what a recording holds."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True)
class Info:
    """What a recording holds."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """A recording."""
    json: bool = False
    """One JSON object instead of text."""

    def __call__(self) -> int:
        from engine.headless import summary
        from engine.recording.reader import Recording

        with Recording.open(self.file) as recording:
            layout = recording.layout
            about = {
                "file": str(recording.path),
                "live": recording.live,
                "rows": recording.rows,
                "seeds": list(layout.seeds),
                "targets": [None if math.isnan(target) else target for target in layout.targets],
                "probes": len(layout.probes),
                "actions": list(layout.actions),
                "events": len(recording.events),
                "checkpoints": [checkpoint.step for checkpoint in recording.checkpoints],
                "provenance": dict(layout.provenance),
            }
        about |= summary(self.file).as_data()
        if self.json:
            print(json.dumps(about))
            return 0
        for key, value in about.items():
            if isinstance(value, dict):
                print(key)
                for name, inner in value.items():
                    print(f"  {name:<24} {inner}")
            else:
                print(f"{key:<26} {value}")
        return 0
