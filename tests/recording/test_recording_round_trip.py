"""What is appended comes back: from the finished file, from the live one, and from every torn journal."""

import dataclasses
import subprocess
import sys
import time
import weakref
from pathlib import Path

import h5py
import numpy as np
import pytest
import recording_samples as samples

from engine.errors import UserError
from engine.headless import at_the_end
from engine.recording import frames, journal, recorder
from engine.recording.files import Files
from engine.recording.journal import JournalError, JournalWriter
from engine.recording.journal_reader import JournalReader
from engine.recording.reader import Recording
from engine.recording.recovery import recover
from engine.recording.schema import Event
from engine.recording.supervisor import RecorderSupervisor


def assert_holds(recording: Recording, rows: int) -> None:
    """Every row up to `rows`, bit for bit, in its place."""
    assert recording.rows == rows
    np.testing.assert_array_equal(recording.steps, np.arange(rows))
    for step in range(rows):
        meant = samples.row(step)
        for index, name in enumerate(("return", "loss")):
            assert recording.metric(name)[step].tobytes() == meant.metrics[:, index].tobytes()
        if meant.policy is not None:
            np.testing.assert_array_equal(recording.policy(step), meant.policy)
        if meant.returns is not None:
            np.testing.assert_array_equal(recording.returns(step), meant.returns)


def assert_curve_holds(recording: Recording) -> None:
    """What is read piecewise as the file grows is what the file holds."""
    curve = recording.curve("return", -np.inf, np.inf, 1000)
    np.testing.assert_array_equal(curve.x, recording.steps)
    np.testing.assert_allclose(curve.line, recording.metric("return").mean(axis=1), rtol=1e-12)
    assert recording.last_step == recording.steps[-1]


def test_everything_comes_back(tmp_path: Path) -> None:
    samples.write(tmp_path / "a.journal", 600).close()
    assert recorder.main(tmp_path / "a.journal") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5"]
    with Recording.open(tmp_path / "a.h5") as recording:
        assert_holds(recording, 600)
        meant = samples.layout()
        for field in (
            "seeds",
            "targets",
            "probes",
            "actions",
            "columns",
            "returns",
            "provenance",
            "catalogue",
        ):
            assert getattr(recording.layout, field) == getattr(meant, field)
        for name, constant in meant.constants.items():
            np.testing.assert_array_equal(recording.layout.constants[name], constant)
        assert [event.data["after"] for event in recording.events] == list(range(0, 600, 10))
        assert [checkpoint.step for checkpoint in recording.checkpoints] == list(range(0, 600, 10))
        # Between two recorded policies the earlier one holds; so for the return distributions.
        np.testing.assert_array_equal(recording.policy(7), samples.row(6).policy)
        np.testing.assert_array_equal(recording.returns(9), samples.row(5).returns)
        assert recording.policy(7) is recording.policy(6)  # read once for all who look at it
        assert not recording.policy(7).flags.writeable
        assert recording.row_at(3.5) == 3
        assert recording.row_at(-1) == 0
        assert not recording.refresh()


def test_a_closed_recording_keeps_nothing_that_was_read(tmp_path: Path) -> None:
    samples.write(tmp_path / "a.journal", 5)
    assert recorder.main(tmp_path / "a.journal") == 0
    recording = Recording.open(tmp_path / "a.h5")
    seen = weakref.ref(recording.policy(0))
    assert seen() is recording.policy(0)  # read once for all who look at it
    recording.close()
    assert seen() is None


def test_what_was_decimated_is_in_the_file(tmp_path: Path) -> None:
    strides = {"measure_every": 10, "policy_every": 4}
    layout = dataclasses.replace(samples.layout(), provenance={"specification": strides})
    for lossless, bits in ((True, 23), (False, 12)):
        path = tmp_path / f"{bits}.journal"
        samples.JournalWriter(path, layout, lossless=lossless).close()
        assert recorder.main(path) == 0
        with h5py.File(tmp_path / f"{bits}.h5") as file:
            assert file["entry/metrics"].attrs["measure_every"] == 10
            assert file["entry/policy"].attrs["policy_every"] == 4
            assert file["entry/policy"].attrs["mantissa_bits"] == bits


