"""Events and checkpoints: an index into JSON bytes, and what each of them says."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.recording.inspection.contents import Contents
from engine.recording.inspection.expected import WHOLE_BYTES
from engine.recording.inspection.findings import line


def check_records(contents: Contents, counts: Mapping[str, int]) -> None:
    """Every event, and every checkpoint."""
    _check(contents, counts, "event", _event)
    _check(contents, counts, "checkpoint", _checkpoint)


def _check(
    contents: Contents, counts: Mapping[str, int], kind: str, wrong_with: Callable[[dict[str, Any]], str]
) -> None:
    count, length = counts[f"{kind}s"], counts[f"{kind}_bytes"]
    found = contents.found
    if length > WHOLE_BYTES:
        return found.fault("size", f"{kind}_bytes", f"has {length} bytes; allowed: {WHOLE_BYTES}")
    index = contents.datasets[f"{kind}_index"][:count]
    data = contents.datasets[f"{kind}_bytes"][:length].tobytes()
    end = 0
    for number, (at, size) in enumerate(index.tolist()):
        if at != end or size < 0 or at + size > length:
            words = f"places {kind} {number} at {at} with {size} bytes, where {end} was due, of {length}"
            return found.fault("index", f"{kind}_index", words)
        end = at + size
        try:
            record = json.loads(data[at:end].decode())
            found.words(record, f"{kind}_bytes")
            wrong = wrong_with(record)
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
            wrong = line(error)
        if wrong:
            return found.fault("text", f"{kind}_bytes", f"{kind} {number} cannot be understood ({wrong})")
    return None


def _event(event: dict[str, Any]) -> str:
    if set(event) != {"step", "seconds", "kind", "data"} or not isinstance(event["data"], dict):
        return "its fields are not step, seconds, kind and data"
    if not (_number(event["step"]) and _number(event["seconds"]) and isinstance(event["kind"], str)):
        return "a field is of another type"
    if event["kind"] != "knob":
        return ""
    wrong = [
        n for n in ("name", "before", "after") if not isinstance(event["data"].get(n), int | float | str)
    ]
    if wrong:
        return f"its {wrong[0]} is missing, or neither a number nor a word"
    return "" if isinstance(event["data"].get("act", ""), str) else "its act is not a word"


def _checkpoint(checkpoint: dict[str, Any]) -> str:
    if set(checkpoint) != {"step", "file", "sha256"} or not _number(checkpoint["step"]):
        return "its fields are not step, file and sha256"
    name, digest = checkpoint["file"], checkpoint["sha256"]
    if not isinstance(name, str) or not name or re.search(r"[/\\\x00]|^\.\.?$", name):
        return f"its file {name!r} is not a name in the recording's folder"
    return "" if isinstance(digest, str) and re.fullmatch("[0-9a-f]{64}", digest) else "no sha256"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63
