"""`check`: is this file a recording, whole and sound?"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

CHECKS = (  # what is looked at, in order, and the kinds of defect that it finds
    ("a regular file of HDF5 that can be read in reasonable time and memory",
     ("kind", "format", "memory", "time", "crash")),
    ("links that stay within the file", ("soft link", "external link", "foreign link", "cycle", "members")),
    ("a schema version that this program reads", ("version", "newer")),
    ("every member: its type, where and how it is stored, its size",
     ("missing", "type", "external storage", "virtual", "filter", "reference", "size", "chunks")),
    ("shapes, descriptions and constants", ("shape", "text", "value")),
    ("counters, indices and the order of rows", ("commit", "index", "order")),
    ("all data, to the last byte", ("damaged",)),
    ("the overview, against the rows", ("overview",)),
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """Check a recording to its last byte, in a process that it cannot harm. Exit status 1: defects."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """A recording."""
    json: bool = False
    """One JSON object instead of text."""

    def __call__(self) -> int:
        from engine.recording.gatekeeper import examine

        report = examine(self.file, thorough=True)
        if self.json:
            defects = [vars(defect) for defect in report.defects]
            print(json.dumps({"file": str(report.file), "ok": not defects, "defects": defects}))
            return 1 if defects else 0
        print(report.file)
        judged = True  # what comes after a defect may not have been looked at
        for words, kinds in CHECKS:
            found = [defect for defect in report.defects if defect.kind in kinds]
            if not found:
                print(f"{'ok' if judged else '-':<8}{words}")
            for defect in found:
                print(f"defect  {defect}")
            judged = judged and not found
        return 1 if report.defects else 0
