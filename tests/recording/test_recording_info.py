"""What `info` says of a recording's events."""

import json
from pathlib import Path

import pytest
from recording_samples import layout, row

import main
from engine.recording import recorder
from engine.recording.files import Files
from engine.recording.journal import JournalWriter
from engine.recording.schema import Event


def test_info_says_which_knobs_were_turned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = [(step, step / 8, (step + 1) / 8) for step in range(12)]
    data = {"name": "kl_weight", "label": "KL weight β"}
    events = [
        Event(step, 0.0, "knob", {**data, "before": before, "after": after}) for step, before, after in turns
    ]
    journal = JournalWriter(Files.of(tmp_path / "turned.h5").journal, layout(), lossless=True)
    journal.row(row(0))
    for event in (*events, Event(12, 0.0, "control", {"action": "stop"})):
        journal.event(event)
    journal.close()
    assert recorder.main(Files.of(tmp_path / "turned.h5").journal) == 0
    path = str(tmp_path / "turned.h5")
    assert main.main(["info", path, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["events"] == 13
    assert [(turn["update"], turn["before"], turn["after"]) for turn in found["turns"]] == turns
    assert main.main(["info", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    begin = lines.index("knobs turned, and 2 before these")
    assert [line.split() for line in lines[begin + 1 : begin + 11]] == [
        f"after update {step} KL weight β: {before:g} → {after:g}".split()
        for step, before, after in turns[2:]
    ]
