"""Everything that is open in one file that opens again: what :mod:`engine.session_file` reads."""

import dataclasses
import json
import zipfile
from pathlib import Path

from engine.errors import UserError
from engine.exports.kinds import Order, Progress, silent
from engine.exports.opened import opened
from engine.exports.whole import scratch_of, whole
from engine.markup import harmless, markup_in
from engine.recording.reader import Recording
from engine.recording.snapshot import copy_bytes, snapshot
from engine.session_file import DESCRIPTION, SavedRun, SessionFile, commands, data_of, session_of


def write(order: Order, progress: Progress) -> None:
    """Write the session as `order` says: `order.shown` is a :class:`SessionFile` as data, whose members have
    no names yet; where it is empty, every run is shown under its own name.

    Raises:
        UserError: when a recording cannot be read or the file cannot be written.
    """
    with opened(order) as recordings:
        if len({recording.path.absolute() for recording in recordings}) < len(recordings):
            raise UserError("a recording is named twice; allowed: each once")
        shown = session_of(order.shown) if order.shown else SessionFile(tuple(map(_unseen, recordings)))
        session = _named(shown, recordings, order.out.name)
        text = json.dumps(data_of(session), indent=1)
        if markup := markup_in(json.loads(text)):  # it would be refused when it is opened
            raise UserError(f"would be taken for HTML: {harmless(markup)[:80]!r}; allowed: plain words")
        with whole(order.out) as path, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(DESCRIPTION, text)
            members = [Path(run.file) for run in session.runs]
            _fill(archive, dict(zip(members, recordings, strict=True)), scratch_of(order.out), progress)


def _unseen(recording: Recording) -> SavedRun:
    specification = recording.layout.provenance.get("specification") or {}
    return SavedRun("", str(specification.get("name", recording.name)))


def _named(session: SessionFile, recordings: list[Recording], name: str) -> SessionFile:
    """With the members' names (runs of one folder stay together), and what to type to see it all again."""
    folders = list(dict.fromkeys(recording.path.parent for recording in recordings))
    runs = tuple(
        dataclasses.replace(run, file=f"runs/{folders.index(recording.path.parent)}/{recording.path.name}")
        for run, recording in zip(session.runs, recordings, strict=True)
    )
    return dataclasses.replace(session, runs=runs, commands=commands(name))


def _fill(
    archive: zipfile.ZipFile, members: dict[Path, Recording], scratch: Path, progress: Progress
) -> None:
    """Recordings, and the checkpoints beside them. `progress` hears of bytes."""
    checkpoints = {member: _checkpoints(recording) for member, recording in members.items()}
    of = sum(recording.size for recording in members.values())
    of += sum(file.stat().st_size for files in checkpoints.values() for file in files)
    done = 0
    for member, recording in members.items():
        source, size = recording.path, recording.size
        if recording.live or recording.held:
            snapshot(recording, scratch, _share(progress, done, size, of))
            source = scratch
        _add(archive, source, member, _share(progress, done, size, of))
        done += size
        for file in checkpoints[member]:
            _add(archive, file, member.with_name(file.name), silent)
            done += file.stat().st_size
            progress(done, of)


def _checkpoints(recording: Recording) -> list[Path]:
    """Those of its checkpoints that are there."""
    files = (recording.path.with_name(Path(checkpoint.file).name) for checkpoint in recording.checkpoints)
    return [file for file in files if file.is_file()]


def _add(archive: zipfile.ZipFile, source: Path, member: Path, progress: Progress) -> None:
    info = zipfile.ZipInfo.from_file(source, member.as_posix())
    with source.open("rb") as read, archive.open(info, "w") as write:
        copy_bytes(read, write, info.file_size, progress)


def _share(progress: Progress, done: int, size: int, of: int) -> Progress:
    """Progress of one file, which is `size` of all the bytes."""
    return lambda part, parts: progress(done + size * part // parts, of)
