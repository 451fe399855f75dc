"""A recording as it stands, as a finished file of its own: also while its run goes on."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from engine.recording.codec import Block
from engine.recording.layout_h5 import RecordingFile
from engine.recording.reader import Recording

PIECE = 8 << 20  # bytes copied, or of policies held in memory, at once

Progress = Callable[[int, int], None]


def snapshot(recording: Recording, path: Path, progress: Progress) -> None:
    """Write what `recording` holds to `path`: rows, events and checkpoints up to its newest whole row, or to
    the update at which it is held. `progress` hears of rows, or of bytes where the file is copied as it is.

    Raises:
        OSError: when the file cannot be written.
    """
    if recording.live or recording.held:
        _write_rows(recording, path, progress)
        return
    with recording.path.open("rb") as source, path.open("wb") as sink:
        copy_bytes(source, sink, recording.size, progress)


def copy_bytes(source: IO[bytes], sink: IO[bytes], size: int, progress: Progress) -> None:
    """All `size` bytes of `source`, some at a time."""
    done = 0
    while piece := source.read(PIECE):
        sink.write(piece)
        done += len(piece)
        progress(done, size)


def _write_rows(recording: Recording, path: Path, progress: Progress) -> None:
    layout = recording.layout
    specification = layout.provenance.get("specification") or {}
    file = RecordingFile(str(path), layout, lossless=bool(specification.get("lossless")), live=False)
    policies, returns = recording.policy_rows, recording.returns_rows
    returns_shape = (len(layout.seeds), len(layout.targets), len(layout.returns))
    some = max(1, PIECE // (4 * max(1, math.prod(layout.policy_shape))))
    seconds, end = recording.seconds, recording.rows
    for first in range(0, end, some):
        last = min(first + some, end)
        own = [rows[(rows >= first) & (rows < last)] for rows in (policies, returns)]
        file.append(
            Block(
                steps=recording.read_steps(first, last),
                seconds=seconds[first:last],
                metrics=recording.read_metrics(first, last),
                policy_rows=own[0],
                policies=_stacked([recording.policy(row) for row in own[0]], layout.policy_shape),
                returns_rows=own[1],
                returns=_stacked([recording.returns(row) for row in own[1]], returns_shape),
                events=tuple(recording.events) if last == end else (),
                checkpoints=tuple(recording.checkpoints) if last == end else (),
            )
        )
        progress(last, end)
    file.close()


def _stacked(arrays: list[NDArray[np.float32] | None], shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.array(arrays, dtype=np.float32).reshape(-1, *shape)
