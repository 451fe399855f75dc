"""Files made to do harm: each is refused in one line that names what is wrong."""

import os
import re
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from spoiling import checkpoint, chunk, circle, columns, counter, event, link, overwrite, put, text, virtual

from engine.errors import UserError
from engine.markup import harmless, is_markup
from engine.recording import gatekeeper, inspection
from engine.recording.gatekeeper import admit, examine
from engine.recording.inspection.inspect import inspect
from tests.fuzz.checksums import lookup3, repaired, spans

FIXTURES = Path(__file__).parents[1] / "fixtures"


REFUSED = {
    "a chunk that unpacks to less": (
        chunk("metrics", zlib.compress(bytes(800))),
        "chunks",
        r"metrics: has a chunk at row 0 that holds 800 bytes unpacked; allowed: \d+, as long as every chunk",
    ),
    "a chunk that unpacks to more": (
        chunk("policy_row", zlib.compress(bytes(1 << 22))),
        "chunks",
        "policy_row: has a chunk at row 0",
    ),
    "a short chunk that says it is not packed": (
        chunk("step", bytes(8), skipped=3),
        "chunks",
        "step: has a chunk at row 0 that holds 8 bytes",
    ),
    "soft link": (link("notes", h5py.SoftLink("/entry/step")), "soft link", "entry/notes: is a soft link"),
    "soft link as a member": (
        link("step", h5py.SoftLink("/entry/time")),
        "soft link",
        "entry/step: is a soft",
    ),
    "soft link as a group": (link("constants", h5py.SoftLink("/entry")), "soft link", "constants: is a soft"),
    "external link": (link("x", h5py.ExternalLink("/etc/passwd", "/")), "external link", "into another file"),
    "cyclic links": (circle, "cycle", "the group 'entry' again"),
    "external storage": (
        put("event_bytes", shape=(16,), dtype="u1", external=[("/etc/passwd", 0, 16)]),
        "external storage",
        "event_bytes: keeps its data in another file",
    ),
    "virtual dataset": (virtual, "virtual", "step: is a virtual dataset"),
    "foreign filter": (
        put("step", data=np.arange(40), chunks=(8,), compression="lzf"),
        "filter",
        "filter 32000 .lzf.*gzip and",
    ),
    "another filter of HDF5": (
        put("step", data=np.arange(40), chunks=(8,), fletcher32=True),
        "filter",
        "step: uses filter 3",
    ),
    "object references": (
        put("step", shape=(3,), dtype=h5py.ref_dtype),
        "reference",
        "references to objects",
    ),
    "references in an attribute": (
        lambda entry: entry.attrs.create("x", entry.ref, dtype=h5py.ref_dtype),
        "reference",
        "entry@x: holds",
    ),
    "variable length": (put("step", data=["a"], dtype=h5py.string_dtype()), "type", "of variable length"),
    "8 TiB in a few bytes": (
        put("step", shape=(2**40,), dtype="<i8", chunks=(1024,)),
        "size",
        "declares 8796093022208 bytes and stores 0",
    ),
    "8 TiB in one piece": (put("step", shape=(2**40,), dtype="<i8"), "size", "declares 8796093022208 bytes"),
    "chunk bomb": (
        put("step", shape=(0,), maxshape=(None,), dtype="<i8", chunks=(2**27,), compression="gzip"),
        "chunks",
        "has chunks of 1073741824 bytes",
    ),
    "missing member": (lambda entry: entry.__delitem__("time"), "missing", "time: is missing"),
    "missing constants": (lambda entry: entry.__delitem__("constants"), "missing", "constants: is missing"),
    "missing level": (lambda entry: entry.__delitem__("overview/rows_32"), "missing", "rows_32: is missing"),
    "another type": (put("step", data=np.arange(40.0)), "type", "step: has type float64; allowed: <i8"),
    "a group for a dataset": (
        lambda entry: (entry.__delitem__("step"), entry.create_group("step")),
        "type",
        "step: is no dataset",
    ),
    "another shape": (put("time", data=np.zeros((40, 2))), "shape", "time: has shape 40 × 2; allowed: any"),
    "one value for all steps": (put("step", data=np.int64(3)), "shape", "step: has shape of one value"),
    "one value for all events": (
        put("event_bytes", data=np.uint8(3)),
        "shape",
        "event_bytes: has shape of one value; allowed: any",
    ),
    "counters in two columns": (
        put("commit", data=np.zeros((8, 2), dtype="<i8")),
        "shape",
        "commit: has shape 8 × 2; allowed: any",
    ),
    "another number of seeds": (
        put("seed", data=np.arange(3)),
        "shape",
        "metrics: has shape 40 × 2 × 2; allowed",
    ),
    "a constant of another shape": (
        put("constants/base_policy", data=np.ones((9, 9))),
        "shape",
        "base_policy: has shape 9 × 9; allowed: 3 × 2",
    ),
    "ways to succeed of another shape": (
        put("constants/base_modes", data=np.ones((9, 9))),
        "shape",
        "base_modes: has shape 9 × 9; allowed: 2",
    ),
    "a wall off the map": (
        overwrite("constants/grid_cell", 50, 0),
        "value",
        "grid_cell: names a cell that is not",
    ),
    "a huge map": (overwrite("constants/grid_shape", 2**40), "value", "grid_shape: is"),
    "counter beyond the datasets": (counter("rows", 41), "commit", "counts 41 rows, but step holds 40"),
    "negative counter": (counter("events", -1), "commit", "counts -1 events"),
    "newer version": (
        lambda entry: entry.attrs.__setitem__("schema_version", 99),
        "newer",
        "version 99; this program reads up to",
    ),
    "no version": (lambda entry: entry.attrs.__delitem__("schema_version"), "version", "no schema_version"),
    "deep JSON": (text("catalogue", b"[" * 100_000), "text", "catalogue: is not JSON"),
    "JSON of another kind": (text("provenance", [1]), "text", "provenance: is JSON, but no object"),
    "JSON in UTF-16": (text("catalogue", "{}".encode("utf-16")), "text", "catalogue: is not JSON"),
    "metrics named twice": (text("metric_columns", columns(name="drift")), "text", "names 1 metrics of 2"),
    "a metric that is no metric": (
        text("metric_columns", columns(colour="red")),
        "text",
        "describes a metric by",
    ),
    "a knob that is no knob": (text("catalogue", {"knobs": [{"name": 1}]}), "text", "cannot be understood"),
    "a picture for a metric's help": (
        text("metric_columns", columns(help="<b>see</b> <img src=/dev/zero>")),
        "markup",
        "metric_columns: holds words that a window would take for HTML",
    ),
    "a picture in a knob's help": (
        text("catalogue", {"knobs": [{"help": "<p style='background-image: url(/dev/zero)'>x</p>"}]}),
        "markup",
        "catalogue: holds words",
    ),
    "a picture for an action": (
        put("action", data=np.array([b"<img src=/dev/zero>", b"down"])),
        "markup",
        "action: holds words",
    ),
    "an act that is no word": (
        event({"name": "target", "before": 1.0, "after": 0.0, "act": ["a"]}, "knob"),
        "text",
        "its act is not",
    ),
    "a picture in an event": (event({"<img src=x>": 1}), "markup", "event_bytes: holds words"),
    "events overlapping": (overwrite("event_index", [0, 2**40]), "index", "places event 0 at 0"),
    "an event that is not one": (overwrite("event_bytes", 32), "text", "event 0 cannot be understood"),
    "a checkpoint elsewhere": (
        checkpoint("../../etc/passwd"),
        "text",
        "not a name in the recording's folder",
    ),
    "steps that fall": (
        overwrite("step", 0, 20),
        "order",
        "step: does not ascend within its bounds at row 20",
    ),
    "an overview of rows without number": (
        overwrite("overview/rows_32", np.inf, (0, 1, 5)),
        "overview",
        "rows_32: counts rows at block 0 that are not whole, from 0 to 32",
    ),
    "an overview of more rows than a block has": (
        overwrite("overview/rows_32", 33.0, (0, 0, 5)),
        "overview",
        "rows_32: counts rows at block 0",
    ),
    "a policy beyond the rows": (overwrite("policy_row", 99, -1), "order", "policy_row: does not ascend"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name_and_reason(sound: Path, name: str) -> None:
    edit, kind, words = REFUSED[name]
    with h5py.File(sound, "r+") as file:
        edit(file["entry"])
    defects = inspect(sound)
    assert defects[0].kind == kind, defects
    assert re.search(words, str(defects[0])), str(defects[0])
    assert "\n" not in str(defects[0])


def test_sound_files_of_every_version_pass_in_a_process_of_their_own(
    sound: Path, sound_samples: list[bytes], tmp_path: Path
) -> None:
    (tmp_path / "three-rows.h5").write_bytes(sound_samples[0])
    (tmp_path / "version-1.h5").write_bytes(sound_samples[2])
    for path in (sound, tmp_path / "three-rows.h5", tmp_path / "version-1.h5", FIXTURES / "version-1.h5"):
        assert examine(path, thorough=True).defects == []


@pytest.mark.parametrize("length", [0, 5, 100, 3000, 20_000])
def test_cut_short(sound: Path, length: int) -> None:
    sound.write_bytes(sound.read_bytes()[:length])
    (defect,) = inspect(sound)
    assert defect.kind == ("format" if length < 8 else "damaged")


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    (tmp_path / "folder.h5").mkdir()
    assert "is no regular file but a folder" in str(inspect(tmp_path / "folder.h5")[0])
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.h5")
        with pytest.raises(UserError, match="no regular file but a pipe"):
            admit(tmp_path / "pipe.h5")


def test_a_chunk_that_was_not_packed_is_sound(sound: Path) -> None:
    """HDF5 leaves a chunk as it is where packing it would make it longer."""
    with h5py.File(sound, "r+") as file:
        steps = file["entry/step"]
        whole = np.zeros(steps.chunks, steps.dtype)
        whole[: len(steps)] = steps[...]
        chunk("step", whole.tobytes(), skipped=3)(file["entry"])
    with h5py.File(sound) as file:
        np.testing.assert_array_equal(file["entry/step"][...], np.arange(40))
    assert inspect(sound, thorough=True) == []


def test_of_a_large_file_the_chunks_at_both_ends_are_looked_at(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.recording.inspection.inspect.READ_ALL", 0)
    assert inspect(sound) == []
    with h5py.File(sound, "r+") as file:
        chunk("metrics", zlib.compress(bytes(800)))(file["entry"])
    assert "metrics: has a chunk at row 0 that holds 800 bytes" in str(inspect(sound)[0])


def test_damaged_data_is_found_where_it_is(sound: Path) -> None:
    with h5py.File(sound) as file:
        place = file["entry/metrics"].id.get_chunk_info(0).byte_offset
    data = bytearray(sound.read_bytes())
    data[place + 20 : place + 60] = bytes(40)
    sound.write_bytes(data)
    (defect,) = inspect(sound)
    assert (defect.kind, defect.where) == ("damaged", "metrics")


def test_an_overview_that_lies_is_found_by_the_thorough_check(sound: Path) -> None:
    with h5py.File(sound, "r+") as file:
        file["entry/overview/rows_32"][0, 1, 2] += 1.0
    assert inspect(sound) == []
    (defect,) = inspect(sound, thorough=True)
    assert (defect.kind, defect.where) == ("overview", "overview/rows_32")


def test_admitted_once_it_is_not_looked_at_again_until_it_changes(
    sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    whole = gatekeeper.examine
    monkeypatch.setattr(gatekeeper, "examine", lambda path: (asked.append(path), whole(path))[1])
    admit(sound)
    admit(sound)
    assert len(asked) == 1
    with h5py.File(sound, "r+") as file:
        file["entry"].attrs["schema_version"] = 3
    with pytest.raises(UserError, match=r"a\.h5: refused: entry: has schema version 3"):
        admit(sound)


def test_nothing_at_the_path(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such recording"):
        examine(tmp_path / "nothing.h5")


def test_every_kind_of_defect_belongs_to_a_check_that_the_validator_names() -> None:
    from commands.check import CHECKS

    modules = [Path(gatekeeper.__file__), *Path(inspection.__path__[0]).glob("*.py")]
    source = "".join(module.read_text(encoding="utf-8") for module in modules)
    told = set(re.findall(r'(?:fault|Defect)\(\s*"([a-z ]+)"', source))
    told |= {kind for kind, _ in gatekeeper.ENDINGS.values()}
    assert told == {kind for _, kinds in CHECKS for kind in kinds}


def test_checksums_are_those_of_hdf5(sound: Path) -> None:
    assert lookup3(b"Four score and seven years ago") == 0x17770551  # as published with lookup3
    data = sound.read_bytes()
    found = spans(data[:6000])
    assert (0, 44) in found  # the superblock
    assert len(found) > 10


@pytest.mark.parametrize(
    ("signature", "place", "value", "kind", "words"),
    [
        (b"EAHD", 44, (2**60).to_bytes(8, "little"), "chunks", f"claims {2**60} chunks; allowed: at most "),
        (b"BTHD", 10, bytes(2), "damaged", "records of 0 bytes in nodes of 512; allowed: 1 to 512"),
    ],
)
def test_what_an_index_may_not_claim(
    sound: Path, signature: bytes, place: int, value: bytes, kind: str, words: str
) -> None:
    """HDF5 itself would not come back from either, so it must not be asked: the checksums are right."""
    data = bytearray(sound.read_bytes())
    at = data.index(signature)
    places = [span for span in spans(bytes(data[at : at + 1000])) if span[0] == 0]
    data[at + place : at + place + len(value)] = value
    repaired(data, [(at + begin, at + end) for begin, end in places])
    sound.write_bytes(data)
    (defect,) = inspect(sound)
    assert defect.kind == kind
    assert words in str(defect)
    assert f"at byte {at}" in str(defect)


def test_words_that_a_file_chose_cannot_move_the_cursor_nor_be_html(sound: Path) -> None:
    with h5py.File(sound, "r+") as file:
        file["entry/\x1b[2J\nx"] = h5py.SoftLink("/")
        file["entry/<img src=x>"] = h5py.SoftLink("/")
    cursor, html = inspect(sound)
    assert str(cursor).replace("\N{REPLACEMENT CHARACTER}", "?").startswith("entry/?[2J?x: is a soft link")
    assert str(html).startswith(
        "entry/\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}img src=x>: is a soft link"
    )


@pytest.mark.parametrize(
    ("words", "markup"),
    [("<img src=x>", True), ("a<br/>b <IMG\nSRC='<'", True), ("<table background=x>", True), ("<eos>", False),
     ("p <q = 1", False), ("x<y, z=1", False), ("1 < 2 > 0 = no", False), ("<b>bold</b>", False)],
)  # fmt: skip
def test_what_a_window_would_read_another_file_for(words: str, markup: bool) -> None:
    assert is_markup(words) == markup
    assert not is_markup(harmless(words))


def test_a_file_whose_name_is_markup_is_not_opened(sound: Path) -> None:
    with pytest.raises(UserError, match=r"‹img src=x>\.h5: its name would be taken for HTML"):
        admit(sound.rename(sound.with_name("<img src=x>.h5")))
