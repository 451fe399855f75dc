"""A session in one file: its recordings, the checkpoints beside them, and how a person looked at them.

A zip with the ending `.supertask`, whose members are stored as they are (recordings are compressed
themselves, and what is not compressed cannot unpack to more than it is):

    session.json                     what :class:`SessionFile` holds
    runs/0/NAME.h5                   a recording; runs of one folder stay together, so that a fork finds
    runs/0/NAME.step-00000100.safetensors    its parent and its checkpoint
"""

import dataclasses
import hashlib
import json
import re
import shlex
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import UserError
from engine.markup import harmless, markup_in

SUFFIX = ".supertask"
FORMAT, VERSION = "supertask session", 1
DESCRIPTION = "session.json"
_MEMBER = re.compile(r"runs/\d{1,4}/[^/\\:\x00-\x1f]{1,200}\.(h5|safetensors)")
_DESCRIPTION_BYTES = 8 << 20
_MEMBERS = 100_000


@dataclass(frozen=True)
class SavedRun:
    """One run of a session: the member that is its recording, and what a person made of it. `index` decides
    its colour, among the learners or among the oracles; -1 where nothing was said."""

    file: str
    name: str
    visible: bool = True
    note: str = ""
    index: int = -1


@dataclass(frozen=True)
class SessionFile:
    """How a session was left.

    Attributes:
        cursor: the step looked at; None for the newest.
        selected: index of a run.
        target: the return asked for; None where nothing can be asked.
        curves, against: the metrics that were drawn.
        layout: the state of each splitter, in base 64.
        commands: what to type to see the same again, and to see whether every number comes out again.
    """

    runs: tuple[SavedRun, ...]
    cursor: int | None = None
    selected: int = 0
    target: float | None = None
    seed: int = 0
    notes: str = ""
    curves: tuple[str, ...] = ()
    against: str = "update"
    layout: dict[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()


def unpack(path: Path, folder: Path) -> tuple[SessionFile, list[Path]]:
    """Read a session and lay its recordings out below `folder`, in a folder of its own that is used again
    when the same file is opened again.

    Returns:
        The session, and the recording of each of its runs.

    Raises:
        UserError: where the file is not a session, or holds what a session has no business to hold.
    """
    with _opened(path) as archive:
        session = _read(archive, path)
        place = folder / f"{path.stem} {_digest(archive)}"
        if not place.is_dir():
            _extract(archive, place)
    return session, [place / run.file for run in session.runs]


def read(path: Path) -> SessionFile:
    """What a session holds. Raises UserError as :func:`unpack`."""
    with _opened(path) as archive:
        return _read(archive, path)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise UserError(f"{path}: not a session that can be read ({error})") from None
    except OSError as error:
        raise UserError(f"{error.filename or path}: {error.strerror or error}") from None


def _read(archive: zipfile.ZipFile, path: Path) -> SessionFile:
    members = _checked(archive, path)
    session = _described(archive.read(DESCRIPTION), path)
    missing = [run.file for run in session.runs if run.file not in members]
    if missing:
        raise UserError(f"{path}: names the recording {missing[0]}, which is not in it")
    return session


def _checked(archive: zipfile.ZipFile, path: Path) -> set[str]:
    """The members beside the description, all of them allowed."""
    infos = archive.infolist()
    size = path.stat().st_size
    names = [info.filename for info in infos]
    if len(infos) > _MEMBERS or len({name.casefold() for name in names}) < len(names):
        raise UserError(f"{path}: too many members, or two of one name; not opened")
    if DESCRIPTION not in names:
        raise UserError(f"{path}: holds no {DESCRIPTION}; allowed: a session that Supertask saved")
    markup = markup_in(names)
    if markup:
        raise UserError(f"{path}: a member's name would be taken for HTML: {harmless(markup)[:80]!r}")
    for info in infos:
        if info.filename != DESCRIPTION and not _MEMBER.fullmatch(info.filename):
            shown = info.filename[:80]
            raise UserError(f"{path}: member {shown!r} is none of a session's; allowed: runs/NUMBER/NAME.h5")
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise UserError(
                f"{path}: member {info.filename} is compressed or locked; allowed: stored as it is"
            )
        if info.file_size != info.compress_size or info.file_size > size:
            raise UserError(f"{path}: member {info.filename} claims {info.file_size} bytes of {size}")
    described = archive.getinfo(DESCRIPTION).file_size
    if sum(info.file_size for info in infos) > size or described > _DESCRIPTION_BYTES:
        raise UserError(f"{path}: its members claim more bytes than the file has")
    return set(names) - {DESCRIPTION}


def _extract(archive: zipfile.ZipFile, place: Path) -> None:
    """Lay the members out, all or none. Every name was checked; each is written as a plain file."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".unpacking-") as made:
        for name in sorted(set(archive.namelist()) - {DESCRIPTION}):
            target = Path(made) / "session" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("xb") as sink:
                shutil.copyfileobj(source, sink)
        (Path(made) / "session").mkdir(exist_ok=True)
        (Path(made) / "session").rename(place)


def _digest(archive: zipfile.ZipFile) -> str:
    """A short name for what the archive holds, from its members' names, sizes and checksums."""
    marks = [(info.filename, info.file_size, info.CRC) for info in archive.infolist()]
    return hashlib.sha256(json.dumps(marks).encode()).hexdigest()[:12]


def _described(data: bytes, path: Path) -> SessionFile:
    try:
        read: dict[str, Any] = json.loads(data)
        if markup_in(read):
            raise ValueError(f"words that would be taken for HTML: {harmless(markup_in(read))[:80]!r}")
        if read.pop("format") != FORMAT:
            raise ValueError("another format")
        version = int(read.pop("version"))
        if version > VERSION:
            raise UserError(
                f"{path}: session version {version}; this program reads up to {VERSION}: update it"
            )
        return session_of(read)
    except UserError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{path}: {DESCRIPTION} is not a session's ({type(error).__name__}: {error})"
        ) from None


def commands(file: str) -> tuple[str, ...]:
    """What to type to see a session again, and to see whether every number comes out again."""
    return f"python main.py {shlex.quote(file)}", f"python main.py replay {shlex.quote(file)}"


def data_of(session: SessionFile) -> dict[str, Any]:
    """What the description holds."""
    return {"format": FORMAT, "version": VERSION, **dataclasses.asdict(session)}


def session_of(data: Mapping[str, Any]) -> SessionFile:
    """A session from its fields as data. Raises ValueError, TypeError, KeyError or AttributeError where they
    are not a session's."""
    made = SessionFile(**{**data, "runs": tuple(SavedRun(**run) for run in data["runs"])})
    if not all(isinstance(value, str) for run in made.runs for value in (run.file, run.name, run.note)):
        raise TypeError("a run's file, name and note are words")
    if not all(isinstance(run.index, int) for run in made.runs):
        raise TypeError("a run's index is a number")
    return dataclasses.replace(
        made,
        curves=tuple(map(str, made.curves)),
        commands=tuple(map(str, made.commands)),
        notes=str(made.notes),
        layout={str(name): str(state) for name, state in made.layout.items()},
        cursor=None if made.cursor is None else int(made.cursor),
        target=None if made.target is None else float(made.target),
        selected=int(made.selected),
        seed=int(made.seed),
    )
