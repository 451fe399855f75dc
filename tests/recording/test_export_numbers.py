import csv
import json
import time
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet
import pytest
import recording_samples as samples

from engine.errors import UserError
from engine.exports.job import carry_out
from engine.exports.kinds import KINDS, Order
from engine.exports.snapshot import Snapshot
from engine.recording import recorder
from engine.recording.reader import Recording
from engine.recording.schema import Event
from engine.recording.supervisor import RecorderSupervisor


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """Five rows of known numbers, two seeds."""
    samples.write(tmp_path / "a.journal", 5)
    recorder.main(tmp_path / "a.journal")
    return tmp_path / "a.h5"


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_csv_has_a_line_for_each_step_and_seed(sample: Path, tmp_path: Path) -> None:
    carry_out(Order("csv", (sample,), tmp_path / "a.csv", first=1, last=3))
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "step,seconds,seed,return,loss"
    assert len(lines) == 1 + 3 * 2
    step, seconds, seed, value, loss = lines[2].split(",")
    assert (step, seconds, seed, loss) == ("1", "0.100000", "7", repr(float(samples.row(1).metrics[1, 1])))
    assert float(value) == samples.row(1).metrics[1, 0]
    assert lines[1].endswith(",")  # not measured


def test_beside_a_csv_is_what_its_columns_mean(sample: Path, tmp_path: Path) -> None:
    carry_out(Order("csv", (sample,), tmp_path / "a.csv"))
    said = json.loads((tmp_path / "a.csv-metadata.json").read_text(encoding="utf-8"))
    heading = (tmp_path / "a.csv").read_text().splitlines()[0].split(",")
    columns = said["tableSchema"]["columns"]
    assert said["url"] == "a.csv"
    assert [column["name"] for column in columns] == heading
    assert columns[3]["unit"] == "reward"
    assert said["updates"] == [0, 4]
    assert said["provenance"]["specification"]["learner"] == "reinforce"


def test_parquet_and_csv_hold_the_same_numbers(sample: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    for kind in ("csv", "parquet"):
        order = Order(kind, (sample,), tmp_path / f"a.{kind}", first=1)
        carry_out(order, lambda done, of: told.append((done, of)))
    read = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    with (tmp_path / "a.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    assert read.num_rows == len(lines) == 4 * 2
    for name in read.column_names:
        for left, right in zip(read[name].to_pylist(), (line[name] for line in lines), strict=True):
            assert (left is None) == (right == "")
            assert left is None or float(right) == pytest.approx(left, abs=5e-7 if name == "seconds" else 0)
    assert read["return"].to_numpy()[1] == samples.row(1).metrics[1, 0]  # bit for bit
    assert read.schema.field("return").metadata[b"unit"] == b"reward"
    assert json.loads(read.schema.metadata[b"supertask"])["updates"] == [1, 4]
    assert told[-1] == (8, 8)


def test_an_export_of_a_live_run_is_of_the_update_it_began_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the table is being written the run goes on, ends, and its recorder finishes the file."""
    monkeypatch.setattr("engine.exports.snapshot.SOME", 4)
    journal = samples.write(tmp_path / "a.journal", 14, close=False)
    supervisor = RecorderSupervisor(tmp_path / "a.journal")
    deadline, rows = time.monotonic() + 60, 0
    while rows < 14 and time.monotonic() < deadline:
        time.sleep(0.02)
        with suppress(UserError), Recording.open(tmp_path / "a.h5") as recording:
            rows = recording.rows
    grown = []

    def meanwhile(done: int, of: int) -> None:
        if not grown:  # after the first lines
            for step in range(14, 30):
                journal.row(samples.row(step))
            journal.event(Event(29, 2.9, "knob", {"name": "late"}))
            journal.close()
            assert supervisor.finish()
        grown.append((done, of))

    carry_out(Order("csv", (tmp_path / "a.h5",), tmp_path / "a.csv"), meanwhile)
    assert grown[-1] == (28, 28)
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert [int(line.split(",")[0]) for line in lines[1:]] == [step for step in range(14) for _ in range(2)]
    assert all(float(line.split(",")[3]) == samples.row(n // 2).metrics[n % 2, 0]
               for n, line in enumerate(lines[1:]))  # fmt: skip
    said = json.loads((tmp_path / "a.csv-metadata.json").read_text(encoding="utf-8"))
    assert said["updates"] == [0, 13]
    assert said["run_was_going_on"]
    with Recording.open(tmp_path / "a.h5") as recording:
        assert recording.rows == 30
        held = Snapshot(recording, 3, 14)
        assert held.last_step == 14
        assert [event.step for event in held.events] == [0, 10]
        assert [checkpoint.step for checkpoint in held.checkpoints] == [0, 10]
        assert len(held.metric("return")) == held.rows == 12


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_stopped_leaves_no_file(sample: Path, tmp_path: Path, kind: str) -> None:
    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(Order(kind, (sample,), tmp_path / f"a.{kind}"), stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_a_file_that_was_there_stays_when_the_next_is_stopped(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("before")

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(Order("csv", (sample,), tmp_path / "a.csv"), stop)
    assert (tmp_path / "a.csv").read_text() == "before"
    assert not left_over(tmp_path)


def test_mistakes_are_told_in_words(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "a"
    for order, said in (
        (Order("csv", (sample,), tmp_path / "nowhere" / "a.csv"), "cannot write"),
        (Order("csv", (sample,), out, first=9), "allowed: those recorded, 0 to 4"),
        (Order("csv", (sample,), out, first=3, last=2), "first not after the last"),
        (Order("csv", (sample, sample), out), "2 recordings; allowed: one"),
        (Order("png", (sample,), out, first=1), "no range of updates; allowed of: gif, mp4, csv"),
        (Order("xls", (sample,), out), "'xls' is unknown; allowed: png"),
        (Order("gif", (sample,), out, rate=900), "frames a second: 900; allowed: 1 to 60"),
        (Order("png", (sample,), out, view="attic"), "view 'attic' is unknown; allowed: page"),
    ):
        with pytest.raises(UserError, match=said):
            carry_out(order)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'pip install "supertask\[parquet\]"; allowed without it: png, svg'):
        carry_out(Order("parquet", (sample,), out))
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_every_kind_has_a_writer_and_a_name_of_its_own() -> None:
    assert len({kind.label for kind in KINDS.values()}) == len(KINDS)
    assert all(name.isalnum() for name in KINDS)
