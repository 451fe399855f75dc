"""A live file is inspected while its recorder goes on: what is written meanwhile is no defect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.recording.inspection import inspect as inspection

STAGES = (
    "check_links",
    "readable",
    "check_chunks",
    "check_shapes",
    "check_texts",
    "check_counters",
    "check_rows",
)


@pytest.mark.parametrize("stage", STAGES)
def test_a_file_may_grow_at_any_time(
    tmp_path: Path, append: Callable[[int], int], monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    look = getattr(inspection, stage)

    def grow_and_look(*given: Any) -> Any:
        append(600)  # more than a chunk: the file itself is longer afterwards
        return look(*given)

    monkeypatch.setattr(inspection, stage, grow_and_look)
    assert inspection.inspect(tmp_path / "live.h5.part") == []
    assert append(1) == 611
