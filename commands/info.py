"""`info`: what a recording holds."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

TURNS = 10  # of the knobs that were turned while the run ran, as text; as JSON they are all there


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
            about: dict[str, Any] = {
                "file": str(recording.path),
                "live": recording.live,
                "rows": recording.rows,
                "seeds": list(layout.seeds),
                "targets": [None if math.isnan(target) else target for target in layout.targets],
                "probes": len(layout.probes),
                "actions": list(layout.actions),
                "events": len(recording.events),
                "turns": [_turn(event) for event in recording.events if event.kind == "knob"],
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
        del about["metrics"], about["errors"]  # they stand below
        turns = about.pop("turns")
        _print(about)
        _print_turns(turns)
        print(
            f"after update {after}, but for what names another: interquartile mean over seeds "
            "± standard error [95 % interval], unit: what kind of number"
        )
        for number in found:
            words = " ".join(part for part in (number.measured, number.when) if part)
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


def _turn(event: Any) -> dict[str, Any]:
    """A turn of a knob: how many updates were done then, and what it was before and after."""
    data = event.data
    label = data.get("label") or data["name"]
    return {"update": event.step, "label": label, "before": data["before"], "after": data["after"]}


def _print_turns(turns: list[dict[str, Any]]) -> None:
    """The last turns, a line each, and how many there were before them."""
    if not turns:
        return
    more = f", and {len(turns) - TURNS} before these" if len(turns) > TURNS else ""
    print(f"knobs turned{more}")
    for turn in turns[-TURNS:]:
        when = f"after update {turn['update']}"
        print(f"  {when:<24} {turn['label']}: {_words(turn['before'])} → {_words(turn['after'])}")


def _words(value: Any) -> str:
    """A value as a person would write it: lists with commas, a dash for nothing."""
    if value is None or value in ("", {}, [], ()):
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