def test_rounding_keeps_twelve_bits(tmp_path: Path) -> None:
    journal = samples.write(tmp_path / "b.journal", 0, close=False)
    journal.close()
    Files.of(tmp_path / "b").journal.unlink()
    rounded = samples.JournalWriter(tmp_path / "b.journal", samples.layout())
    rounded.row(samples.row(0))
    rounded.close()
    recorder.main(tmp_path / "b.journal")
    with Recording.open(tmp_path / "b.h5") as recording:
        meant, got = samples.row(0).policy, recording.policy(0)
        assert got is not None
        assert meant is not None
        np.testing.assert_allclose(got, meant, rtol=2.0**-13)
        assert np.any(got != meant)


def test_live_reader_sees_rows_and_survives_the_end(tmp_path: Path) -> None:
    journal = samples.write(tmp_path / "live.journal", 30, close=False)
    supervisor = RecorderSupervisor(tmp_path / "live.journal")
    recording = _opened(tmp_path / "live.h5")
    samples.until(lambda: (recording.refresh() and recording.rows == 30) or recording.rows == 30)
    assert recording.live
    assert_holds(recording, 30)
    assert_curve_holds(recording)
    for step in range(30, 50):
        journal.row(samples.row(step))
    samples.until(lambda: (recording.refresh() and False) or recording.rows == 50)
    assert_holds(recording, 50)
    assert_curve_holds(recording)
    journal.close()
    assert supervisor.finish()
    samples.until(lambda: (recording.refresh() and False) or not recording.live)
    assert_holds(recording, 50)
    recording.close()
    assert supervisor.restarts == 0


def test_every_torn_tail_gives_the_whole_rows_before_it(tmp_path: Path) -> None:
    """Cut the journal at every byte: what is read is a prefix, and never a wrong row."""
    journal = samples.JournalWriter(tmp_path / "t.journal", samples.layout(), lossless=True)
    for step in range(4):
        journal.row(samples.row(step))
        time.sleep(0.05)  # a block each
    journal.close()
    whole = (tmp_path / "t.journal").read_bytes()
    seen = []
    torn = tmp_path / "torn.journal"
    for length in range(len(whole) + 1):
        torn.write_bytes(whole[:length])
        reader = JournalReader(torn)
        steps = [int(step) for block in reader.blocks() for step in block.steps]
        assert steps == list(range(len(steps)))
        seen.append(len(steps))
        reader.close()
    assert seen == sorted(seen)
    assert set(seen) == {0, 1, 2, 3, 4}


def test_an_error_of_any_kind_in_the_background_reaches_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = samples.write(tmp_path / "a.journal", 1, close=False)
    samples.until(lambda: journal.acknowledged == 1)

    def out_of_memory(block: object) -> bytes:
        raise MemoryError("no room")

    monkeypatch.setattr("engine.recording.codec.encode_block", out_of_memory)
    journal.row(samples.row(1))
    with pytest.raises(JournalError, match=r"no room.*1 rows are safe"):
        journal.close()
    with pytest.raises(JournalError, match="no room"):
        journal.row(samples.row(2))


def test_one_journal_that_cannot_be_finished_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.journal").write_bytes(frames.MAGIC + b"\x07")  # killed before it began
    (tmp_path / "b.journal").write_text("a diary")
    samples.write(tmp_path / "c.journal", 5)
    with pytest.raises(UserError, match=r"b\.journal \(status 2\).*recovered: .*c\.h5 \(5 rows\)"):
        recover(tmp_path)
    assert (tmp_path / "b.journal").read_text() == "a diary"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.journal", "c.h5"]


def test_recover_finishes_dead_runs_and_leaves_live_ones(tmp_path: Path) -> None:
    samples.write(tmp_path / "dead.journal", 12)
    alive = samples.write(tmp_path / "alive.journal", 3, close=False)
    recovered = recover(tmp_path)
    assert [(entry.path.name, entry.rows) for entry in recovered] == [("dead.h5", 12)]
    assert (tmp_path / "alive.journal").exists()
    assert recover(tmp_path) == []
    alive.close()
    with pytest.raises(UserError, match="no such file"):
        recover(tmp_path / "nothing.h5")


def test_two_recorders_never_share_a_journal(tmp_path: Path) -> None:
    samples.write(tmp_path / "a.journal", 3)
    held = recorder.lock.acquire(Files.of(tmp_path / "a").lock)
    assert held is not None
    assert recorder.main(tmp_path / "a.journal") == recorder.EXIT_BUSY
    assert (tmp_path / "a.journal").exists()


def test_wrong_shapes_and_late_appends_are_refused(tmp_path: Path) -> None:
    journal = samples.write(tmp_path / "a.journal", 1, close=False)
    with pytest.raises(ValueError, match="metrics has shape"):
        journal.row(samples.Row(0, 0.0, np.zeros((1, 2))))
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.row(samples.row(1))
    with pytest.raises(UserError, match="exists already"):
        samples.write(tmp_path / "a.journal", 1)


