"""The fuzzer: a few spoiled files do no harm, and it would see it if they did."""

import re
from pathlib import Path

import h5py
import pytest
from spoiling import link, put

from engine.recording.served import FORKS
from tests.fuzz.harness import Side, fuzz, sides
from tests.fuzz.mutations import OTHER
from tests.fuzz.watch import watchable


def test_some_spoiled_files_do_no_harm() -> None:
    counts = fuzz(75, seed=11)
    assert counts.harmed == []
    assert counts.done.total() == counts.refused.total() + counts.accepted.total() == 75
    assert counts.refused.total() > 30
    assert counts.accepted["ok"] > 7


@pytest.mark.skipif(not watchable(), reason="needs Linux and a C compiler")
def test_the_fuzzer_sees_a_file_read_outside_the_recording(sound: Path, tmp_path: Path) -> None:
    """The opening side alone, as if the inspection had admitted what it must not."""
    (tmp_path / OTHER).write_bytes(sound.read_bytes())
    ways_out = (
        link("step", h5py.ExternalLink(OTHER, "/entry/step")),
        put("event_bytes", shape=(16,), dtype="u1", external=[(OTHER, 0, 16)]),
    )
    with sides(tmp_path, sound) as (inspector, opener, watched):
        assert watched
        assert opener.give(sound)[1] == ""
        for way_out in ways_out:
            with h5py.File(sound, "r+") as file:
                way_out(file["entry"])
            assert re.match(f"asked for another file: .*{OTHER}", opener.give(sound)[1])
            assert inspector.give(sound)[1] == ""  # it refuses the file and does not follow it


@pytest.mark.skipif(not FORKS, reason="memory is measured where a process can fork")
def test_the_fuzzer_sees_memory_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "greedy.py").write_text(
        "from engine.recording.served import serve\n"
        "serve(lambda request: sum(bytes(bytearray(32 << 20))) if 'bad' in request['file'] else 0)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    side = Side("greedy", None, memory=16 << 20)
    try:
        side.begin(Path("good"))
        assert side.give(Path("good"))[1] == ""
        assert re.search(r"held \d+ bytes; allowed: 16777216", side.give(Path("bad"))[1])
    finally:
        side.close()
