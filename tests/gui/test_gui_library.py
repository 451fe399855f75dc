"""The library: what is found in folders, what a person says of it, and how it is searched and sorted."""

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import pytest
from library_samples import BEGINNING, FIXTURE, entry, found, keys, put

from engine.recording.lock import acquire
from gui.model.library import labels
from gui.model.library.labels import PLAIN, Label
from gui.model.library.query import Query, Row, arranged
from gui.model.library.scan import Scanner, is_recording
from gui.model.library.shelf import Library

# Looking into folders


def test_recordings_are_found_in_folders_and_their_folders(tmp_path: Path) -> None:
    put(tmp_path / "b.h5")
    put(tmp_path / "2026-11-25 10.00.00 luck" / "a.h5", 2000.0)
    put(tmp_path / "deep" / "deeper" / "c.h5.part", time.time())
    (tmp_path / "notes.txt").touch()
    found = {entry.key: entry for entry in Scanner().scan(tmp_path)}
    assert set(found) == {"b.h5", "2026-11-25 10.00.00 luck/a.h5", "deep/deeper/c.h5"}
    luck, deep = found["2026-11-25 10.00.00 luck/a.h5"], found["deep/deeper/c.h5"]
    assert (luck.name, luck.place, luck.changed, luck.size) == ("a", "luck", 2000.0, len(BEGINNING))
    assert (deep.name, deep.place, deep.live) == ("c", "deep / deeper", True)
    assert found["b.h5"].place == tmp_path.name
    assert luck.path == tmp_path / "2026-11-25 10.00.00 luck" / "a.h5"


def test_one_that_nobody_writes_is_not_live(tmp_path: Path) -> None:
    part, scanner = put(tmp_path / "a.h5.part"), Scanner()
    writer = acquire(tmp_path / "a.journal")
    assert writer is not None

    def seen() -> tuple[bool, bool]:
        (one,) = scanner.scan(tmp_path)
        return one.live, one.left

    assert seen() == (True, False)  # paused for long
    os.close(writer)  # as its process is killed
    assert seen() == (False, True)
    os.utime(part)  # someone finishes it
    assert seen() == (True, False)
    part.rename(tmp_path / "a.h5")
    assert seen() == (False, False)


def test_a_data_set_of_ones_own_is_no_recording(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "episodes.h5", "w") as file:
        file["observations"] = [1.0, 2.0]
    put(tmp_path / "text.h5", content=b"entry, but no HDF5")
    put(tmp_path / "empty.h5", content=b"")
    for version in (1, 2):
        assert is_recording(FIXTURE.with_name(f"version-{version}.h5"))
    with h5py.File(tmp_path / "plain.h5", "w") as file:  # as another program would write a recording
        file.create_group("entry").attrs["schema_version"] = 1
    assert [entry.key for entry in Scanner().scan(tmp_path)] == ["plain.h5"]


def test_a_folder_is_read_again_only_when_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "old" / "a.h5")
    put(tmp_path / "new" / "b.h5")
    for folder in (tmp_path / "old", tmp_path / "new", tmp_path):
        os.utime(folder, (5000, 5000))
    read: list[str] = []
    listed = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: read.append(Path(folder).name) or listed(folder))
    scanner = Scanner()
    first = scanner.scan(tmp_path)
    assert sorted(read) == sorted([tmp_path.name, "old", "new"])
    read.clear()
    assert scanner.scan(tmp_path) == first
    assert read == []
    put(tmp_path / "new" / "c.h5")
    assert [entry.key for entry in scanner.scan(tmp_path)] == ["new/b.h5", "new/c.h5", "old/a.h5"]
    assert read == ["new"]
    scanner.scan(tmp_path)
    assert read == ["new", "new"]  # changed a moment ago: its date might not tell of the next change


