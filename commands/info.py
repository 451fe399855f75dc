"""`info`: what a recording holds."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro


@dataclass(frozen=True)
class Info:
    """What a recording holds."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """A recording."""
    json: bool = False
    """One JSON object instead of text."""

    def __call__(self) -> int:
        from engine import history, numbers
        from engine.headless import summary
        from engine.recording.gatekeeper import admit
        from engine.recording.reader import Recording

        admit(self.file)
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
            last = recording.rows - 1
            found = [
                *numbers.at_row(recording, last),
                *numbers.of_history(recording, history.of(recording)),
            ]
            about["leftover_by_target"] = numbers.leftover_by_target(recording, last)
            measured = numbers.measured_at(recording, last)
            after = recording.step_of(measured) if measured >= 0 else 0
            missing = [column.name for column in numbers.absent(recording)]
        about |= summary(self.file).as_data()
        if self.json:
            about["numbers"] = {number.column.name: number.as_data() for number in found}
            about["not_measured"] = missing
            print(json.dumps(about))
            return 0
        del about["metrics"]
        _print(about)
        print(
            f"after update {after}, but for what names another: interquartile mean over seeds "
            "± standard error [95 % interval], unit: what kind of number"
        )
        for number in found:
            words = " ".join(part for part in (number.words, number.column.unit, number.when) if part)
            kind = ", ".join(part for part in (number.kind, number.seeds) if part)
            print(f"  {number.column.name:<24} {words:<44} {kind}")
        for name in missing:
            print(f"  {name:<24} {'–':<44} not estimable: not of this task or learner")
        return 0


def _print(values: Mapping[str, Any], indent: str = "") -> None:
    """A line for each value; what is itself made of names and values stands below its name, further in."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            print(f"{indent}{name}")
            _print(value, indent + "  ")
        else:
            print(f"{indent}{name:<{26 - len(indent)}} {_words(value)}")


def _words(value: Any) -> str:
    """A value as a person would write it: lists with commas, a dash for nothing."""
    if value is None or value in ("", {}, [], ()):
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    return str(value)
