"""A recording as it stands now, as a finished file of its own: also while its run goes on."""

import shutil
from pathlib import Path

import numpy as np

from engine.recording.codec import Block
from engine.recording.layout_h5 import RecordingFile
from engine.recording.reader import Recording


def snapshot(recording: Recording, path: Path) -> None:
    """Write what `recording` holds to `path`: rows, events and checkpoints up to its newest whole row.

    Raises:
        OSError: when the file cannot be written.
    """
    if not recording.live:
        shutil.copyfile(recording.path, path)
        return
    specification = recording.layout.provenance.get("specification") or {}
    lossless = bool(specification.get("lossless"))
    policies, returns = recording.policy_rows, recording.returns_rows
    file = RecordingFile(str(path), recording.layout, lossless=lossless, live=False)
    first = 0
    for steps, seconds, metrics in recording.table():
        last = first + len(steps)
        own = [rows[(rows >= first) & (rows < last)] for rows in (policies, returns)]
        layout = recording.layout
        shape = (len(layout.seeds), len(layout.targets), len(layout.returns))
        whole = last >= recording.rows
        file.append(
            Block(
                steps=steps,
                seconds=seconds,
                metrics=metrics,
                policy_rows=own[0],
                policies=np.array([recording.policy(row) for row in own[0]], dtype=np.float32).reshape(
                    -1, *layout.policy_shape
                ),
                returns_rows=own[1],
                returns=np.array([recording.returns(row) for row in own[1]], dtype=np.float32).reshape(
                    -1, *shape
                ),
                events=tuple(recording.events) if whole else (),
                checkpoints=tuple(recording.checkpoints) if whole else (),
            )
        )
        first = last
    file.close()