def test_what_may_change_is_looked_at_though_its_folder_did_not(tmp_path: Path) -> None:
    live = put(tmp_path / "a.h5.part")
    unwritten = put(tmp_path / "b.h5", content=b"")
    os.utime(tmp_path, (5000, 5000))
    scanner = Scanner()
    assert [entry.key for entry in scanner.scan(tmp_path)] == ["a.h5"]
    live.write_bytes(BEGINNING * 2)
    unwritten.write_bytes(BEGINNING)
    os.utime(tmp_path, (5000, 5000))
    assert [entry.size for entry in scanner.scan(tmp_path)] == [2 * len(BEGINNING), len(BEGINNING)]


def test_folders_that_are_missing_or_looked_at_by_themselves_are_left_out(tmp_path: Path) -> None:
    put(tmp_path / "own" / "a.h5")
    put(tmp_path / "b.h5")
    assert Scanner().scan(tmp_path / "nowhere") == []
    assert [e.key for e in Scanner().scan(tmp_path, {str(tmp_path / "own")})] == ["b.h5"]
    assert Scanner().scan(tmp_path, stopped=lambda: True) == []


# Stars and tags


def test_stars_and_tags_are_kept_in_one_file_that_a_person_can_read(tmp_path: Path) -> None:
    labels.write(
        tmp_path, {"x/b.h5": Label(True, ("figure", "Zürich"), "The best"), "a.h5": Label(False, ("figure",))}
    )
    text = (tmp_path / labels.FILE).read_text(encoding="utf-8")
    assert "Zürich" in text
    assert json.loads(text)["recordings"] == {
        "a.h5": {"tags": ["figure"]},
        "x/b.h5": {"star": True, "tags": ["figure", "Zürich"], "name": "The best"},
    }
    labels.write(tmp_path, {"a.h5": PLAIN})
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (tmp_path / labels.FILE).rename(moved / labels.FILE)
    assert labels.read(moved).by_key == {"x/b.h5": Label(True, ("figure", "Zürich"), "The best")}
    assert labels.read(tmp_path) == labels.Labels()


def test_what_others_wrote_into_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / labels.FILE
    content = {"recordings": {"a.h5": {"star": True, "by": "me"}, "b.h5": 7}, "colour": "red"}
    path.write_text(json.dumps(content), encoding="utf-8")
    read = labels.read(tmp_path)
    assert read.by_key == {"a.h5": Label(True)}
    assert '"b.h5"' in read.problem
    labels.write(tmp_path, {"a.h5": Label(False), "c.h5": Label(True)})
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["colour"] == "red"
    assert content["recordings"] == {"a.h5": {"by": "me"}, "b.h5": 7, "c.h5": {"star": True}}


BROKEN = ('{"recordings": {"a.h5": {"star": tr', "[]", '{"recordings": []}', "[" * 9999)


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_file_is_told_in_a_line_and_never_lost(tmp_path: Path, broken: str) -> None:
    path = tmp_path / labels.FILE
    path.write_text(broken, encoding="utf-8")
    problem = labels.read(tmp_path).problem
    assert str(path) in problem
    assert "kept" in problem
    assert "\n" not in problem
    labels.write(tmp_path, {"a.h5": Label(True)})
    assert labels.read(tmp_path) == labels.Labels({"a.h5": Label(True)})
    assert (tmp_path / f"{labels.FILE}.broken-1").read_text(encoding="utf-8") == broken


def test_tags_are_words() -> None:
    assert labels.tags_in(" figure, #paper-2  figure #") == ("figure", "paper-2")
    assert labels.tags_in("") == ()


# Looking for them

ROWS = [
    Row.of(entry("crossroads/ppo.h5", 10, 5)),
    Row.of(entry("crossroads/rvs.h5", 30, 1), Label(True, ("figure", "Best"))),
    Row.of(entry("luck/b.h5", 40, 3, live=True)),
    Row.of(entry("luck/rvs.h5", 20, 9), Label(False, ("figures",))),
]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [0, 1, 2, 3]),
        ("RVS", [1, 3]),
        ("rvs cross", [1]),
        ("best", [1]),
        ("star", [1]),
        ("star luck", []),
        ("live", [2]),
        ("tag:figure", [1, 3]),
        ("tag:figures", [3]),
        ("tag:best figure", [1]),
    ],
)
def test_what_is_looked_for(text: str, places: list[int]) -> None:
    assert Query.of(text).matching(ROWS) == [ROWS[place] for place in places]