def test_bad_files_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("not HDF5")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = 1
    samples.write(tmp_path / "newer.journal", 2)
    recorder.main(tmp_path / "newer.journal")
    (tmp_path / "cut.h5").write_bytes((tmp_path / "newer.h5").read_bytes()[:3000])
    with h5py.File(tmp_path / "newer.h5", "r+") as file:
        file["entry"].attrs["schema_version"] = 99
    for name in ("text", "foreign", "cut", "newer", "absent"):
        with pytest.raises(UserError) as caught:
            Recording.open(tmp_path / f"{name}.h5")
        assert "\n" not in str(caught.value)
        assert f"{name}.h5" in str(caught.value)


def _opened(path: Path) -> Recording:
    deadline = time.monotonic() + 20
    while True:
        try:
            return Recording.open(path)
        except UserError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def test_what_follows_an_event_is_written_without_waiting_for_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.recording.journal.GATHER_SECONDS", 1e6)
    monkeypatch.setattr("engine.recording.journal._PROMPT_FOR_SECONDS", 1e6)
    writer = samples.write(tmp_path / "a.journal", 0, close=False)
    writer.event(Event(0, 0.0, "knob", {}))
    writer.row(samples.row(0))
    samples.until(lambda: writer.acknowledged == 1)
    writer.close()


def test_what_somebody_waits_for_is_written_as_it_comes_but_not_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in ("GATHER_SECONDS", "PROMPT_SECONDS", "_PROMPT_FOR_SECONDS"):
        monkeypatch.setattr(f"engine.recording.journal.{seconds}", 1e6)
    writer = samples.write(tmp_path / "a.journal", 0, close=False)
    writer.row(samples.row(0))
    samples.until(lambda: writer.acknowledged == 1)
    for step in (1, 2, 3):
        writer.row(samples.row(step))
    time.sleep(2 * journal.SYNC_SECONDS)
    assert writer.acknowledged == 1
    writer.close()
    assert writer.acknowledged == 4


def test_rows_that_nobody_waits_for_gather_and_are_written_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.recording.journal.GATHER_SECONDS", 1e6)
    monkeypatch.setattr("engine.recording.journal._PROMPT_FOR_SECONDS", 0.0)
    blocks = []
    write = JournalWriter._write
    monkeypatch.setattr(
        JournalWriter, "_write", lambda self, rows: (blocks.append(len(rows)), write(self, rows))
    )
    writer = samples.write(tmp_path / "a.journal", 0, close=False)
    for step in range(5):
        writer.row(samples.row(step))
    writer.close()
    assert blocks == [5]
    assert writer.acknowledged == 5


# A recorder that hardly ever looks, unless somebody waits.
PROMPT = """
import sys
from pathlib import Path
from engine.recording import recorder
recorder.FOLLOW_SECONDS = recorder._PROMPT_FOR_SECONDS = 1e6
sys.exit(recorder.main(Path(sys.argv[1])))
"""


def test_what_follows_an_event_reaches_readers_without_waiting(tmp_path: Path) -> None:
    writer = samples.write(tmp_path / "a.journal", 1, close=False)  # its first row comes with an event
    samples.until(lambda: writer.acknowledged == 1)
    with subprocess.Popen([sys.executable, "-c", PROMPT, tmp_path / "a.journal"]) as following:
        samples.until((tmp_path / "a.h5.part").exists)
        with Recording.open(tmp_path / "a.h5") as recording:
            writer.row(samples.row(1))
            samples.until(lambda: recording.refresh() and recording.rows == 2)
        writer.close()
        assert following.wait(30) == 0


def test_what_cannot_be_estimated_at_the_end_is_not_taken_from_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = samples.layout()
    asked = dataclasses.replace(layout.columns[1], name="asked", kind="exact")
    monkeypatch.setattr(
        samples, "layout", lambda: dataclasses.replace(layout, columns=(layout.columns[0], asked))
    )
    metrics = np.array([[[0.0, 0.2]] * 2, [[1.0, np.nan], [3.0, np.nan]], [[np.nan, np.nan]] * 2])
    for rows in (2, 3):  # what was measured last, and one row more in which nothing was
        path = tmp_path / f"{rows}.h5"
        samples.write_metrics(path, np.arange(rows), metrics[:rows])
        with Recording.open(path) as recording:
            assert at_the_end(recording)[0] == {"return": 2.0, "asked": None}
