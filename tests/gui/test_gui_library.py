"""The library: what is found in folders, what a person says of it, and how it is searched and sorted."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QMenu, QMessageBox

from gui import trash
from gui.main_window import MainWindow
from gui.model.library import labels, scan
from gui.model.library.labels import PLAIN, Label
from gui.model.library.query import Query, Row, arranged
from gui.model.library.scan import Entry, Scanner, is_recording
from gui.model.library.shelf import Library
from gui.model.session import Session
from gui.views.recording_delegate import STAR, shown_tags
from gui.views.recordings import RecordingsView
from gui.views.recordings_model import size, when

BEGINNING = scan.SIGNATURE + b"\0" * 80 + scan.GROUP
FIXTURE = Path(__file__).parents[1] / "fixtures" / "version-2.h5"
Settle = Callable[[], None]


def put(path: Path, changed: float = 1000.0, content: bytes = BEGINNING) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (changed, changed))
    return path


def entry(key: str, changed: float = 0.0, size: int = 0, live: bool = False) -> Entry:
    return Entry("/shelf", key, changed, size, live, key.lower().removesuffix(".h5"))


def keys(rows: list[Row]) -> list[str]:
    return [row.entry.key for row in rows]


# Looking into folders


def test_recordings_are_found_in_folders_and_their_folders(tmp_path: Path) -> None:
    put(tmp_path / "b.h5")
    put(tmp_path / "2026-11-25 10.00.00 luck" / "a.h5", 2000.0)
    put(tmp_path / "deep" / "deeper" / "c.h5.part")
    (tmp_path / "notes.txt").touch()
    found = {entry.key: entry for entry in Scanner().scan(tmp_path)}
    assert set(found) == {"b.h5", "2026-11-25 10.00.00 luck/a.h5", "deep/deeper/c.h5"}
    luck, deep = found["2026-11-25 10.00.00 luck/a.h5"], found["deep/deeper/c.h5"]
    assert (luck.name, luck.place, luck.changed, luck.size) == ("a", "luck", 2000.0, len(BEGINNING))
    assert (deep.name, deep.place, deep.live) == ("c", "deep / deeper", True)
    assert found["b.h5"].place == tmp_path.name
    assert luck.path == tmp_path / "2026-11-25 10.00.00 luck" / "a.h5"


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
    labels.write(tmp_path, {"x/b.h5": Label(True, ("figure", "Zürich")), "a.h5": Label(False, ("figure",))})
    text = (tmp_path / labels.FILE).read_text(encoding="utf-8")
    assert "Zürich" in text
    assert json.loads(text)["recordings"] == {
        "a.h5": {"tags": ["figure"]},
        "x/b.h5": {"star": True, "tags": ["figure", "Zürich"]},
    }
    labels.write(tmp_path, {"a.h5": PLAIN})
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (tmp_path / labels.FILE).rename(moved / labels.FILE)
    assert labels.read(moved).by_key == {"x/b.h5": Label(True, ("figure", "Zürich"))}
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


def found(library: Library) -> list[str]:
    """What there is once the library has looked again."""
    library.look_again()
    library.poll()
    while library._scan is not None:
        library._scan.result()
        library.poll()
    return keys(library.rows)


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
    assert library.problems == ["Stars and tags are not kept: no space"]


# The view


@pytest.fixture
def view(window: MainWindow, tmp_path: Path, settle: Settle) -> RecordingsView:
    """Three recordings, the newest first: c, b, a."""
    for age, name in enumerate("cba"):
        put(tmp_path / "luck" / f"{name}.h5", 1000.0 - age)
    made = window.deck.recordings
    show(made, settle)
    made.list.setCurrentIndex(made.model.index(0))
    return made


def show(view: RecordingsView, settle: Settle) -> None:
    found(view.library)
    settle()


def names(view: RecordingsView) -> list[str]:
    return [row.entry.name for row in view.model.found]


def test_no_row_moves_under_the_mouse_and_the_chosen_ones_stay(
    view: RecordingsView, settle: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.list.setCurrentIndex(view.model.index(1))
    put(tmp_path / "luck" / "new.h5", 2000.0)
    monkeypatch.setattr(view.list, "underMouse", lambda: True)
    show(view, settle)
    assert names(view) == ["c", "b", "a"]
    monkeypatch.undo()
    settle()
    assert names(view) == ["new", "c", "b", "a"]
    assert [row.entry.name for row in view.chosen_rows()] == ["b"]
    assert view.list.currentIndex().row() == 2


def test_another_date_alone_resets_nothing(view: RecordingsView, settle: Settle, tmp_path: Path) -> None:
    resets: list[int] = []
    view.model.modelReset.connect(lambda: resets.append(1))
    put(tmp_path / "luck" / "c.h5", 3000.0)
    show(view, settle)
    assert resets == []
    assert view.model.found[0].entry.changed == 3000


def test_searching_says_how_many_of_how_many(view: RecordingsView) -> None:
    view.search.setText("a")
    assert names(view) == ["a"]
    assert view.note.text() == "1 of 3"
    view.search.setText("nowhere")
    assert view.nothing.text().startswith("No recording matches")
    assert view.nothing.isVisible()
    QTest.keyClick(view.search, Qt.Key.Key_Escape)
    assert view.note.text() == "3"


def test_keys_star_and_open_in_the_list_alone(window: MainWindow, view: RecordingsView) -> None:
    opened: list[Path] = []
    view.chosen.disconnect()
    view.chosen.connect(opened.append)
    window.actions_by_name["find_recording"].trigger()
    assert view.search.hasFocus()
    QTest.keyClick(view.search, Qt.Key.Key_Down)
    assert view.list.hasFocus()
    QTest.keyClick(view.list, Qt.Key.Key_S)
    assert view.model.found[0].label.star
    QTest.keyClick(view.list, Qt.Key.Key_S)
    assert not view.model.found[0].label.star
    QTest.keyClick(view.list, Qt.Key.Key_End)  # not the time line's
    QTest.keyClick(view.list, Qt.Key.Key_Return)
    assert [path.name for path in opened] == ["a.h5"]


def test_a_click_on_the_star_stars(view: RecordingsView) -> None:
    box = view.list.visualRect(view.model.index(1))
    QTest.mouseClick(
        view.list.viewport(), Qt.MouseButton.LeftButton, pos=box.topLeft() + QPoint(STAR // 2, 12)
    )
    assert [row.label.star for row in view.model.found] == [False, True, False]
    view.sort_by("starred")
    assert names(view) == ["b", "c", "a"]


def test_tags_are_typed_in_place_for_all_that_are_chosen(view: RecordingsView, settle: Settle) -> None:
    view.library.label([(view.library.rows[0], Label(False, ("old", "paper")))])  # a
    settle()
    view.list.selectAll()
    view.list.setFocus()
    view.list.selectionModel().setCurrentIndex(
        view.model.index(2), view.list.selectionModel().SelectionFlag.NoUpdate
    )
    QTest.keyClick(view.list, Qt.Key.Key_T)
    (editor,) = view.list.findChildren(QLineEdit)
    assert editor.text() == "old paper "
    assert not view.list.resting  # nothing moves meanwhile
    editor.setText("old figure")
    opened: list[Path] = []
    view.chosen.disconnect()
    view.chosen.connect(opened.append)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.qWait(0)
    assert opened == []  # Enter was for the tags
    assert [row.label.tags for row in view.model.found] == [("figure",), ("figure",), ("old", "figure")]


def test_the_word_being_typed_is_completed(view: RecordingsView) -> None:
    view.library.label([(view.library.rows[0], Label(False, ("figure", "paper")))])
    editor = view.delegate.createEditor(view.list.viewport(), None, None)
    completer = editor.completer()
    editor.setText("paper, fi")
    completer.setWidget(editor)
    completer.setCompletionPrefix(completer.splitPath(editor.text())[0])
    assert completer.currentCompletion() == "paper, figure"


def test_the_menu_asks_once_before_it_deletes(
    view: RecordingsView, settle: Settle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    binned: list[str] = []
    put(tmp_path / "luck" / "c.step-00000100.safetensors")
    put(tmp_path / "luck" / "cc.step-00000100.safetensors")

    def bin_(path: str) -> tuple[bool, str]:
        binned.append(Path(path).name)
        Path(path).unlink()
        return True, ""

    monkeypatch.setattr(trash.QFile, "moveToTrash", bin_)
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(
        QMessageBox, "question", lambda _parent, _title, words: asked.append(words) or answers.pop(0)
    )
    view.list.customContextMenuRequested.emit(view.list.visualRect(view.model.index(0)).center())
    (menu,) = [menu for menu in view.findChildren(QMenu) if menu.isVisible()]
    delete: QAction = menu.actions()[-1]
    delete.trigger()
    assert binned == []
    delete.trigger()
    assert asked == ["Move “c”, with checkpoints, to the system's trash?"] * 2
    assert binned == ["c.h5", "c.step-00000100.safetensors"]
    menu.close()
    show(view, settle)
    assert names(view) == ["b", "a"]


def test_what_is_in_use_or_cannot_be_binned_is_kept(
    window: MainWindow, view: RecordingsView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    monkeypatch.setattr(trash.QFile, "moveToTrash", lambda _path: (False, ""))
    QTest.keyClick(view.list, Qt.Key.Key_Delete)
    assert window.statusBar().currentMessage() == "c: cannot be moved to the trash, and is kept"
    opened = put(tmp_path / "luck" / "c.h5", content=FIXTURE.read_bytes())
    window.session.open(opened)
    QTest.keyClick(view.list, Qt.Key.Key_Delete)
    assert "c is in use" in window.statusBar().currentMessage()


def test_folders_and_order_are_remembered(
    window: MainWindow, view: RecordingsView, settle: Settle, tmp_path: Path
) -> None:
    view.add_folder(tmp_path / "gone")
    view.sort_by("name")
    show(view, settle)
    assert view.trouble.text() == f"⚠ Missing: {tmp_path / 'gone'}"
    assert view.trouble.isVisible()
    other = RecordingsView(window.session, window.look)
    other.remember(window.settings)
    assert other.library.folders == [tmp_path / "gone"]
    assert other.model.order == "name"
    view.arrange.menu().aboutToShow.emit()
    words = [action.text() for action in view.arrange.menu().actions()]
    assert "gone (missing)" in words
    view.remove_folder(tmp_path / "gone")
    show(view, settle)
    assert not view.trouble.isVisible()
    assert window.settings.library_folders == []


def test_files_are_dropped_to_open_and_folders_to_add(
    view: RecordingsView, settle: Settle, tmp_path: Path
) -> None:
    opened: list[Path] = []
    view.chosen.disconnect()
    view.chosen.connect(opened.append)
    folder = put(tmp_path.with_name(f"{tmp_path.name}-more") / "d.h5", 5000.0).parent
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (folder, tmp_path / "a.h5", tmp_path / "a.txt")])
    buttons = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    view.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, *buttons))
    assert opened == [tmp_path / "a.h5"]
    show(view, settle)
    assert names(view) == ["d", "c", "b", "a"]


def test_a_row_dragged_out_is_its_file(view: RecordingsView, tmp_path: Path) -> None:
    urls = view.model.mimeData([view.model.index(1)]).urls()
    assert [Path(url.toLocalFile()) for url in urls] == [tmp_path / "luck" / "b.h5"]


def test_open_alone_takes_the_place_of_what_is_open(
    window: MainWindow, recorded: Session, settle: Settle, tmp_path: Path
) -> None:
    path = put(tmp_path / "new" / "alone.h5", content=FIXTURE.read_bytes())
    window.deck.recordings.alone.emit([path])
    assert [item.path for item in recorded.items] == [path]
    window.deck.recordings.chosen.emit(path)  # open already: selected, and nothing else
    assert len(recorded.items) == 1


def test_a_row_says_everything_aloud(view: RecordingsView) -> None:
    view.library.label([(view.library.rows[-1], Label(True, ("figure",)))])
    view.model.show_rows(view.library.rows)
    spoken = view.model.data(view.model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    for words in ("c", "luck", "starred", "tags: figure", "bytes"):
        assert words in spoken
    assert str(view.model.found[0].entry.path) in view.model.data(
        view.model.index(0), Qt.ItemDataRole.ToolTipRole
    )


def test_tags_that_do_not_fit_are_counted() -> None:
    tags = ("figure", "paper", "new")
    assert shown_tags(tags, 99, len) == ["figure", "paper", "new"]
    assert shown_tags(tags, 13, len) == ["figure", "paper", "+1"]
    assert shown_tags(tags, 12, len) == ["figure", "+2"]
    assert shown_tags(tags, 1, len) == ["+3"]
    assert shown_tags((), 0, len) == []


def test_moments_and_sizes_as_a_person_would_say_them() -> None:
    noon = time.mktime((2026, 11, 25, 12, 0, 0, 0, 0, -1))
    assert when(noon, noon + 60) == "12:00"
    assert when(noon, noon + 30 * 86400) == "25 Nov"
    assert when(noon, noon + 90 * 86400) == "Nov 2026"
    assert [size(count) for count in (7, 1500, 12_000_000, 2_000_000_000)] == [
        "7 bytes", "1.5 kB", "12 MB", "2.0 GB",
    ]  # fmt: skip