@pytest.mark.parametrize(
    ("order", "places"),
    [
        ("newest", [2, 1, 3, 0]),
        ("name", [2, 0, 1, 3]),
        ("folder", [0, 1, 2, 3]),
        ("starred", [1, 2, 3, 0]),
        ("largest", [3, 0, 2, 1]),
    ],
)
def test_orders(order: str, places: list[int]) -> None:
    assert arranged(ROWS, order) == [ROWS[place] for place in places]


def test_live_recordings_keep_their_places() -> None:
    before = [Row.of(entry(f"{name}.h5", changed, live=True)) for name, changed in (("a", 1), ("b", 2))]
    after = [Row.of(entry(f"{name}.h5", changed, live=True)) for name, changed in (("a", 4), ("b", 3))]
    assert keys(arranged(before, "newest")) == keys(arranged(after, "newest")) == ["a.h5", "b.h5"]


# The library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library(tmp_path / "home")
    yield made
    made.close()


def test_folders_are_looked_into_by_another_thread(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "home" / "a.h5")
    where: list[str] = []
    look = Scanner.scan
    monkeypatch.setattr(
        Scanner, "scan", lambda *args: where.append(threading.current_thread().name) or look(*args)
    )
    assert library.looking
    assert found(library) == ["a.h5"]
    assert not library.looking
    assert len(where) == 1
    assert where[0].startswith("library")


def test_nothing_new_is_no_revision(library: Library, tmp_path: Path) -> None:
    put(tmp_path / "home" / "a.h5")
    found(library)
    before = library.revision
    found(library)
    assert library.revision == before
    put(tmp_path / "home" / "b.h5")
    found(library)
    assert library.revision == before + 1


def test_added_folders_are_listed_and_missing_ones_told(library: Library, tmp_path: Path) -> None:
    put(tmp_path / "home" / "a.h5")
    put(tmp_path / "more" / "b.h5")
    library.set_folders([tmp_path / "more", tmp_path / "gone", tmp_path / "home", tmp_path / "more"])
    assert library.folders == [tmp_path / "more", tmp_path / "gone"]
    assert found(library) == ["a.h5", "b.h5"]
    assert library.missing == [tmp_path / "gone"]
    library.set_home(tmp_path / "more")
    assert found(library) == ["b.h5"]
    library.set_home(tmp_path / "home")
    library.set_folders([])
    assert found(library) == ["a.h5"]
    assert library.missing == []


def test_a_star_is_seen_at_once_and_found_by_the_next_library(library: Library, tmp_path: Path) -> None:
    put(tmp_path / "home" / "x" / "a.h5")
    found(library)
    library.label([(library.rows[0], Label(True, ("figure",)))])
    assert library.rows[0].label == Label(True, ("figure",))
    assert library.known_tags() == ["figure"]
    library.close()
    other = Library(tmp_path / "home")
    found(other)
    assert other.rows[0].label == Label(True, ("figure",))
    other.close()


def test_what_a_look_saw_before_a_star_does_not_take_it_away(library: Library, tmp_path: Path) -> None:
    put(tmp_path / "home" / "a.h5")
    found(library)
    library.look_again()
    library.poll()
    assert library._scan is not None
    library._scan.result()  # it saw no star
    library.label([(library.rows[0], Label(True))])
    library.poll()
    assert library.rows[0].label.star
    found(library)
    assert library.rows[0].label.star


def test_stars_that_cannot_be_kept_are_told(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space")

    put(tmp_path / "home" / "a.h5")
    found(library)
    monkeypatch.setattr(labels, "write", full)
    library.label([(library.rows[0], Label(True))])
    found(library)
    assert library.problems == ["Stars, tags and names are not kept: no space"]
