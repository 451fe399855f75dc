"""A session in one file: what goes in comes out, and what has no business in it is refused."""

import json
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from engine import session_file
from engine.errors import UserError
from engine.exports.job import carry_out
from engine.exports.kinds import Order
from engine.recording import recorder
from engine.run import Run
from engine.session_file import SavedRun, SessionFile
from engine.specification import RunSpecification

GOOD = {"format": "supertask session", "version": 1, "runs": []}


def recorded(path: Path) -> Path:
    run = Run(RunSpecification("one", "ties", "reinforce", seeds=(0, 1), updates=3), path)
    for _ in range(3):
        run.update()
    run.close()
    assert recorder.main(path) == 0
    return path


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    paths = [
        recorded(tmp_path / folder / "same.h5") for folder in ("a", "b") if not (tmp_path / folder).mkdir()
    ]
    saved = SessionFile(
        (SavedRun("", "first", note="look at 2"), SavedRun("", "second", visible=False)),
        cursor=2, selected=1, target=0.5, seed=1, notes="ø\nnotes",
        curves=("drift", "return"), layout={"left": "AA=="},
    )  # fmt: skip
    path = tmp_path / "my session.supertask"
    told: list[tuple[int, int]] = []
    carry_out(
        Order("supertask", tuple(paths), path, shown=asdict(saved)), lambda done, of: told.append((done, of))
    )
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] == sum(one.stat().st_size for one in tmp_path.glob("?/*"))
    for one in paths:
        original = one.read_bytes()
        one.unlink()
    back, files = session_file.unpack(path, tmp_path / "opened")
    assert replace(back, commands=(), runs=()) == replace(saved, runs=())
    assert [(run.name, run.visible, run.note) for run in back.runs] == [
        ("first", True, "look at 2"), ("second", False, ""),
    ]  # fmt: skip
    assert back.commands[1] == "python main.py replay 'my session.supertask'"
    assert files[0] != files[1]
    assert files[1].read_bytes() == original
    assert (files[0].parent / "same.step-00000000.safetensors").exists()
    again = session_file.unpack(path, tmp_path / "opened")[1]
    assert again == files  # nothing is laid out twice
    assert not list((tmp_path / "opened").glob(".unpacking*"))


def archive(path: Path, members: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("members", "kind", "why"),
    [
        ({"../evil.h5": b"x"}, zipfile.ZIP_STORED, "none of a session's"),
        ({"runs/0/../../evil.h5": b"x"}, zipfile.ZIP_STORED, "none of a session's"),
        ({"/etc/evil.h5": b"x"}, zipfile.ZIP_STORED, "none of a session's"),
        ({"runs/0/C:evil.h5": b"x"}, zipfile.ZIP_STORED, "none of a session's"),
        ({"runs/0/<img src=file:%2Fdev%2Fzero>.h5": b"x"}, zipfile.ZIP_STORED, "taken for HTML"),
        ({"runs/0/evil.pkl": b"x"}, zipfile.ZIP_STORED, "none of a session's"),
        ({"runs/0/bomb.h5": bytes(1 << 20)}, zipfile.ZIP_DEFLATED, "compressed or locked"),
        ({"runs/0/a.h5": b"x", "runs/0/A.h5": b"x"}, zipfile.ZIP_STORED, "two of one name"),
    ],
)
def test_a_hostile_zip_is_refused(tmp_path: Path, members: dict[str, bytes], kind: int, why: str) -> None:
    path = archive(tmp_path / "x.supertask", {"session.json": json.dumps(GOOD).encode(), **members}, kind)
    with pytest.raises(UserError, match=why):
        session_file.unpack(path, tmp_path / "opened")
    assert not (tmp_path / "opened").exists()


def test_members_that_overlap_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.supertask"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("session.json", json.dumps(GOOD))
        made.writestr("runs/0/a.h5", bytes(10_000))
        for number in range(5):  # the same bytes under other names: a small file that unpacks to a large one
            copy = zipfile.ZipInfo(f"runs/0/{number}.h5")
            first = made.getinfo("runs/0/a.h5")
            for what in ("CRC", "compress_size", "file_size", "header_offset"):
                setattr(copy, what, getattr(first, what))
            made.filelist.append(copy)
            made.NameToInfo[copy.filename] = copy
    with pytest.raises(UserError, match="more bytes than the file has"):
        session_file.unpack(path, tmp_path / "opened")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not a session's"),
        ("[]", "is not a session's"),
        ('{"format": "x"}', "is not a session's"),
        (json.dumps({**GOOD, "version": 99}), "session version 99"),
        (json.dumps({**GOOD, "surprise": 1}), "is not a session's"),
        (json.dumps({**GOOD, "layout": 3}), "is not a session's"),
        (json.dumps({**GOOD, "notes": "<img src=/dev/zero>"}), "taken for HTML: '.img"),
        (json.dumps({**GOOD, "runs": [{"file": "runs/0/no.h5", "name": "n"}]}), "which is not in it"),
        (json.dumps({**GOOD, "runs": [{"file": 3, "name": "n"}]}), "are words|not in it"),
    ],
)
def test_a_bad_description_is_one_line(tmp_path: Path, text: str, why: str) -> None:
    path = archive(tmp_path / "x.supertask", {"session.json": text.encode()})
    with pytest.raises(UserError, match=why) as refused:
        session_file.unpack(path, tmp_path / "opened")
    assert "\n" not in str(refused.value)


def test_what_is_no_zip_or_no_session_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.supertask").write_text("hello")
    with pytest.raises(UserError, match="not a session that can be read"):
        session_file.unpack(tmp_path / "text.supertask", tmp_path)
    with pytest.raises(UserError, match=r"holds no session\.json"):
        session_file.unpack(archive(tmp_path / "x.supertask", {"runs/0/a.h5": b""}), tmp_path)


def test_a_note_that_would_be_refused_when_it_is_opened_is_not_saved(tmp_path: Path) -> None:
    note = '<img src="/etc/passwd">'
    session = asdict(SessionFile((SavedRun("", "one", note=note),)))
    order = Order("supertask", (recorded(tmp_path / "one.h5"),), tmp_path / "x.supertask", shown=session)
    with pytest.raises(UserError, match="would be taken for HTML"):
        carry_out(order)
    assert not (tmp_path / "x.supertask").exists()
