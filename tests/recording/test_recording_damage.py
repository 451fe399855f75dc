"""Damage is told from a torn tail; what comes after it is recovered, and the gap is told."""

import json
from pathlib import Path

import pytest
import recording_samples as samples

from engine.errors import UserError
from engine.recording import frames, recorder
from engine.recording.journal_reader import JournalReader
from engine.recording.reader import Recording
from engine.recording.recovery import recover

ROWS = 5


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal of five rows, a frame each."""
    path = tmp_path / "d.journal"
    writer = samples.JournalWriter(path, samples.layout(), lossless=True)
    for step in range(ROWS):
        writer.row(samples.row(step))
        samples.until(lambda: writer.acknowledged == step + 1)  # noqa: B023
    writer.close()
    return path


def places(data: bytes) -> list[tuple[int, frames.Header]]:
    """Where each frame begins."""
    found = []
    at = len(frames.MAGIC)
    while at < len(data):
        header = frames.parse(data[at : at + frames.HEADER])
        assert header is not None
        found.append((at, header))
        at += frames.HEADER + header.length
    return found


def steps_of(path: Path) -> tuple[list[int], JournalReader, list[str]]:
    """Steps that can be read, each checked against what was written; the reader; what is told of gaps."""
    reader = JournalReader(path)
    steps, told = [], []
    for block in reader.blocks():
        told += [str(event.data["message"]) for event in block.events]
        for index, step in enumerate(block.steps.tolist()):
            assert block.metrics[index].tobytes() == samples.row(step).metrics.tobytes()
            steps.append(step)
    reader.close()
    return steps, reader, told


def test_frames_lie_as_expected(journal: Path) -> None:
    kinds = [header.kind for _, header in places(journal.read_bytes())]
    assert kinds == [frames.LAYOUT] * 2 + [frames.BLOCK] * ROWS + [frames.END]
    assert [header.first_row for _, header in places(journal.read_bytes())] == [0, 0, 0, 1, 2, 3, 4, 5]


def test_a_flipped_bit_anywhere_costs_the_frame_that_it_hits_and_no_other(journal: Path) -> None:
    """Every byte of the header of every frame, and some of each payload, each with another bit."""
    whole = journal.read_bytes()
    for index, (at, header) in enumerate(places(whole)):
        length = frames.HEADER + header.length
        for offset in [*range(frames.HEADER), *range(frames.HEADER, length, 97)]:
            data = bytearray(whole)
            data[at + offset] ^= 1 << offset % 8
            journal.write_bytes(data)
            steps, reader, told = steps_of(journal)
            hit = index - 2 if header.kind == frames.BLOCK else None
            assert steps == [step for step in range(ROWS) if step != hit]
            if header.kind == frames.END:
                assert not reader.ended
            else:
                assert reader.ended
                assert reader.damaged
            if hit is not None:
                assert told == [
                    f"{length} bytes of the journal after row {hit} were damaged: 1 rows are missing"
                ]


def test_a_flipped_bit_in_the_magic_line_costs_nothing(journal: Path) -> None:
    data = bytearray(journal.read_bytes())
    data[3] ^= 1
    journal.write_bytes(data)
    steps, reader, _ = steps_of(journal)
    assert steps == list(range(ROWS))
    assert reader.damaged


@pytest.mark.parametrize("field", ["payload", "length"])
def test_the_recording_holds_what_follows_the_damage_and_tells_the_gap(journal: Path, field: str) -> None:
    data = bytearray(journal.read_bytes())
    at, _ = places(data)[4]  # the third row
    data[at + {"payload": 40, "length": 11}[field]] ^= 0x10
    journal.write_bytes(data)
    (recovered,) = recover(journal.parent)
    assert (recovered.rows, recovered.damaged) == (ROWS - 1, True)
    assert "d.journal.damaged" in str(recovered)
    assert sorted(path.name for path in journal.parent.iterdir()) == ["d.h5", "d.journal.damaged"]
    assert (journal.parent / "d.journal.damaged").read_bytes() == bytes(data)
    with Recording.open(journal.parent / "d.h5") as recording:
        assert recording.steps.tolist() == [0, 1, 3, 4]
        assert recording.policy(3).tobytes() == samples.row(4).policy.tobytes()
        (event,) = recording.events
        assert (event.kind, event.step, event.data["rows"]) == ("alarm", 1, 1)
        json.dumps(event.data)


def test_a_torn_tail_is_no_damage(journal: Path) -> None:
    whole = journal.read_bytes()
    at, header = places(whole)[-2]
    for size in (at + 5, at + frames.HEADER, at + frames.HEADER + header.length - 1):
        journal.write_bytes(whole[:size])
        (recovered,) = recover(journal.parent)
        assert (recovered.rows, recovered.damaged) == (ROWS - 1, False)
        assert [path.name for path in journal.parent.iterdir()] == ["d.h5"]


def test_a_tail_of_zeros_is_kept_and_told(journal: Path) -> None:
    """What a power cut may leave: the size reached the disk, the bytes did not."""
    whole = journal.read_bytes()
    at, _ = places(whole)[-2]
    journal.write_bytes(whole[:at] + bytes(len(whole) - at))
    assert recorder.main(journal) == 0
    with Recording.open(journal.parent / "d.h5") as recording:
        assert recording.rows == ROWS - 1
        assert recording.events[-1].data["rows"] is None
    assert (journal.parent / "d.journal.damaged").exists()


def test_a_frame_of_another_journal_is_never_taken_for_one_of_this(journal: Path) -> None:
    whole = journal.read_bytes()
    (at, _), (after, _) = places(whole)[-2:]
    foreign = frames.frame(12345, frames.BLOCK, 7, 5, whole[at + frames.HEADER : after])
    journal.write_bytes(whole[:after] + foreign)
    steps, reader, _ = steps_of(journal)
    assert steps == list(range(ROWS))
    assert not reader.damaged


def test_a_journal_without_any_layout_is_put_aside_once(journal: Path) -> None:
    data = bytearray(journal.read_bytes())
    for at, _ in places(bytes(data))[:2]:
        data[at + 60] ^= 1
    journal.write_bytes(data)
    with pytest.raises(UserError, match="status 2"):
        recover(journal.parent)
    assert [path.name for path in journal.parent.iterdir()] == ["d.journal.damaged"]
    assert recover(journal.parent) == []
